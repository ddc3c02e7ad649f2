import { encodeGoJson } from './go-json.ts';
import type { KratosContext } from './public-url.ts';

const DEFAULT_ITEMS = 250;
const MAX_ITEMS = 1000;

/** One page of a list, with the headers that lead to the others. */
export interface Page<Item> {
  readonly items: Item[];
  readonly headers: Record<string, string>;
}

/**
 * The paging of `GET /sessions` and of an identity's sessions, its error included: `migrationpagination` counts
 * pages from 0, the `pop` paginator behind it from 1 and takes anything lower for 1. So the pages 0 and 1 are
 * one, and the last is behind no `next` (ory/kratos#3883).
 */
export function pageByNumber<Item>(
  c: KratosContext,
  all: readonly Item[],
  url: string,
): Page<Item> {
  const size = clamp(Number(c.req.query('page_size') ?? c.req.query('per_page')) || DEFAULT_ITEMS);
  const page = requestedPage(c, size);
  const popPage = Math.max(1, page);
  const items = all.slice((popPage - 1) * size, popPage * size);
  const last = Math.max(0, Math.ceil(all.length / size) - 1);
  const links = [numberedLink(url, 0, size, 'first')];
  if (page < last) links.push(numberedLink(url, page + 1, size, 'next'));
  if (page > 0) links.push(numberedLink(url, page - 1, size, 'prev'));
  links.push(numberedLink(url, last, size, 'last'));
  return { items, headers: { Link: links.join(','), 'X-Total-Count': String(all.length) } };
}

function requestedPage(c: KratosContext, size: number): number {
  const token = c.req.query('page_token');
  if (token === undefined) return Math.max(0, Number(c.req.query('page')) || 0);
  try {
    const { offset } = JSON.parse(atob(token.replace(/-/g, '+').replace(/_/g, '/'))) as {
      offset?: string;
    };
    return Math.max(0, Math.floor(Number(offset) / size) || 0);
  } catch {
    return 0;
  }
}

function numberedLink(url: string, page: number, size: number, relation: string): string {
  const token = encodeGoJson({ offset: String(page * size), v: 2 }).trim();
  const query = new URLSearchParams({
    page: String(page),
    page_size: String(size),
    page_token: btoa(token).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, ''),
    per_page: String(size),
  });
  return `<${url}?${query}>; rel="${relation}"`;
}

/** Members of a row that keyset paging uses. */
export interface KeysetRow {
  readonly id: string;
  readonly createdAt: number;
}

/** The paging of `GET /admin/sessions`: newest first, tokens of the last row seen, relative links, no total. */
export function pageByKey<Item>(
  c: KratosContext,
  all: readonly Item[],
  key: (item: Item) => KeysetRow,
): Page<Item> | undefined {
  const size = clamp(Number(c.req.query('page_size')) || DEFAULT_ITEMS);
  const sorted = [...all].sort((a, b) => compareKeys(key(a), key(b)));
  const token = c.req.query('page_token');
  const from = token === undefined ? undefined : decodeKey(token);
  if (token !== undefined && from === undefined) return undefined;
  const rest =
    from === undefined ? sorted : sorted.filter((item) => compareKeys(key(item), from) > 0);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  const links = [keysetLink(c, size, undefined, 'first')];
  if (last !== undefined && rest.length > size) {
    links.push(keysetLink(c, size, encodeKey(key(last)), 'next'));
  }
  return { items, headers: { Link: links.join(',') } };
}

function compareKeys(a: KeysetRow, b: KeysetRow): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function encodeKey({ id, createdAt }: KeysetRow): string {
  return btoa(`id=${id}/created_at=${createdAt}`).replace(/=+$/, '');
}

function decodeKey(token: string): KeysetRow | undefined {
  try {
    const [, id, createdAt] = /^id=(.+)\/created_at=(\d+)$/.exec(atob(token)) ?? [];
    return id === undefined ? undefined : { id, createdAt: Number(createdAt) };
  } catch {
    return undefined;
  }
}

function keysetLink(
  c: KratosContext,
  size: number,
  token: string | undefined,
  relation: string,
): string {
  const { pathname, searchParams } = new URL(c.req.url);
  const query = new URLSearchParams(searchParams);
  query.set('page_size', String(size));
  if (token === undefined) query.delete('page_token');
  else query.set('page_token', token);
  return `<${pathname}?${query}>; rel="${relation}"`;
}

function clamp(size: number): number {
  return Math.min(MAX_ITEMS, Math.max(1, size));
}
