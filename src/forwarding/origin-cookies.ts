// Pure: no I/O, no clock.
import { foldHeaderName } from '../http/header-names.ts';

/** Names of the cookies that only the session store may set, folded as some servers fold them. */
export type ReservedCookies = ReadonlySet<string>;

/** The beginning of the names of Postern's own cookies, as `foldCookieName` writes it. */
const GATEWAY_PREFIX = 'postern-';

/** Whether a cookie is one of Postern's own, in any spelling that some servers take for the same name. */
export function isGatewayCookie(name: string): boolean {
  return foldCookieName(name).startsWith(GATEWAY_PREFIX);
}

export function reservedCookies(names: readonly string[]): ReservedCookies {
  return new Set(names.map(foldCookieName));
}

/**
 * Removes the origin's cookies that could set, replace or delete a reserved cookie or one of Postern's own, and applies `change` to the
 * others.
 *
 * The headers are written again only when one of the cookies changes: a value that is not UTF-8 loses its bytes when
 * it becomes a string.
 */
export function keepForeignCookies(
  headers: Headers,
  reserved: ReservedCookies,
  change: (setCookie: string) => string,
): void {
  const cookies = headers.getSetCookie();
  const kept = cookies.filter((cookie) => !comesBackAsReserved(cookie, reserved)).map(change);
  if (kept.length === cookies.length && kept.every((cookie, at) => cookie === cookies[at])) return;
  headers.delete('set-cookie');
  for (const cookie of kept) headers.append('set-cookie', cookie);
}

/**
 * Returns whether a browser may send this cookie back as text in which a reserved name precedes `=`.
 *
 * A cookie without a name is sent back as its value alone (RFC 6265bis section 5.8.3), so the value is read as a name. A
 * comma separates cookies, because two `Cookie` lines arrive joined by a comma.
 */
function comesBackAsReserved(setCookie: string, reserved: ReservedCookies): boolean {
  const [sentBack = ''] = setCookie.split(';', 1);
  return sentBack.split(',').some((part, index) => {
    const [name = '', value] = part.replace(/^[=\s]+/, '').split('=', 2);
    const isReserved = reserved.has(foldCookieName(name)) || isGatewayCookie(name);
    return (index === 0 || value !== undefined) && isReserved;
  });
}

function foldCookieName(name: string): string {
  return foldHeaderName(name.trim().replace(/^__(?:host|secure)-/i, ''));
}

/**
 * Removes every `Domain` of a `Set-Cookie` when one of them names this host. The cookie becomes host-only, which is
 * never wider than the origin asked for. All `Domain` attributes are removed, because a browser would use another one
 * instead (RFC 6265bis section 5.7).
 */
export function cookieOutsideHost(setCookie: string, hostname: string): string {
  const [pair = '', ...attributes] = setCookie.split(';');
  const domains = attributes.filter((attribute) => /^\s*domain\s*=/i.test(attribute));
  const namesHost = domains.some((attribute) => {
    const domain = attribute.slice(attribute.indexOf('=') + 1).trim();
    return domain.replace(/^\.|\.$/g, '').toLowerCase() === hostname;
  });
  if (!namesHost) return setCookie;
  return [pair, ...attributes.filter((attribute) => !domains.includes(attribute))].join(';');
}
