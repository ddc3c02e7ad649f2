import { readCookie } from './credential.ts';
import type { HerodotError } from './herodot-error.ts';
import { configuredPublicUrl, type KratosContext } from './public-url.ts';
import { store } from './store.ts';

/** The secret that a browser holds against forged requests, and whether this request gave it to it. */
export interface CsrfSecret {
  readonly cookieName: string;
  /** Base64 of 32 bytes. */
  readonly value: string;
  readonly isNew: boolean;
}

const SECRET_BYTES = 32;
/** Kratos's own default: one browser's cookie keeps its name, by whatever origin the stand-in is called. */
const DEFAULT_PUBLIC_URL = 'http://127.0.0.1:4433';
const YEAR_SECONDS = 31_536_000;

/** The secret of the request's cookie, or a new one. */
export async function readCsrfSecret(c: KratosContext): Promise<CsrfSecret> {
  const cookieName = await csrfCookieName(configuredPublicUrl(c) ?? DEFAULT_PUBLIC_URL);
  const held = readCookie(c.req.raw, cookieName) ?? '';
  const isNew = decode(held)?.length !== SECRET_BYTES;
  return { cookieName, value: isNew ? newSecret() : held, isNew };
}

/** Replaces the secret, as Kratos does where somebody signs in or out. Returns the `Set-Cookie`. */
export function regenerateCsrfSecret(c: KratosContext): string {
  const secret = { ...c.var.csrf, value: newSecret(), isNew: false };
  c.set('csrf', secret);
  return csrfSetCookie(secret);
}

/** The `Set-Cookie` of a secret (`x/nosurfx/nosurf.go` `NosurfBaseCookieHandler`). */
export function csrfSetCookie({ cookieName, value }: CsrfSecret): string {
  return `${cookieName}=${value}; Path=/; Max-Age=${YEAR_SECONDS}; HttpOnly; ${secureAttribute()}SameSite=Lax`;
}

/** `Secure; ` unless Kratos runs with `--dev` (`driver/config/config.go` `CookieSecure`). */
export function secureAttribute(): string {
  return store.settings.isDev ? '' : 'Secure; ';
}

/** The token of a form: the secret under a mask of its own, so that no two forms have the same. */
export function maskedToken(secret: string): string {
  const bytes = decode(secret) ?? new Uint8Array();
  const mask = crypto.getRandomValues(new Uint8Array(SECRET_BYTES));
  return encode(Uint8Array.from([...mask, ...xor(bytes, mask)]));
}

/** Returns true if a form's token is the secret under a mask. */
export function isTokenOf(secret: string, token: string | undefined): boolean {
  const bytes = decode(token ?? '');
  if (bytes?.length !== 2 * SECRET_BYTES) return false;
  return encode(xor(bytes.slice(SECRET_BYTES), bytes.slice(0, SECRET_BYTES))) === secret;
}

/** The reason for which a request counts as forged (`x/nosurfx/nosurf.go` `CSRFErrorReason`). */
export function csrfViolation(c: KratosContext, sentToken = ''): HerodotError {
  const { headers } = c.req.raw;
  const isAjax = ['cors', 'same-origin'].includes(headers.get('Sec-Fetch-Mode') ?? '');
  const isJson = (headers.get('Content-Type') ?? '').startsWith('application/json');
  const details: Record<string, string> = { docs: 'https://www.ory.com/docs/troubleshooting/csrf' };
  const hasCookie = readCookie(c.req.raw, c.var.csrf.cookieName) !== undefined;
  if (hasCookie && !isJson && sentToken === '') details.hint = NOT_SENT;
  else {
    details.hint = isAjax ? FROM_A_SCRIPT : FROM_ELSEWHERE;
    details.reject_reason = rejectReason(headers.get('Cookie') ?? '', hasCookie);
  }
  return {
    code: 403,
    id: 'security_csrf_violation',
    reason:
      'Please retry the flow and optionally clear your cookies. The request was rejected to protect you from Cross-Site-Request-Forgery (CSRF) which could cause account takeover, leaking personal information, and other serious security issues.',
    details,
    message: 'the request was rejected to protect you from Cross-Site-Request-Forgery',
  };
}

const NOT_SENT =
  'The anti-CSRF cookie was found but the CSRF token was not included in the HTTP request body (csrf_token) nor in the HTTP Header (X-CSRF-Token).';
const FROM_A_SCRIPT =
  "We detected an AJAX call, please ensure that CORS is enabled and configured correctly, and that your AJAX code sends cookies and has credentials enabled. For further debugging, check your Browser's Network Tab to see what cookies are included or excluded.";
const FROM_ELSEWHERE =
  "We detected a regular browser or server-side call. To debug browser calls check your Browser's Network Tab to see what cookies are included or excluded. If you are calling from a server ensure that the appropriate cookies are being forwarded and that the SDK method is called correctly.";

function rejectReason(cookies: string, hasCookie: boolean): string {
  if (cookies === '') return 'The HTTP Cookie Header is empty or not set.';
  if (!hasCookie) return 'The HTTP Cookie Header was set but did not include the anti-CSRF cookie.';
  return 'The HTTP Cookie Header was set and a CSRF token was sent but they do not match. We recommend deleting all cookies for this domain and retrying the flow.';
}

const names = new Map<string, string>();

/** The name has the digest of Kratos's public URL, slash included, so that two Kratos on one host do not meet. */
async function csrfCookieName(url: string): Promise<string> {
  const known = names.get(url);
  if (known !== undefined) return known;
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${url}/`));
  const hex = Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0'));
  const name = `csrf_token_${hex.join('')}`;
  names.set(url, name);
  return name;
}

function newSecret(): string {
  return encode(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)));
}

function xor(bytes: Uint8Array, mask: Uint8Array): Uint8Array {
  return bytes.map((byte, at) => byte ^ (mask[at] ?? 0));
}

function encode(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function decode(text: string): Uint8Array | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    // Not base64: simply not a token.
    return undefined;
  }
}
