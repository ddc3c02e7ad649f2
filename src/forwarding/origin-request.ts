// Pure: no I/O, no clock.

import { isPresented, type UsablePresentation } from '../credentials/credential.ts';
import type { OwnSecrets } from '../credentials/gateway-secrets.ts';
import type { TokenClassifier } from '../credentials/token-form.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import { withoutCookies } from '../http/cookies.ts';
import { hopByHopNames } from '../http/header-names.ts';
import { addHop } from '../http/hops.ts';
import { hostOf, type SiteHosts } from '../http/site-hosts.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { HeaderFilter } from './header-filter.ts';
import type { Identification } from './identification.ts';
import type { OriginAddress } from './origin-address.ts';

export interface OriginRequestOptions {
  /** Nothing of the request but its host, when it is one of the site's, takes part in it. */
  readonly address: OriginAddress;
  /** Where clients reach Postern: scheme, host and port. */
  readonly publicUrl: string;
  readonly hosts: SiteHosts;
  readonly cookieNames: readonly string[];
  /** Postern's own cookies, which are nobody else's. */
  readonly turns: { readonly cookieName: string };
  readonly filter: HeaderFilter;
  readonly ownSecrets: OwnSecrets;
  readonly tokenClassifier: TokenClassifier;
}

/** What of a rule matters on the way to the origin. */
export interface ForwardedRule {
  readonly session: 'none' | 'optional' | 'required';
  readonly forwardsCredentials: boolean;
  /** Names, in lower case, that pass although some product believes them. */
  readonly forwardedHeaders: ReadonlySet<string>;
  readonly cutsStreams: boolean;
}

/** A request that may pass, and what was found out about it. */
export interface PassedRequest {
  readonly target: AdmittedTarget;
  readonly rule: ForwardedRule;
  /** The credentials that were looked at. */
  readonly tried: readonly UsablePresentation[];
  readonly identification: Identification;
}

/** Kratos's session tokens (`session/session.go`, `ory_st_`), which are not an origin's business on any path. */
const KRATOS_TOKEN = /^ory_st_/;

/** A request for the origin, as `fetch()` takes it. */
export interface OriginCall {
  readonly url: string;
  readonly init: RequestInit & { readonly headers: Headers };
}

/**
 * The request as the origin gets it: the admitted path and query on the origin's own address, the client's
 * headers less everything only Postern may say, and then, last, what Postern says. Refused when the headers are more
 * than origins commonly take: their own 431 would read as the site's failure, for as long as the cookies last.
 */
export function originRequest(
  request: Request,
  passed: PassedRequest,
  options: OriginRequestOptions,
): Result<OriginCall, 'headers_too_large'> {
  const { method, body } = request;
  const { target, rule, identification } = passed;
  const headers = forwardableHeaders(request.headers, passed, options);
  if (headers === undefined) return failed('headers_too_large');
  const site = options.hosts.originOf(target.host) ?? options.publicUrl;
  const originUrl = options.address.urlFor(site);
  headers.set('host', hostOf(originUrl)); // the platform does so over HTTP, not over a service binding
  setAcceptEncoding(headers, request, rule);
  setForwardingHeaders(headers, request, site);
  addHop(headers, request.headers, options.publicUrl);
  for (const [name, value] of identification.headers) headers.set(name, value);
  const url = originTarget(target, originUrl);
  return success({ url, init: { method, headers, body, redirect: 'manual' } });
}

const MAX_COOKIE_LENGTH = 16_384;
const MAX_HEADERS_LENGTH = 65_536;
/** What a client sends, with what does not pass. No client has so many lines to send. */
const MAX_LINES = 500;
/** Each name that `Connection` nominates is a header to look for. */
const MAX_CONNECTION_LENGTH = 4096;
/** No scheme of `Authorization` has so many parts, and each would have to be looked at. */
const MAX_WORDS = 100;
const HEADER_OVERHEAD = 4; // ": " and CRLF
/**
 * Apache, Envoy and gunicorn take no more lines, and lua-nginx-module shows no more by default: it passes over the rest, so that
 * a client could hide Postern's headers behind its own.
 */
const MAX_HEADERS = 100;
/** Host, Accept-Encoding, three forwarding headers, CF-Connecting-IP, and the gates come through. */
const MAX_GATEWAY_HEADERS = 7;

/** An admitted path begins with one slash, so it can be put behind an origin without ever changing it. */
function originTarget({ path, search }: AdmittedTarget, originUrl: string): string {
  if (!path.startsWith('/')) throw new Error('the path was not admitted'); // unreachable
  return originUrl + path + search;
}

/** The client's headers that may pass; `undefined` when they are too many, which is found out before all are looked at. */
function forwardableHeaders(
  received: Headers,
  passed: PassedRequest,
  options: OriginRequestOptions,
): Headers | undefined {
  if ((received.get('connection') ?? '').length > MAX_CONNECTION_LENGTH) return undefined;
  const hopByHop = hopByHopNames(received);
  const headers = new Headers(received); // a value that is not looked at keeps its bytes, whatever they are
  let total = 0;
  let lines = 0;
  let count = passed.identification.headers.length + MAX_GATEWAY_HEADERS;
  let isTooMuch = false;
  received.forEach((value, name) => {
    lines += 1;
    isTooMuch ||= lines > MAX_LINES;
    const kept = isTooMuch ? undefined : passedValue(name, value, hopByHop, passed, options);
    if (kept === undefined) {
      if (!isTooMuch) headers.delete(name);
      return;
    }
    if (kept !== value) headers.set(name, kept);
    total += name.length + kept.length + HEADER_OVERHEAD;
    count += 1;
    const isTooLong = name === 'cookie' && kept.length > MAX_COOKIE_LENGTH;
    isTooMuch = isTooLong || total > MAX_HEADERS_LENGTH || count > MAX_HEADERS;
  });
  return isTooMuch ? undefined : headers;
}

/** What of a header may pass; `undefined` when nothing may. */
function passedValue(
  name: string,
  value: string,
  hopByHop: ReadonlySet<string>,
  passed: PassedRequest,
  options: OriginRequestOptions,
): string | undefined {
  const { rule } = passed;
  const { folded, isUntrusted } = options.filter.meaningOf(name);
  if (hopByHop.has(folded)) return isWebSocketUpgrade(name, value) ? 'websocket' : undefined;
  if (isUntrusted && !isLetThrough(name, rule)) return undefined;
  if (name === 'authorization' && isKeptBack(value, passed, options)) return undefined;
  return name === 'cookie' ? withoutOwnCookies(value, rule, options) : value;
}

/** By the name as it was sent: `X_Auth_Token` is not `X-Auth-Token` before a server has folded it. */
function isLetThrough(name: string, rule: ForwardedRule): boolean {
  return (
    rule.forwardedHeaders.has(name) || (name === 'x-session-token' && rule.forwardsCredentials)
  );
}

/**
 * Whether an `Authorization` is not the site's business. A secret of Postern's never is: whoever sent it there mistook the path. Nor
 * is a credential that the request was judged by, or one that could have been; a bearer of the site's own passes. Every word is looked at,
 * behind whatever scheme and parameter (RFC 9110 section 11.4), since two lines of the header arrive as one.
 */
function isKeptBack(
  authorization: string,
  { rule, tried }: PassedRequest,
  { ownSecrets, tokenClassifier }: OriginRequestOptions,
): boolean {
  const parts = authorization.split(/[\s,"]+/, MAX_WORDS + 1);
  if (parts.length > MAX_WORDS) return true;
  const [scheme = ''] = parts;
  const words = parts.flatMap((part) => [part, part.slice(part.search(/[=:]/) + 1)]); // token="…"
  const behindScheme = authorization.slice(scheme.length).trim(); // a secret may hold spaces and commas
  if ([behindScheme, ...words].some((word) => ownSecrets.has(word))) return true;
  if (rule.forwardsCredentials) return false;
  const isOwnToken =
    rule.session === 'none' ? tokenClassifier.isSession : tokenClassifier.isIssuers;
  return words.some(
    (word) => KRATOS_TOKEN.test(word) || isPresented(tried, word) || isOwnToken(word),
  );
}

function withoutOwnCookies(
  header: string,
  rule: ForwardedRule,
  { cookieNames, turns }: OriginRequestOptions,
): string | undefined {
  return withoutCookies(
    header,
    (name) =>
      name === turns.cookieName || (!rule.forwardsCredentials && cookieNames.includes(name)),
  );
}

function isWebSocketUpgrade(name: string, value: string): boolean {
  return name === 'upgrade' && value.toLowerCase() === 'websocket';
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
  { cutsStreams }: ForwardedRule,
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
