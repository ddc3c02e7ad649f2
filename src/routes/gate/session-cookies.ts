// Pure: no I/O, no clock.
import { isGatewayCookie } from '../../forwarding/origin-cookies.ts';
import type { SiteHosts } from '../../http/site-hosts.ts';
import type { Answer } from '../../refusals/denial.ts';
import type { Authorization } from './authorize.ts';

/**
 * The cookies to set with a pass: for a signed-in user, those of the store. An anonymous request that passes has its
 * dead cookies cleared, so that they are not looked up again at every request. A request that passes with another
 * credential clears no cookie.
 */
export function sessionCookiesOf(
  { resolution, deadCookies }: Authorization,
  { publicUrl }: Pick<SiteHosts, 'publicUrl'>,
): readonly string[] {
  if (resolution?.outcome === 'signed-in') return resolution.setCookies;
  return cleared(deadCookies, publicUrl);
}

/**
 * Clears the cookies of a sign-in that has ended, with a denial too: each further request with them would ask the log's
 * object. A session cookie is left to the store, which may accept it again.
 */
export function withoutDeadSignIn(
  answer: Answer,
  { deadCookies }: Pick<Authorization, 'deadCookies'>,
  { publicUrl }: Pick<SiteHosts, 'publicUrl'>,
): Answer {
  for (const cookie of cleared(deadCookies.filter(isGatewayCookie), publicUrl)) {
    answer.response.headers.append('set-cookie', cookie);
  }
  return answer;
}

function cleared(names: readonly string[], publicUrl: string): string[] {
  // A browser refuses a cookie of a __Host- or __Secure- name without Secure, even an empty one.
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  return names.map((name) => `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${secure}`);
}
