// Pure: no I/O, no clock.

import { isPresented, type UsableCredentials } from '../credentials/credential.ts';
import type { GatewaySecrets } from '../credentials/read-credentials.ts';
import type { TokenClassifier } from '../credentials/token-form.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import { readBearer } from '../http/bearer.ts';
import { withoutCookies } from '../http/cookies.ts';
import { nominatedNames } from '../http/header-names.ts';
import { addGate } from '../http/loop-detection.ts';
import { hostOf, type SiteHosts } from '../http/site-hosts.ts';
import { type StrippedPrefix, withoutPrefix } from '../http/strip-prefix.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { HeaderClass, HeaderFilter } from './header-filter.ts';
import type { Identification } from './identification.ts';
import type { OriginAddress } from './origin-address.ts';
import { isGatewayCookie } from './origin-cookies.ts';

export interface OriginRequestOptions {
  /**
   * The origin's address. It depends on the request only by the host, and only when that host is one of the site's.
   */
  readonly address: OriginAddress;
  /** The beginning of the path that the origin does not get. */
  readonly prefix?: StrippedPrefix | undefined;
  readonly hosts: SiteHosts;
  readonly filter: HeaderFilter;
  readonly withheld: WithheldValues;
}

/** The values that the origin does not get: credentials, and Postern's own secrets. Postern's own cookies never pass. */
export interface WithheldValues {
  /** Names of all cookies that may hold a credential. They pass only if the rule forwards credentials. */
  readonly credentialCookies: readonly string[];
  /** Secrets, which never pass. */
  readonly gatewaySecrets: GatewaySecrets;
  /** Finds tokens, which pass only if the rule forwards credentials. */
  readonly tokenClassifier: TokenClassifier;
}

/** The members of a rule that matter for the request to the origin. */
export interface ForwardedRule {
  readonly session: 'none' | 'optional' | 'required';
  readonly forwardsCredentials: boolean;
  /** Names, in lower case, of headers that pass although some product trusts them. */
  readonly forwardedHeaders: ReadonlySet<string>;
  readonly cutsStreams: boolean;
}

/** A request that may pass, with the results of its checks. */
export interface PassedRequest {
  readonly target: AdmittedTarget;
  readonly rule: ForwardedRule;
  /** The credentials that were checked. */
  readonly tried: readonly UsableCredentials[];
  readonly identification: Identification;
  /** A token for another resource, which takes the place of the client's `Authorization`. */
  readonly exchangedToken?: string | undefined;
}

/**
 * Matches Kratos's session tokens (`session/session.go`, `ory_st_`). The origin does not get them on any path, unless
 * the rule forwards credentials.
 */
const KRATOS_TOKEN = /^ory_st_/;

/** A request for the origin, as `fetch()` takes it. */
export interface OriginCall {
  readonly url: string;
  readonly init: RequestInit & { readonly headers: Headers };
  /** The client's `Cookie`, as received. */
  readonly receivedCookies: string | undefined;
}

/**
 * Builds the request for the origin: the admitted path and query at the origin's own address, the path without the
 * origin's prefix, the client's headers
 * without those that only Postern may set, and last the headers that Postern sets. Fails when the headers exceed the
 * common limits of origins: an origin's own 431 would look like a failure of the site, for as long as the cookies
 * last.
 */
export function originRequest(
  request: Request,
  passed: PassedRequest,
  options: OriginRequestOptions,
): Result<OriginCall, 'headers_too_large' | 'path_not_canonical'> {
  const { method, body } = request;
  const { target, rule, identification, exchangedToken } = passed;
  const { prefix } = options;
  const path = prefix === undefined ? target.path : withoutPrefix(target, prefix);
  if (path === undefined) return failed('path_not_canonical');
  const forwardable = forwardableHeaders(request.headers, passed, options);
  if (forwardable === undefined) return failed('headers_too_large');
  const { headers, clientAddress, passedGates, hasAcceptEncoding, receivedCookies } = forwardable;
  const site = options.hosts.siteOf(target.host);
  const originUrl = options.address.urlFor(site);
  headers.set('host', hostOf(originUrl)); // the platform sets it over HTTP, not over a service binding
  // Cloudflare sets both headers on every request; `cf` is costly to read, and without Cloudflare it is missing too.
  const cf = hasAcceptEncoding || clientAddress !== undefined ? request.cf : undefined;
  setAcceptEncoding(headers, cf, rule);
  setForwardingHeaders(headers, cf === undefined ? undefined : clientAddress, site);
  if (prefix !== undefined) headers.set('x-forwarded-prefix', prefix.text);
  addGate(headers, passedGates, options.hosts.publicUrl);
  for (const [name, value] of identification.headers) headers.set(name, value);
  if (exchangedToken !== undefined) headers.set('authorization', `Bearer ${exchangedToken}`);
  const url = originTarget(path, target.search, originUrl);
  const init = { method, headers, body, redirect: 'manual' } as const;
  return success({ url, init, receivedCookies });
}

const MAX_COOKIE_LENGTH = 16_384;
const MAX_HEADERS_LENGTH = 65_536;
/** The most lines that a client may send, with those that do not pass. No client needs so many lines. */
const MAX_LINES = 500;
/** The longest `Connection`. Each name that it nominates is a header to look for. */
const MAX_CONNECTION_LENGTH = 4096;
/** The most parts of an `Authorization`. No scheme has so many, and each part has to be checked. */
const MAX_WORDS = 100;
const HEADER_OVERHEAD = 4; // ": " and CRLF
/**
 * Apache, Envoy and gunicorn accept no more lines. lua-nginx-module shows no more by default and ignores the rest, so
 * that a client could hide Postern's headers behind its own.
 */
const MAX_HEADERS = 100;
/** Host, Accept-Encoding, three forwarding headers, CF-Connecting-IP, and the header that lists passed gates. */
const MAX_GATEWAY_HEADERS = 7;

/** Returns the URL at the origin. An admitted path begins with one slash, so it can never change the origin. */
function originTarget(path: string, search: string, originUrl: string): string {
  if (!path.startsWith('/')) throw new Error('the path was not admitted'); // unreachable
  return originUrl + path + search;
}

/** The client's headers that may pass, and some as they were received. */
interface ForwardableHeaders extends Pick<OriginCall, 'receivedCookies'> {
  readonly headers: Headers;
  /** `CF-Connecting-IP` as received. */
  readonly clientAddress: string | undefined;
  /** The list of gates as received. */
  readonly passedGates: string | undefined;
  readonly hasAcceptEncoding: boolean;
}

/** Returns the headers that may pass; `undefined` when they exceed a limit. The checks stop at that limit. */
function forwardableHeaders(
  received: Headers,
  passed: PassedRequest,
  options: OriginRequestOptions,
): ForwardableHeaders | undefined {
  const headers = new Headers(received); // a value that is not rewritten keeps its bytes, even if they are not UTF-8
  let clientAddress: string | undefined;
  let passedGates: string | undefined;
  let receivedCookies: string | undefined;
  let connection: string | undefined;
  let hasAcceptEncoding = false;
  let lines = 0;
  let total = 0;
  let count = passed.identification.headers.length + MAX_GATEWAY_HEADERS;
  if (passed.exchangedToken !== undefined) count += 1;
  if (options.prefix !== undefined) count += 1;
  let isTooLarge = false;
  // One walk costs the platform as much as a few single reads.
  received.forEach((value, name) => {
    lines += 1;
    if (isTooLarge || lines > MAX_LINES) return;
    const meaning = options.filter.classifyHeader(name);
    const { use } = meaning;
    if (use === 'client-address') clientAddress = value;
    if (use === 'passed-gates') passedGates = value;
    if (use === 'cookie') receivedCookies = value;
    if (use === 'connection') connection = value;
    if (use === 'accepted-encoding') hasAcceptEncoding = true;
    const kept = passedValue(name, value, meaning, passed, options);
    if (kept === undefined) {
      headers.delete(name);
      return;
    }
    if (kept !== value) headers.set(name, kept);
    total += name.length + kept.length + HEADER_OVERHEAD;
    count += 1;
    const isTooLong = use === 'cookie' && kept.length > MAX_COOKIE_LENGTH;
    isTooLarge = isTooLong || total > MAX_HEADERS_LENGTH || count > MAX_HEADERS;
  });
  if (isTooLarge || lines > MAX_LINES) return undefined;
  if (connection !== undefined) {
    if (connection.length > MAX_CONNECTION_LENGTH) return undefined;
    deleteNominated(headers, nominatedNames(connection), options.filter);
  }
  return { headers, clientAddress, passedGates, hasAcceptEncoding, receivedCookies };
}

/** Returns the value to forward; `undefined` to drop the header. */
function passedValue(
  name: string,
  value: string,
  { isHopByHop, isUntrusted, use }: HeaderClass,
  passed: PassedRequest,
  options: OriginRequestOptions,
): string | undefined {
  const { rule } = passed;
  if (isHopByHop) {
    return use === 'upgrade' && value.toLowerCase() === 'websocket' ? 'websocket' : undefined;
  }
  if (isUntrusted && !isLetThrough(name, rule)) return undefined;
  if (use === 'authorization' && isKeptBack(value, passed, options.withheld)) return undefined;
  return use === 'cookie' ? withoutGatewayCookies(value, rule, options.withheld) : value;
}

/** Deletes the headers that `Connection` nominates. Those that are always hop-by-hop have been judged before. */
function deleteNominated(
  headers: Headers,
  nominated: ReadonlySet<string>,
  filter: HeaderFilter,
): void {
  if (nominated.size === 0) return;
  for (const name of [...headers.keys()]) {
    const { folded, isHopByHop } = filter.classifyHeader(name);
    if (nominated.has(folded) && !isHopByHop) headers.delete(name);
  }
}

/** Compares the name as it was sent: `X_Auth_Token` is not `X-Auth-Token` until a server folds it. */
function isLetThrough(name: string, rule: ForwardedRule): boolean {
  return (
    rule.forwardedHeaders.has(name) || (name === 'x-session-token' && rule.forwardsCredentials)
  );
}

/**
 * Returns whether an `Authorization` is withheld from the origin. A secret of Postern is always withheld: its sender
 * mistook the path. A credential that the request was judged by is withheld, and a credential that could have been
 * one. A bearer of the site's own passes. Every word is checked, behind any scheme and parameter (RFC 9110 section
 * 11.4), because two lines of the header arrive as one.
 */
function isKeptBack(
  authorization: string,
  { rule, tried }: PassedRequest,
  { gatewaySecrets, tokenClassifier }: WithheldValues,
): boolean {
  const bearer = readBearer(authorization);
  // Almost every such header is the one credential that the request was judged by.
  if (bearer !== undefined && !rule.forwardsCredentials && isPresented(tried, bearer)) return true;
  const parts = authorization.split(/[\s,"]+/, MAX_WORDS + 1);
  if (parts.length > MAX_WORDS) return true;
  const [scheme = ''] = parts;
  const words = parts.flatMap((part) => [part, part.slice(part.search(/[=:]/) + 1)]); // token="…"
  const behindScheme = authorization.slice(scheme.length).trim(); // a secret may hold spaces and commas
  if ([behindScheme, ...words].some((word) => gatewaySecrets.has(word))) return true;
  if (rule.forwardsCredentials) return false;
  const isSessionToken =
    rule.session === 'none' ? tokenClassifier.isSession : tokenClassifier.isIssuers;
  return words.some(
    (word) => KRATOS_TOKEN.test(word) || isPresented(tried, word) || isSessionToken(word),
  );
}

function withoutGatewayCookies(
  header: string,
  rule: ForwardedRule,
  { credentialCookies }: WithheldValues,
): string | undefined {
  return withoutCookies(
    header,
    (name) =>
      isGatewayCookie(name) || (!rule.forwardsCredentials && credentialCookies.includes(name)),
  );
}

/** Sets the forwarding headers from the platform's knowledge of the client, instead of the client's own headers. */
function setForwardingHeaders(headers: Headers, address: string | undefined, site: string): void {
  headers.set('x-forwarded-proto', site.slice(0, site.indexOf(':')));
  headers.set('x-forwarded-host', hostOf(site));
  if (address === undefined) return;
  headers.set('x-forwarded-for', address);
  headers.set('cf-connecting-ip', address); // Cloudflare sets it over HTTP, not over a service binding
}

/**
 * Sets the client's `Accept-Encoding` again, because the platform replaces it with its own. The origin's answer passes
 * through unchanged, so its encoding has to be one that the client accepts.
 */
function setAcceptEncoding(
  headers: Headers,
  cf: Request['cf'],
  { cutsStreams }: ForwardedRule,
): void {
  // A body that may be cut passes through the Worker, and the platform would decode it on its way.
  const accepted = cutsStreams ? 'identity' : cf?.clientAcceptEncoding;
  if (typeof accepted === 'string') headers.set('accept-encoding', accepted || 'identity');
}
