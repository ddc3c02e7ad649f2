// Pure: no I/O, no clock.

import { matching, type ParameterCheck, wholeNumber } from '../../http/checked-query.ts';
import { failed, type Result, success } from '../../runtime/result.ts';

/**
 * A page of one of Kratos's numbered lists. Kratos counts the pages in its tokens from 0, but reads them from 1. So a
 * client that follows `next` gets the first page twice and the last page never (ory/kratos#3883). Kratos always counts
 * its `page` parameter from 1. So Postern asks for pages by `page`, and writes the links itself.
 */
export interface NumberedPage {
  readonly size: number;
  /** From 1. */
  readonly number: number;
}

/** Checks for the parameters of a numbered list. When both pairs are given, the newer pair applies, as in Kratos. */
export const NUMBERED_PAGE_CHECKS: Readonly<Record<string, ParameterCheck>> = {
  page_size: wholeNumber(1, 1000),
  page_token: matching(/^[A-Za-z0-9_-]{1,512}={0,2}$/),
  per_page: wholeNumber(1, 1000),
  page: wholeNumber(0, 1_000_000),
};

const DEFAULT_SIZE = 250;
const MAX_OFFSET = 1_000_000_000;

/** Returns the page that checked parameters ask for. A token that is not one of a numbered list is refused. */
export function readNumberedPage(
  query: URLSearchParams,
): Result<NumberedPage, 'parameter_not_valid'> {
  const size = Number(query.get('page_size') ?? query.get('per_page') ?? DEFAULT_SIZE);
  const token = query.get('page_token');
  if (token === null) return success({ size, number: Math.max(1, Number(query.get('page') ?? 1)) });
  const offset = decodeToken(token);
  if (offset === undefined) return failed('parameter_not_valid');
  return success({ size, number: Math.floor(offset / size) + 1 });
}

/** Returns the query that asks Kratos for this page, with the filters. */
export function numberedQuery({ size, number }: NumberedPage, filters: URLSearchParams): string {
  const query = new URLSearchParams({ page: String(number), per_page: String(size) });
  const active = filters.get('active');
  if (active !== null) query.set('active', active);
  return query.toString();
}

/** Returns a `Link` header (RFC 8288) with `first`, `next`, `prev` and `last`, as far as such pages exist. */
export function numberedLinks(
  url: string,
  { size, number }: NumberedPage,
  { total, filters }: { readonly total: number; readonly filters: URLSearchParams },
): string {
  const last = Math.max(1, Math.ceil(total / size));
  const link = (target: number, relation: string) => {
    const query = new URLSearchParams(numberedQuery({ size, number: target }, filters));
    query.set('page_size', String(size));
    query.set('page_token', encodeToken((target - 1) * size));
    return `<${url}?${query}>; rel="${relation}"`;
  };
  const links = [link(1, 'first')];
  if (number < last) links.push(link(number + 1, 'next'));
  if (number > 1) links.push(link(Math.min(number - 1, last), 'prev'));
  links.push(link(last, 'last'));
  return links.join(',');
}

/** Encodes a page token in Kratos's own form, so that a client can decode it as it decodes Kratos's tokens. */
function encodeToken(offset: number): string {
  const text = btoa(JSON.stringify({ offset: String(offset), v: 2 }));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

function decodeToken(token: string): number | undefined {
  try {
    const text = atob(token.replaceAll('-', '+').replaceAll('_', '/'));
    const [, digits] = /^\{"offset":"(\d{1,10})","v":2\}\s*$/.exec(text) ?? [];
    return digits === undefined || Number(digits) > MAX_OFFSET ? undefined : Number(digits);
  } catch {
    return undefined; // not base64
  }
}
