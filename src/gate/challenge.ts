// Pure: no I/O, no clock.
import type { AdmittedTarget } from '../http/admit.ts';
import { parseObject } from '../providers/kratos/kratos-session.ts';

export interface ChallengeOptions {
  /** Where clients reach Postern: scheme, host and port. */
  readonly publicUrl: string;
  readonly loginUrl: string;
  readonly kratosBrowserUrl: string;
  readonly kratosPublicUrl: string;
}

/**
 * Whether a person is looking at the answer, rather than a program: Fetch Metadata decides where the
 * browser sends it, `Accept` elsewhere. A program gets 401, because a redirect to HTML is no answer to it.
 */
export function isNavigation(headers: Headers): boolean {
  const mode = headers.get('sec-fetch-mode');
  if (mode !== null) {
    const destination = headers.get('sec-fetch-dest') ?? 'document';
    return mode === 'navigate' && ['document', 'iframe', 'frame'].includes(destination);
  }
  if (headers.get('upgrade') !== null || headers.get('x-requested-with') !== null) return false;
  return /(?:^|,)\s*text\/html\s*(?:[;,]|$)/i.test(headers.get('accept') ?? '');
}

/** Where to sign in, and to come back from: the request's own path at the configured public URL. */
export function loginLocation(target: AdmittedTarget, options: ChallengeOptions): string {
  return withReturnTo(new URL(options.loginUrl), target, options);
}

/**
 * Where to prove a second factor: the store's `redirect_browser_to`, moved to the host browsers can reach
 * (behind a proxy Kratos names its internal one), or the sign-in with `aal=aal2`.
 */
export function stepUpLocation(
  target: AdmittedTarget,
  storeBody: string | undefined,
  options: ChallengeOptions,
): string {
  const base = new URL(options.kratosBrowserUrl);
  const named = parseObject(storeBody ?? '')?.redirect_browser_to;
  const url = typeof named === 'string' ? URL.parse(named) : null;
  const location = new URL(`${options.kratosBrowserUrl}/self-service/login/browser?aal=aal2`);
  if (url?.pathname.startsWith('/')) {
    const prefix = new URL(options.kratosPublicUrl).pathname.replace(/\/$/, '');
    const path = url.pathname.startsWith(`${prefix}/`)
      ? url.pathname.slice(prefix.length)
      : url.pathname;
    location.pathname = `${base.pathname.replace(/\/$/, '')}${path}`;
    location.search = url.search;
  }
  return withReturnTo(location, target, options);
}

function withReturnTo(url: URL, target: AdmittedTarget, { publicUrl }: ChallengeOptions): string {
  const isRepeatable = target.method === 'GET' || target.method === 'HEAD';
  url.searchParams.set(
    'return_to',
    `${publicUrl}${isRepeatable ? target.path + target.search : '/'}`,
  );
  return url.href;
}
