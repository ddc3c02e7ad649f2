// Pure: no I/O, no clock.

import type { AdmittedTarget } from '../http/admit.ts';
import { withoutCookies } from '../http/cookies.ts';
import { foldHeaderName, hopByHopNames } from '../http/header-names.ts';
import type { HeaderFilter } from './header-filter.ts';

export interface OriginRequestOptions {
  /** Scheme, host and port of the site; nothing of the request can change them. */
  readonly originUrl: string;
  /** Where clients reach Postern: scheme, host and port. */
  readonly publicUrl: string;
  readonly cookieNames: readonly string[];
  readonly filter: HeaderFilter;
}

/** What the verdict adds to a forwarded request. */
export interface Identification {
  readonly identityHeaders: readonly (readonly [name: string, value: string])[];
  /** Whether the rule looked at the session, so that a bearer in the request is a session's. */
  readonly isSessionRead: boolean;
}

/** Kratos's session tokens, which are not an origin's business on any path. */
const KRATOS_BEARER = /^bearer ory_st_/i;

/**
 * The request as the origin gets it: the admitted path and query on the origin's own address, the client's
 * headers less everything only Postern may say, and then, last, what Postern says.
 */
export function originRequest(
  request: Request,
  target: AdmittedTarget,
  identification: Identification,
  options: OriginRequestOptions,
): Request {
  const url = originTarget(target, options.originUrl);
  const headers = forwardableHeaders(request.headers, identification, options);
  headers.set('host', url.host); // the platform does so over HTTP, not over a service binding
  setAcceptEncoding(headers, request);
  setForwardingHeaders(headers, request, options.publicUrl);
  for (const [name, value] of identification.identityHeaders) headers.set(name, value);
  // Copying the request first keeps a body of known length one of known length.
  return new Request(new Request(url, request), { headers, redirect: 'manual' });
}

function originTarget({ path, search }: AdmittedTarget, originUrl: string): URL {
  const url = new URL(originUrl);
  const { origin } = url;
  url.pathname = path;
  url.search = search;
  if (url.origin !== origin || url.pathname !== path) throw new Error('origin target changed'); // unreachable for an admitted path
  return url;
}

function forwardableHeaders(
  received: Headers,
  { isSessionRead }: Identification,
  { cookieNames, filter }: OriginRequestOptions,
): Headers {
  const dropped = hopByHopNames(received);
  const headers = new Headers();
  for (const [name, value] of received) {
    if (dropped.has(foldHeaderName(name)) || filter.isUntrusted(name)) continue;
    if (name === 'authorization' && isSessionBearer(value, isSessionRead)) continue;
    const kept = name === 'cookie' ? withoutSessionCookies(value, cookieNames) : value;
    if (kept !== undefined) headers.append(name, kept);
  }
  if (isWebSocketUpgrade(received)) headers.set('upgrade', 'websocket');
  return headers;
}

function isSessionBearer(authorization: string, isSessionRead: boolean): boolean {
  return isSessionRead ? /^bearer\b/i.test(authorization) : KRATOS_BEARER.test(authorization);
}

function withoutSessionCookies(header: string, cookieNames: readonly string[]): string | undefined {
  return withoutCookies(header, (name) => cookieNames.includes(name));
}

export function isWebSocketUpgrade(headers: Headers): boolean {
  return headers.get('upgrade')?.toLowerCase() === 'websocket';
}

/** What is known of the client, rather than what it sent. */
function setForwardingHeaders(headers: Headers, request: Request, publicUrl: string): void {
  const { protocol, host } = new URL(publicUrl);
  headers.set('x-forwarded-proto', protocol.slice(0, -1));
  headers.set('x-forwarded-host', host);
  const address = clientAddress(request);
  if (address !== undefined) headers.set('x-forwarded-for', address);
}

/**
 * The platform puts its own `Accept-Encoding` in place of the client's; what the origin sends back passes
 * through as it is, so it has to be what the client accepts.
 */
function setAcceptEncoding(headers: Headers, request: Request): void {
  const accepted = request.cf?.clientAcceptEncoding;
  if (typeof accepted === 'string') headers.set('accept-encoding', accepted || 'identity');
}

/** Cloudflare sets `CF-Connecting-IP` itself; where there is no Cloudflare in front, `cf` is missing too. */
function clientAddress(request: Request): string | undefined {
  return request.cf === undefined
    ? undefined
    : (request.headers.get('cf-connecting-ip') ?? undefined);
}
