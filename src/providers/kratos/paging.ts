// Pure: no I/O, no clock.
import { readGoInteger } from './kratos-query.ts';

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

const DEFAULT_SIZE = 250;
const MAX_SIZE = 1000;
const MAX_OFFSET = 1_000_000_000;

/**
 * Returns the page that a query asks for. Kratos refuses no query here (`oryx/pagination`): it brings a size within its
 * bounds, and takes its defaults for any other text. With `page_token` or `page_size`, the older pair does not count.
 */
export function readNumberedPage(query: URLSearchParams): NumberedPage {
  const isByToken = query.has('page_token') || query.has('page_size');
  const asked = readGoInteger(query.get(isByToken ? 'page_size' : 'per_page')) ?? DEFAULT_SIZE;
  const size = Math.min(MAX_SIZE, Math.max(1, asked));
  const number = isByToken
    ? Math.floor(decodeToken(query.get('page_token') ?? '') / size) + 1
    : Math.max(1, readGoInteger(query.get('page')) ?? 1);
  return { size, number: Math.min(number, MAX_OFFSET) };
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

/** Returns the offset in a token; 0 for any other text, as in Kratos. */
function decodeToken(token: string): number {
  try {
    const text = atob(token.replaceAll('-', '+').replaceAll('_', '/'));
    const [, digits = '0'] = /^\{"offset":"(\d{1,18})","v":2\}\s*$/.exec(text) ?? [];
    return Math.min(Number(digits), MAX_OFFSET);
  } catch {
    return 0; // not base64
  }
}

/**
 * Rewrites Kratos's `Link` header of a keyset-paged list: every target gets the path of that list at Postern. Kratos
 * writes relative targets. Only their queries are kept; a path or host that they name is dropped.
 */
export function moveLinks(header: string, path: string): string {
  const links = [...header.matchAll(/<([^>]*)>\s*;\s*rel="([a-z]+)"/g)];
  return links
    .map(([, target = '', relation]) => `<${path}${queryOf(target)}>; rel="${relation}"`)
    .join(',');
}

function queryOf(target: string): string {
  const start = target.indexOf('?');
  return start < 0 ? '' : target.slice(start);
}
