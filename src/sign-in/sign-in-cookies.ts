// Pure: no I/O, no clock.
import { partNames, splitValue } from '../credentials/split-cookie.ts';

/** The names and attributes of the cookies of browsers that sign in at an issuer. */
export interface SignInCookies {
  /** The name of the first cookie that holds a sign-in. */
  readonly name: string;
  /** The beginning of the names of cookies that each hold one sign-in under way. */
  readonly pendingPrefix: string;
  readonly attributes: string;
}

/**
 * Returns the names and attributes. `__Host-` keeps sibling domains from setting the cookies (RFC 6265bis section
 * 4.1.3.2). On http, which `PUBLIC_URL` has on this machine only, browsers take no such name.
 */
export function signInCookies(publicUrl: string): SignInCookies {
  const isSecure = publicUrl.startsWith('https:');
  const prefix = isSecure ? '__Host-' : '';
  return {
    name: `${prefix}postern-sign-in`,
    pendingPrefix: `${prefix}postern-pending-`,
    attributes: `Path=/; HttpOnly; SameSite=Lax${isSecure ? '; Secure' : ''}`,
  };
}

/**
 * Returns the `Set-Cookie` values that hold a sealed sign-in, and that clear the cookies it does not need; `undefined`
 * if it does not fit. The cookies end with the browser's session.
 */
export function cookiesOf(
  sealed: string,
  { name, attributes }: SignInCookies,
): readonly string[] | undefined {
  const parts = splitValue(sealed);
  return parts && partNames(name).map((each, index) => setCookie(each, parts[index], attributes));
}

/** Returns the `Set-Cookie` values that clear these cookies. */
export function clearedCookies(
  names: readonly string[],
  { attributes }: Pick<SignInCookies, 'attributes'>,
): readonly string[] {
  return names.map((name) => setCookie(name, undefined, attributes));
}

function setCookie(name: string, value: string | undefined, attributes: string): string {
  return value === undefined
    ? `${name}=; Max-Age=0; ${attributes}`
    : `${name}=${value}; ${attributes}`;
}
