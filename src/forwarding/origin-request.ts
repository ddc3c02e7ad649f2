// Pure: no I/O, no clock.

import type { AdmittedTarget } from '../http/admit.ts';
import { withoutCookies } from '../http/cookies.ts';
import { foldHeaderName, hopByHopNames } from '../http/header-names.ts';
import { addHop } from '../http/hops.ts';
import { hostOf, type SiteHosts } from '../http/site-hosts.ts';
import type { HeaderFilter } from './header-filter.ts';
import type { Identification } from './identification.ts';

export interface OriginRequestOptions {
  /** Scheme, host and port of the site; nothing of the request can change them. */
  readonly originUrl: string;
  /** Where clients reach Postern: scheme, host and port. */
  readonly publicUrl: string;
  readonly hosts: SiteHosts;
  readonly cookieNames: readonly string[];
  /** Postern's own cookies, which are nobody else's. */
  readonly turns: { readonly cookieName: string };
  readonly filter: HeaderFilter;
  /** Whether a bearer's value is Postern's business alone: a token that is a session here, a secret of ours. */
  readonly isOwnBearer: (value: string) => boolean;
  /** What the verdict adds. */
  readonly identification: Identification;
  readonly rule: {
    readonly session: 'none' | 'optional' | 'required';
    readonly forwardsCredentials: boolean;
    readonly cutsStreams: boolean;
  };
}

/** Kratos's session tokens, which are not an origin's business on any path. */
const KRATOS_BEARER = /^bearer ory_st_/i;
const BEARER = /^bearer\b/i;

/**
 * The request as the origin gets it: the admitted path and query on the origin's own address, the client's
 * headers less everything only Postern may say, and then, last, what Postern says.
 */
export function originRequest(
  request: Request,
  target: AdmittedTarget,
  options: OriginRequestOptions,
): Request {
  const url = originTarget(target, options.originUrl);
  const headers = forwardableHeaders(request.headers, options);
  headers.set('host', url.host); // the platform does so over HTTP, not over a service binding
  setAcceptEncoding(headers, request, options.rule);
  setForwardingHeaders(headers, request, options.hosts.originOf(target.host) ?? options.publicUrl);
  addHop(headers, request.headers, options.publicUrl);
  for (const [name, value] of options.identification.headers) headers.set(name, value);
  // Copying the request first keeps a body of known length one of known length.
  return new Request(new Request(url, request), { headers, redirect: 'manual' });
}

const MAX_COOKIE_LENGTH = 16_384;
const MAX_HEADERS_LENGTH = 65_536;

/**
 * Whether the headers of a forwarded request are more than origins commonly take (8 to 64 KiB): their own 431 would
 * read as the site's failure, for as long as the cookies last.
 */
export function areTooLarge(headers: Headers): boolean {
  if ((headers.get('cookie')?.length ?? 0) > MAX_COOKIE_LENGTH) return true;
  let total = 0;
  for (const [name, value] of headers) total += name.length + value.length + 4; // ": " and CRLF
  return total > MAX_HEADERS_LENGTH;
}

function originTarget({ path, search }: AdmittedTarget, originUrl: string): URL {
  const url = new URL(originUrl);
  const { origin } = url;
  url.pathname = path;
  url.search = search;
  if (url.origin !== origin || url.pathname !== path) throw new Error('origin target changed'); // unreachable for an admitted path
  return url;
}

function forwardableHeaders(received: Headers, options: OriginRequestOptions): Headers {
  const { filter, rule } = options;
  const dropped = hopByHopNames(received);
  const headers = new Headers();
  for (const [name, value] of received) {
    if (dropped.has(foldHeaderName(name))) continue;
    const isCredential = name === 'x-session-token' && rule.forwardsCredentials;
    if (filter.isUntrusted(name) && !isCredential) continue;
    if (name === 'authorization' && isSessionBearer(value, options)) continue;
    const kept = name === 'cookie' ? withoutOwnCookies(value, options) : value;
    if (kept !== undefined) headers.append(name, kept);
  }
  if (isWebSocketUpgrade(received)) headers.set('upgrade', 'websocket');
  return headers;
}

/** Where a session was looked for, a bearer is one; elsewhere only what looks like one. */
function isSessionBearer(
  authorization: string,
  { rule, isOwnBearer }: OriginRequestOptions,
): boolean {
  if (rule.forwardsCredentials || !BEARER.test(authorization)) return false;
  if (rule.session !== 'none') return true;
  return KRATOS_BEARER.test(authorization) || isOwnBearer(authorization.slice('bearer '.length));
}

function withoutOwnCookies(
  header: string,
  { cookieNames, turns, rule }: OriginRequestOptions,
): string | undefined {
  return withoutCookies(
    header,
    (name) =>
      name === turns.cookieName || (!rule.forwardsCredentials && cookieNames.includes(name)),
  );
}

export function isWebSocketUpgrade(headers: Headers): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket';
}

/** What is known of the client, rather than what it sent. */
function setForwardingHeaders(headers: Headers, request: Request, site: string): void {
  headers.set('x-forwarded-proto', site.slice(0, site.indexOf(':')));
  headers.set('x-forwarded-host', hostOf(site));
  const address = clientAddress(request);
  if (address === undefined) return;
  headers.set('x-forwarded-for', address);
  headers.set('cf-connecting-ip', address); // Cloudflare sets it over HTTP, not over a service binding
}

/**
 * The platform puts its own `Accept-Encoding` in place of the client's; what the origin sends back passes
 * through as it is, so it has to be what the client accepts.
 */
function setAcceptEncoding(
  headers: Headers,
  request: Request,
  { cutsStreams }: OriginRequestOptions['rule'],
): void {
  // What may have to be cut passes through here, and the platform would decode it on its way.
  const accepted = cutsStreams ? 'identity' : request.cf?.clientAcceptEncoding;
  if (typeof accepted === 'string') headers.set('accept-encoding', accepted || 'identity');
}

/** Cloudflare sets `CF-Connecting-IP` itself; where there is no Cloudflare in front, `cf` is missing too. */
function clientAddress(request: Request): string | undefined {
  return request.cf === undefined
    ? undefined
    : (request.headers.get('cf-connecting-ip') ?? undefined);
}
