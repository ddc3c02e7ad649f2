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
export function pageByNumber<Item>(c: KratosContext, all: readonly Item[]): Page<Item> {
  const { page, size } = requestedPage(c);
  const popPage = Math.max(1, page);
  return {
    items: all.slice((popPage - 1) * size, popPage * size),
    headers: {
      Link: numberedLinks(c, all.length, page, size),
      'X-Total-Count': String(all.length),
    },
  };
}

/** `page_token` and `page_size` go before `page` and `per_page` (`migrationpagination`, `ParsePagination`). */
function requestedPage(c: KratosContext): { page: number; size: number } {
  const { page_token: token, page_size: pageSize, page, per_page: perPage } = c.req.query();
  if (token === undefined && pageSize === undefined) {
    return { page: Math.max(0, goInteger(page) ?? 0), size: clamp(goInteger(perPage)) };
  }
  const size = clamp(goInteger(pageSize));
  return { page: Math.max(0, Math.floor(offsetOf(token ?? '') / size)), size };
}

function clamp(size = DEFAULT_ITEMS): number {
  return Math.min(MAX_ITEMS, Math.max(1, size));
}

/** A number as Go's `strconv.ParseInt` takes it; anything else is as good as none. */
function goInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^[+-]?\d+$/.test(text) ? Number(text) : undefined;
}

function offsetOf(token: string): number {
  try {
    const decoded = atob(token.replace(/-/g, '+').replace(/_/g, '/'));
    const { offset } = JSON.parse(decoded) as { offset?: unknown };
    return Math.max(0, Number(offset) || 0);
  } catch {
    // A token that is not one of ours is the first page's.
    return 0;
  }
}

/** The links to other pages, as `oryx/pagination/header.go` `HeaderWithFormatter` chooses them. */
function numberedLinks(c: KratosContext, total: number, page: number, size: number): string {
  const last = total % size === 0 ? total - size : Math.floor(total / size) * size;
  const offset = page * size;
  const link = (relation: string, at: number, shownSize = size) =>
    numberedLink(c, { relation, offset: at, size: shownSize });
  const [next, previous] = [link('next', offset + size), link('prev', offset - size)];
  if (total === 0) return [link('first', 0), next, previous].join(',');
  if (total <= size && offset >= last) return link('first', 0, total);
  if (offset >= last) return [link('first', 0), link('prev', last - size)].join(',');
  if (offset < size) return [link('next', size), link('last', last)].join(',');
  return [link('first', 0), next, previous, link('last', last)].join(',');
}

interface NumberedLink {
  readonly relation: string;
  readonly offset: number;
  readonly size: number;
}

function numberedLink(c: KratosContext, { relation, offset, size }: NumberedLink): string {
  const token = btoa(`{"offset":"${offset}","v":2}`).replace(/\+/g, '-').replace(/\//g, '_');
  return relativeLink(c, relation, {
    page: String(Math.trunc(offset / size)),
    page_size: String(size),
    page_token: token.replace(/=+$/, ''),
    per_page: String(size),
  });
}

/** A link to the request's own path, with its query and what `changes` sets, in the order of Go's `Values.Encode`. */
function relativeLink(c: KratosContext, relation: string, changes: Record<string, string>): string {
  const { pathname, searchParams } = new URL(c.req.url);
  const query = new URLSearchParams(searchParams);
  for (const [name, value] of Object.entries(changes)) query.set(name, value);
  query.sort();
  return `<${pathname}?${query}>; rel="${relation}"`;
}

/** Members of a row that keyset paging uses. */
export interface KeysetRow {
  readonly id: string;
  readonly createdAt: number;
}

/** The row before all others: an id and a time that no row has (`session/session.go` `DefaultPageToken`). */
const BEFORE_ALL = 'id=00000000-0000-0000-0000-000000000000/created_at=2200-12-31 23:59:59';

/**
 * The paging of `GET /admin/sessions`: newest first, tokens of the last row seen, relative links, no total. Returns
 * the reason why the request is refused instead, for a token or a size that is none.
 */
export function pageByKey<Item>(
  c: KratosContext,
  all: readonly Item[],
  key: (item: Item) => KeysetRow,
): Page<Item> | { refusal: { message?: string; reason?: string } } {
  const { page_token: token, page_size: asked } = c.req.query();
  const from = decodeKey(token || btoa(BEFORE_ALL));
  const wanted = asked ? goInteger(asked) : undefined;
  if (from === 'not base64' || (asked && wanted === undefined)) {
    return { refusal: { message: 'could not parse parameter page_size' } };
  }
  if (from === undefined) {
    return {
      refusal: { reason: 'The page token is invalid, do not craft your own page tokens' },
    };
  }
  const size = wanted !== undefined && wanted > 0 ? Math.min(MAX_ITEMS, wanted) : DEFAULT_ITEMS;
  const rest = [...all]
    .sort((a, b) => compareKeys(key(a), key(b)))
    .filter((item) => compareKeys(key(item), from) > 0);
  const items = rest.slice(0, size);
  const last = items.at(-1);
  const links = [keysetLink(c, size, BEFORE_ALL, 'first')];
  if (last !== undefined && rest.length > size) {
    links.push(keysetLink(c, size, keyText(key(last)), 'next'));
  }
  return { items, headers: { Link: links.join(',') } };
}

function compareKeys(a: KeysetRow, b: KeysetRow): number {
  return b.createdAt - a.createdAt || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

function keyText({ id, createdAt }: KeysetRow): string {
  const time = new Date(createdAt).toISOString().replace('T', ' ').replace('Z', '');
  return `id=${id}/created_at=${time}`;
}

function decodeKey(token: string): KeysetRow | 'not base64' | undefined {
  try {
    const text = atob(token);
    const id = /(?:^|\/)id=([\da-f-]{36})/.exec(text)?.[1];
    const time = /(?:^|\/)created_at=([^/]+)/.exec(text)?.[1] ?? '';
    const createdAt = Date.parse(`${time.replace(' ', 'T')}Z`);
    return id === undefined || Number.isNaN(createdAt) ? undefined : { id, createdAt };
  } catch {
    return 'not base64';
  }
}

function keysetLink(c: KratosContext, size: number, key: string, relation: string): string {
  const token = btoa(key).replace(/=+$/, '');
  return relativeLink(c, relation, { page_size: String(size), page_token: token });
}
