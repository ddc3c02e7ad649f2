// Pure: no I/O, no clock.

import type { RefusalReason } from '../errors/reasons.ts';
import { failed, type Result, success } from '../errors/result.ts';
import { type PathForm, type PathReadings, readPath } from './path-readings.ts';
import { foldHost } from './site-hosts.ts';

/**
 * The one reading of a request's target. The verdict, the log line and the origin's URL are all made
 * from this object and from nothing else, so that they cannot disagree.
 */
export interface AdmittedTarget {
  readonly method: string;
  /** Host and port as sent, folded. Never used to build a URL that leaves Postern. */
  readonly host: string;
  /** The path as sent, which equals its own WHATWG serialisation: what the origin receives. */
  readonly path: string;
  /** `path`, percent-decoded once. */
  readonly decodedPath: string;
  /** What rules are matched against: `decodedPath`, and the other ways to read a form the site allows. */
  readonly readings: PathReadings;
  /** `?…` as sent, or the empty string. Takes no part in any decision. */
  readonly search: string;
}

/** A host and port as RFC 3986 section 3.2 allows them, without user information. */
const AUTHORITY = /^(?:[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(?::\d{1,5})?$/;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
/** RFC 3986 `pchar` and `/`: what no WHATWG parser changes once dot segments are out. Others ask the parser. */
const PLAIN_PATH = /^[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/;
const NO_FORMS: ReadonlySet<PathForm> = new Set();

/**
 * Reads a request target once, or refuses it.
 *
 * workerd keeps the raw target in `request.url`, while `new URL()` and `fetch()` normalise it; a gate that
 * decides on one and forwards the other can be walked around. So a path that does not equal its own
 * WHATWG serialisation, or that holds an escape two parsers could read differently, is answered 400.
 */
export function admit(
  { method, url: rawUrl, headers }: Pick<Request, 'method' | 'url' | 'headers'>,
  allowedForms: ReadonlySet<PathForm> = NO_FORMS,
): Result<AdmittedTarget, RefusalReason> {
  const split = splitTarget(rawUrl);
  if (split === undefined) return failed('path_not_canonical');
  const { authority, path, search } = split;
  // workerd pastes Host into the URL as it came: `Host: a/public?` would put the path into the query.
  const host = headers.get('host') ?? authority;
  if (host !== authority || !AUTHORITY.test(authority)) return failed('host_not_valid');
  if (!VISIBLE_ASCII.test(search)) return failed('query_not_canonical');
  const readings = readPath(path, allowedForms);
  if (readings === undefined) return failed('path_not_canonical');
  if (!PLAIN_PATH.test(path) && URL.parse(rawUrl)?.pathname !== path) {
    return failed('path_not_canonical');
  }
  const [decodedPath] = readings;
  const target = { method, host: foldHost(authority), path, decodedPath, readings, search };
  return success(Object.freeze(target));
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
