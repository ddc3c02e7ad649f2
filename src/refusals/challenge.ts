// Pure: no I/O, no clock.
import type { DenialReason, ShortfallReason } from '../errors/reasons.ts';
import { isTokenReason } from '../errors/token-reasons.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import type { Authority } from '../http/authority.ts';
import type { SiteHosts } from '../http/site-hosts.ts';
import { parseObject } from '../runtime/json.ts';

/** The URLs at which people sign in. */
export interface SignInUrls {
  /** `undefined`: no page signs browsers in. */
  readonly loginUrl: string | undefined;
  /** `undefined`: there is no Kratos, and the sign-in page also has to renew a sign-in. */
  readonly kratos: KratosUrls | undefined;
  /** Returns Postern's own sign-in page, if browsers sign in there at this host. */
  readonly ownPage?: (host: Authority) => string | undefined;
}

export interface KratosUrls {
  readonly browserUrl: string;
  /** The URL at which Postern asks Kratos. */
  readonly publicUrl: string;
}

export interface ChallengeOptions {
  readonly hosts: SiteHosts;
  readonly signIn: SignInUrls;
}

/** The longest path in `return_to`, in characters. A longer path would not fit the redirects of a sign-in. */
export const MAX_RETURN_LENGTH = 2048;

/** Matches `text/html` in `Accept`, unless its weight says that it is not acceptable (RFC 9110 section 12.4.2). */
const TAKES_HTML =
  /(?:^|,)\s*text\/html\s*(?:$|,|;(?!(?:[^,]*;)?\s*q\s*=\s*0(?:\.0*)?\s*(?:[;,]|$)))/i;
/** Matches the `X-Requested-With` of scripts. Android's WebView sends its app's name with navigations, or nothing. */
const SCRIPT = /(?:^|,)\s*XMLHttpRequest\s*(?:,|$)/i;
const WEB_SOCKET = /(?:^|,)\s*websocket\s*(?:,|$)/i;

/**
 * Returns whether a person sees the answer, rather than a program. Fetch Metadata decides when the browser sends it,
 * otherwise `Accept`. A program gets 401, because it cannot use a redirect to HTML.
 */
export function isNavigation(headers: Headers): boolean {
  const mode = headers.get('sec-fetch-mode');
  if (mode !== null) {
    const destination = headers.get('sec-fetch-dest') ?? 'document';
    return mode === 'navigate' && ['document', 'iframe', 'frame'].includes(destination);
  }
  if (!TAKES_HTML.test(headers.get('accept') ?? '')) return false;
  if (SCRIPT.test(headers.get('x-requested-with') ?? '')) return false;
  return !WEB_SOCKET.test(headers.get('upgrade') ?? '') && !headers.has('sec-websocket-key');
}

/**
 * Returns the URL at which a person can meet the requirement: sign in, prove a second factor, or sign in again. The
 * URL is always at a configured address, and `return_to` always names a configured host. `undefined` when there is no
 * such URL.
 */
export function challengeLocation(
  reason: DenialReason | ShortfallReason,
  {
    target,
    storeBody,
  }: { readonly target: AdmittedTarget; readonly storeBody: string | undefined },
  options: ChallengeOptions,
): string | undefined {
  if (isTokenReason(reason)) return loginLocation(target, options);
  switch (reason) {
    case 'credential_missing':
    case 'credential_malformed':
    case 'credential_ambiguous':
    case 'session_inactive':
      return loginLocation(target, options);
    case 'session_aal2_required':
      return stepUpLocation(target, storeBody, options);
    case 'session_refresh_required':
      return withReturnTo(renewalUrl('refresh', 'true', target, options), target, options);
    case 'insufficient_scope':
    case 'exchange_not_possible':
    case 'exchange_refused':
    case 'condition_not_met':
    case 'condition_not_evaluable':
      return undefined;
  }
}

/** Returns the sign-in URL. Its `return_to` is the request's own path at the site's own host. */
export function loginLocation(
  target: AdmittedTarget,
  options: ChallengeOptions,
): string | undefined {
  return withReturnTo(loginPage(target, options), target, options);
}

function loginPage({ host }: AdmittedTarget, { signIn }: ChallengeOptions): URL | undefined {
  const page = signIn.ownPage?.(host) ?? signIn.loginUrl;
  return page === undefined ? undefined : new URL(page);
}

/**
 * Returns the URL at which a person can prove a second factor: the store's `redirect_browser_to`, or else the sign-in
 * with `aal=aal2`. The store's URL is moved to the host that browsers can reach, because behind a proxy Kratos names
 * its internal host.
 */
export function stepUpLocation(
  target: AdmittedTarget,
  storeBody: string | undefined,
  options: ChallengeOptions,
): string | undefined {
  const { kratos } = options.signIn;
  const named = parseObject(storeBody ?? '')?.redirect_browser_to;
  const url = typeof named === 'string' ? URL.parse(named) : null;
  const location =
    kratos !== undefined && url?.pathname.startsWith('/')
      ? new URL(`${kratos.browserUrl}${pathInKratos(url, kratos)}${url.search}`)
      : renewalUrl('aal', 'aal2', target, options);
  return withReturnTo(location, target, options);
}

/** Returns the path below the address at which Postern asks Kratos. It begins with a slash. */
function pathInKratos({ pathname }: URL, { publicUrl }: KratosUrls): string {
  const prefix = new URL(publicUrl).pathname.replace(/\/$/, '');
  return pathname.startsWith(`${prefix}/`) ? pathname.slice(prefix.length) : pathname;
}

/** Returns the URL of a sign-in that asks for more than the last one: at Kratos, or else at the sign-in page. */
function renewalUrl(
  name: string,
  value: string,
  target: AdmittedTarget,
  options: ChallengeOptions,
): URL | undefined {
  const { kratos } = options.signIn;
  const url =
    kratos === undefined
      ? loginPage(target, options)
      : new URL(`${kratos.browserUrl}/self-service/login/browser`);
  url?.searchParams.set(name, value);
  return url;
}

function withReturnTo(
  url: URL | undefined,
  target: AdmittedTarget,
  { hosts }: ChallengeOptions,
): string | undefined {
  if (url === undefined) return undefined;
  const { method, path, search, host } = target;
  const isRepeatable = method === 'GET' || method === 'HEAD';
  const place = [path + search, path].find((text) => text.length <= MAX_RETURN_LENGTH);
  url.searchParams.set('return_to', `${hosts.siteOf(host)}${isRepeatable ? (place ?? '/') : '/'}`);
  return url.href;
}
