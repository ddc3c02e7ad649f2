// Pure: no I/O, no clock.

import type { RefusalReason } from '../errors/reasons.ts';
import { failed, type Result, success } from '../errors/result.ts';

/**
 * The one reading of a request's target. The verdict, the log line and the origin's URL are all made
 * from this object and from nothing else, so that they cannot disagree.
 */
export interface AdmittedTarget {
  readonly method: string;
  /** Scheme, host and port as the platform saw them. Never used to build a URL that leaves Postern. */
  readonly host: string;
  /** The path as sent, which equals its own WHATWG serialisation: what the origin receives. */
  readonly path: string;
  /** `path`, percent-decoded once: what rules are matched against. */
  readonly decodedPath: string;
  /** `?…` as sent, or the empty string. Takes no part in any decision. */
  readonly search: string;
}

/**
 * Escapes that servers read in more than one way: dot, slash, backslash, percent, controls, DEL.
 * ('Canonical or 400': nothing is repaired, because a repair is a second reading.)
 */
const AMBIGUOUS_ESCAPE = /%(?:2e|2f|5c|25|[01][0-9a-f]|7f)/i;
const MALFORMED_ESCAPE = /%(?![0-9a-f]{2})/i;
/** A host and port as RFC 3986 section 3.2 allows them, without user information. */
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
/** `.`, `..` and their matrix-parameter forms (`..;x=1`), as a whole segment. */
const DOT_SEGMENT = /(?:^|\/)\.{1,2}(?:;[^/]*)?(?=\/|$)/;

/**
 * Reads a request target once, or refuses it.
 *
 * workerd keeps the raw target in `request.url`, while `new URL()` and `fetch()` normalise it; a gate that
 * decides on one and forwards the other can be walked around. So a path that does not equal its own
 * WHATWG serialisation, or that holds an escape two parsers could read differently, is answered 400.
 */
export function admit({
  method,
  url: rawUrl,
  headers,
}: Pick<Request, 'method' | 'url' | 'headers'>): Result<AdmittedTarget, RefusalReason> {
  const split = splitTarget(rawUrl);
  if (split === undefined) return failed('path_not_canonical');
  const { authority, path, search } = split;
  // workerd pastes Host into the URL as it came: `Host: a/public?` would put the path into the query.
  const host = headers.get('host') ?? authority;
  if (host !== authority || !AUTHORITY.test(authority)) return failed('host_not_valid');
  if (!VISIBLE_ASCII.test(search)) return failed('query_not_canonical');
  const decodedPath = readPath(path);
  if (decodedPath === undefined) return failed('path_not_canonical');
  const url = URL.parse(rawUrl);
  if (url === null || url.pathname !== path) return failed('path_not_canonical');
  return success(Object.freeze({ method, host: url.host, path, decodedPath, search }));
}

function splitTarget(
  rawUrl: string,
): { authority: string; path: string; search: string } | undefined {
  if (rawUrl.includes('#')) return undefined;
  const start = rawUrl.indexOf('://') + 3;
  const pathStart = rawUrl.indexOf('/', start);
  if (start < 3 || pathStart < 0) return undefined;
  const queryStart = rawUrl.indexOf('?', start);
  if (queryStart >= 0 && queryStart < pathStart) return undefined;
  const pathEnd = queryStart < 0 ? rawUrl.length : queryStart;
  return {
    authority: rawUrl.slice(start, pathStart),
    path: rawUrl.slice(pathStart, pathEnd),
    search: rawUrl.slice(pathEnd),
  };
}

/** The path decoded once, or `undefined` when two parsers could read it differently. */
function readPath(path: string): string | undefined {
  if (!VISIBLE_ASCII.test(path) || /[\\;]|\/\//.test(path)) return undefined;
  if (!path.includes('%')) return DOT_SEGMENT.test(path) ? undefined : path;
  if (AMBIGUOUS_ESCAPE.test(path) || MALFORMED_ESCAPE.test(path)) return undefined;
  const decoded = decodeUtf8(path);
  return decoded === undefined || DOT_SEGMENT.test(decoded) ? undefined : decoded;
}

function decodeUtf8(path: string): string | undefined {
  try {
    return decodeURIComponent(path);
  } catch {
    return undefined; // overlong or otherwise invalid UTF-8
  }
}
