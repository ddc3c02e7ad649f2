// Pure: no I/O, no clock.
import { matching, type ParameterCheck } from '../../http/checked-query.ts';

/** Values of Go's `strconv.ParseBool`, which Kratos uses (`session/handler.go`). */
export const GO_BOOLEAN: ParameterCheck = matching(
  /^(?:1|t|T|TRUE|true|True|0|f|F|FALSE|false|False)$/,
  '"true" or "false"',
);

const GO_INTEGER = /^[+-]?\d{1,19}$/;

/** The members of a session that Kratos can add, in upper or lower case (`session/expand.go`). */
export const EXPANSION: ParameterCheck = matching(
  /^(?:identity|devices)$/i,
  '"identity" or "devices"',
);

/**
 * The paging of a keyset list (`oryx/pagination/keysetpagination/header.go`). Kratos brings a size within its bounds,
 * and takes its default for a size of 0 or less.
 */
export const KEYSET_PAGE_CHECKS: Readonly<Record<string, ParameterCheck>> = {
  page_size: matching(/^[+-]?\d{1,18}$/, 'a whole number'),
  page_token: matching(/^[A-Za-z0-9_+/=-]{1,2048}$/, 'a token from a Link header of this list'),
};

/** Reads a whole number as Go's `strconv.ParseInt` does; `undefined` if Go reads none. */
export function readGoInteger(text: string | null): number | undefined {
  if (text === null || !GO_INTEGER.test(text)) return undefined;
  const value = BigInt(text.replace('+', ''));
  return value === BigInt.asIntN(64, value) ? Number(value) : undefined;
}

/**
 * Returns the first value of a query's parameter as Kratos reads it (Go's `url.Values.Get`); `undefined` if there is none. Go
 * ignores a pair with a semicolon or with an escape that is none, and a browser's parser does not (`net/url`, `parseQuery`).
 */
export function readGoParameter(search: string, name: string): string | undefined {
  const isRead = (pair: string) => !pair.includes(';') && !/%(?![0-9a-f]{2})/i.test(pair);
  const pairs = search.replace(/^\?/, '').split('&').filter(isRead);
  return new URLSearchParams(pairs.join('&')).get(name) ?? undefined;
}
