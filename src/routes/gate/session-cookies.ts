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
 * Adds the cookies of a sign-in to an answer that is no pass. A refreshed sign-in would be lost otherwise. A sign-in that
 * has ended would ask the log's object with each further request. A session cookie is left to the store.
 */
export function withSignInCookies(
  answer: Answer,
  { resolution, deadCookies }: Pick<Authorization, 'resolution' | 'deadCookies'>,
  { publicUrl }: Pick<SiteHosts, 'publicUrl'>,
): Answer {
  const refreshed = resolution?.outcome === 'signed-in' ? resolution.setCookies : [];
  const cookies = [...refreshed, ...cleared(deadCookies, publicUrl)].filter(isGatewayCookie);
  for (const cookie of cookies) answer.response.headers.append('set-cookie', cookie);
  return answer;
}

function cleared(names: readonly string[], publicUrl: string): string[] {
  // A browser refuses a cookie of a __Host- or __Secure- name without Secure, even an empty one.
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  return names.map((name) => `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${secure}`);
}
