// Pure: no I/O, no clock.
import { foldHeaderName } from '../http/header-names.ts';

/** Names of the cookies that only Postern and the session store may set, folded as some server would fold them. */
export type ReservedCookies = ReadonlySet<string>;

export function reservedCookies(names: readonly string[]): ReservedCookies {
  return new Set(names.map(foldCookieName));
}

/**
 * Removes the origin's cookies that could set, replace or delete a reserved one.
 *
 * The cookies are written anew only when one of them has to go: a value that is not UTF-8 loses its bytes when it becomes
 * a string.
 */
export function keepForeignCookies(headers: Headers, reserved: ReservedCookies): void {
  const cookies = headers.getSetCookie();
  const kept = cookies.filter((cookie) => !comesBackAsReserved(cookie, reserved));
  if (kept.length === cookies.length) return;
  headers.delete('set-cookie');
  for (const cookie of kept) headers.append('set-cookie', cookie);
}

/**
 * Whether a browser may send this cookie back as text in which a reserved name stands before `=`.
 *
 * A cookie without a name is sent back as its value alone (RFC 6265bis section 5.8.3), so the value is read as a name. A
 * comma parts cookies, because two `Cookie` lines arrive joined by one.
 */
function comesBackAsReserved(setCookie: string, reserved: ReservedCookies): boolean {
  const [sentBack = ''] = setCookie.split(';', 1);
  return sentBack.split(',').some((part, index) => {
    const [name = '', value] = part.replace(/^[=\s]+/, '').split('=', 2);
    return (index === 0 || value !== undefined) && reserved.has(foldCookieName(name));
  });
}

function foldCookieName(name: string): string {
  return foldHeaderName(name.trim().replace(/^__(?:host|secure)-/i, ''));
}
