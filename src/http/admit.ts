// Pure: no I/O, no clock.

import { failed, type Result, success } from '../runtime/result.ts';
import type { Authority } from './authority.ts';
import { type PathForm, type PathReadings, readPath, spell } from './path-readings.ts';
import type { SiteHosts } from './site-hosts.ts';

/**
 * The one reading of a request's target. The verdict, the log line and the origin's URL are all made from this
 * object alone, so that they cannot disagree.
 */
export interface AdmittedTarget {
  readonly method: string;
  /** The host and port that the request is for. Never used to build a URL that leaves Postern. */
  readonly host: Authority;
  /** The path as sent. It equals its own WHATWG serialisation, and the origin receives it. */
  readonly path: string;
  /** `path`, percent-decoded once. */
  readonly decodedPath: string;
  /** The readings that rules are matched against: `decodedPath`, and the other readings of allowed forms. */
  readonly readings: PathReadings;
  /** The query as sent, `?` included; empty if there is none. It takes no part in any decision. */
  readonly search: string;
}

/** An estimate of the memory that a kept path takes: V8 keeps the whole URL that it is a part of. */
export function bytesOfKept({ path, search }: Pick<AdmittedTarget, 'path' | 'search'>): number {
  return path.length + search.length + BYTES_OF_ENTRY;
}

const BYTES_OF_ENTRY = 200;

/** The platform's own limit for a URL. A proxy can describe a longer URL in a header. */
const MAX_TARGET_LENGTH = 16_384;
const VISIBLE_ASCII = /^[\x21-\x7e]*$/;
/**
 * RFC 3986 `pchar` and `/`. A WHATWG parser leaves these characters as they are in a path without dot segments.
 * Paths with other characters are compared with the parser's result.
 */
const PLAIN_PATH = /^[A-Za-z0-9._~!$&'()*+,;=:@%/-]*$/;

/** Reasons to refuse a target: it is ambiguous, or longer than the platform takes. */
export type AdmissionReason =
  | 'path_not_canonical'
  | 'query_not_canonical'
  | 'target_too_long'
  | 'host_not_valid';

/** The hosts of a site, and the path forms that it allows. */
export interface AdmissionOptions {
  readonly hosts: Pick<SiteHosts, 'read'>;
  readonly allowedForms: ReadonlySet<PathForm>;
}

/** The requests that a site accepts, by their form. */
export interface AcceptedRequests extends AdmissionOptions {
  readonly hosts: SiteHosts;
  /** Any other method is refused before any look-up. */
  readonly methods: ReadonlySet<string>;
}

/** The parts of a request, not read yet. */
export interface RequestParts {
  readonly method: string;
  /** Host and port, as in `Host`. */
  readonly authority: string;
  /** Path and query: the origin-form of RFC 9112 section 3.2.1. */
  readonly target: string;
}

/**
 * Reads a request target once, or refuses it.
 *
 * workerd keeps the raw target in `request.url`, while `new URL()` and `fetch()` normalise it. A gate that decides
 * on one and forwards the other can be bypassed.
 */
export function admit(
  { method, url, headers }: Pick<Request, 'method' | 'url' | 'headers'>,
  options: AdmissionOptions,
): Result<AdmittedTarget, AdmissionReason> {
  const split = splitUrl(url);
  if (split === undefined) return failed('path_not_canonical');
  const { authority, target } = split;
  const host = headers.get('host') ?? authority;
  if (host !== authority && options.hosts.read(host) !== options.hosts.read(authority)) {
    return failed('host_not_valid');
  }
  return admitParts({ method, authority, target }, options);
}

/**
 * Reads each part of a request by itself, so that no part can change another. In one joined text, `Host: a/public?`
 * would move the path into the query. A path is refused if it differs from its own WHATWG serialisation. It is also
 * refused if it holds an escape that two parsers could read differently.
 */
export function admitParts(
  { method, authority, target }: RequestParts,
  { hosts, allowedForms }: AdmissionOptions,
): Result<AdmittedTarget, AdmissionReason> {
  if (target.length > MAX_TARGET_LENGTH) return failed('target_too_long');
  const host = hosts.read(authority);
  if (host === undefined) return failed('host_not_valid');
  const queryStart = target.indexOf('?');
  const path = queryStart < 0 ? target : target.slice(0, queryStart);
  const search = queryStart < 0 ? '' : target.slice(queryStart);
  if (!path.startsWith('/') || target.includes('#')) return failed('path_not_canonical');
  if (search !== '' && !VISIBLE_ASCII.test(search)) return failed('query_not_canonical');
  const readings = readPath(path, allowedForms);
  if (readings === undefined) return failed('path_not_canonical');
  if (!PLAIN_PATH.test(path) && URL.parse(`http://host${path}`)?.pathname !== path) {
    return failed('path_not_canonical');
  }
  const decodedPath = spell(readings[0]);
  return success(Object.freeze({ method, host, path, decodedPath, readings, search }));
}

/**
 * Splits an absolute URL into its authority and the rest; `undefined` if it has no path. A `?` or `#` before the
 * first slash stays in the authority, which is then no valid host.
 */
export function splitUrl(url: string): Pick<RequestParts, 'authority' | 'target'> | undefined {
  const start = url.indexOf('://') + 3;
  const pathStart = url.indexOf('/', start);
  if (start < 3 || pathStart < 0) return undefined;
  return { authority: url.slice(start, pathStart), target: url.slice(pathStart) };
}
