// No I/O, no clock.
import { isGatewayCookie } from '../../forwarding/origin-cookies.ts';
import type { ProxyKind } from './original-request.ts';

/**
 * Changes an answer's status for nginx. `auth_request` takes 2xx, 401 and 403, and makes 500 of every other status. So
 * an error of the client becomes 403, and a redirect becomes 401 with its `Location`. A fault keeps its status: nginx
 * answers 500, and the request does not pass.
 */
export function asProxyTakesIt(
  kind: ProxyKind,
  response: Response,
  credentialCookies: readonly string[],
): Response {
  if (kind !== 'nginx') return response;
  const { status, headers } = response;
  if (status === 200) keepOneCookie(headers, credentialCookies);
  if (status === 200 || status === 401 || status >= 500) return response;
  const isRedirect = headers.has('location');
  return new Response(null, { status: isRedirect ? 401 : 403, headers });
}

/**
 * Keeps one `Set-Cookie`, the session's if there is one. nginx takes one from a pass; since 1.23 it joins several into
 * a header that browsers misread. A sign-in in several cookies is kept back: one of them alone would spoil the others.
 */
function keepOneCookie(headers: Headers, cookieNames: readonly string[]): void {
  const cookies = headers.getSetCookie();
  if (cookies.length === 0) return;
  const parts = cookies.filter((each) => isGatewayCookie(each) && !each.includes('Max-Age=0'));
  const isSessions = (cookie: string) => cookieNames.some((name) => cookie.startsWith(`${name}=`));
  const kept = parts.length > 1 ? undefined : (cookies.find(isSessions) ?? cookies[0]);
  headers.delete('set-cookie');
  if (kept !== undefined) headers.set('set-cookie', kept);
}
