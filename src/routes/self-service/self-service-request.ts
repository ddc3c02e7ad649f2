// Pure: no I/O, no clock.
import type { Credential } from '../../credentials/credential.ts';
import { mayBePlanted, readCookies } from '../../http/cookies.ts';
import { tracingHeaders } from '../../http/request-headers.ts';
import { credentialHeaders } from '../../providers/kratos/credential-headers.ts';

export interface SelfServiceHeadersOptions {
  readonly cookieNames: readonly string[];
  readonly publicUrl: string;
}

/** Headers that a flow depends on (`x/http.go`, `x/nosurfx/nosurf.go`, `ui/`). They do not say who or where the client is. */
const FORWARDED = [
  'accept',
  'accept-language',
  'content-type',
  'origin',
  'referer',
  'sec-fetch-mode',
  'user-agent',
  'x-csrf-token',
  'x-xsrf-token',
] as const;

/** Kratos's cookies besides the session's: CSRF tokens, the continuity of a flow, codes of a sign-in. */
const KRATOS_COOKIE = /^(?:__(?:Host|Secure)-)?(?:csrf_token|ory_)/;

/**
 * Makes the headers of a flow's request to Kratos. Only the chosen session credential is sent, so that Kratos's two
 * orders of precedence (`extractToken`, `PurgeFromRequest`) agree. Of the other cookies only Kratos's are sent.
 */
export function selfServiceHeaders(
  request: Request,
  credential: Credential | undefined,
  { cookieNames, publicUrl }: SelfServiceHeadersOptions,
): Headers {
  const headers = new Headers(tracingHeaders(request.headers));
  for (const name of FORWARDED) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const own = credential === undefined ? {} : credentialHeaders(credential);
  for (const [name, value] of Object.entries(own)) headers.set(name, value);
  const isKratos = (name: string) => KRATOS_COOKIE.test(name) && !cookieNames.includes(name);
  const others = readCookies(request.headers.get('cookie'), isKratos)
    .filter((pair) => !mayBePlanted(pair))
    .map(({ name, value }) => `${name}=${value}`);
  const cookies = [headers.get('cookie'), ...others].filter((cookie) => cookie !== null);
  if (cookies.length > 0) headers.set('cookie', cookies.join('; '));
  setClientHeaders(headers, request, publicUrl);
  return headers;
}

/**
 * Describes the client's device in the headers that Kratos trusts (`oryx/httpx/client_info.go`). The values come from
 * Cloudflare and the configuration, not from the client's own copies of these headers.
 */
function setClientHeaders(headers: Headers, request: Request, publicUrl: string): void {
  const { protocol, host } = new URL(publicUrl);
  headers.set('x-forwarded-proto', protocol.slice(0, -1));
  headers.set('x-forwarded-host', host);
  headers.set('ory-no-custom-domain-redirect', 'true');
  const { cf } = request; // without Cloudflare in front it is absent, and the address is unknown
  const address = cf === undefined ? null : request.headers.get('cf-connecting-ip');
  if (address !== null) {
    headers.set('true-client-ip', address);
    headers.set('x-forwarded-for', address);
  }
  if (typeof cf?.city === 'string') headers.set('cf-ipcity', encodeURIComponent(cf.city));
  if (typeof cf?.country === 'string') headers.set('cf-ipcountry', cf.country);
}
