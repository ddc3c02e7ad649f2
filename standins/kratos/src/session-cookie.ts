import { formatGoTime } from './go-json.ts';
import { randomLetters } from './random-text.ts';
import type { Session } from './session.ts';

/** `session.cookie.name` of a self-hosted Kratos. */
export const SESSION_COOKIE_NAME = 'ory_kratos_session';

/** The values that Kratos keeps in the cookie (`session/manager_http.go` `IssueCookie`). */
export interface SessionCookieValues {
  sessionToken: string;
  expiresAt: number;
}

const COOKIE_SECRET = new TextEncoder().encode('postern-standin-kratos-cookie-secret');
const HMAC = { name: 'HMAC', hash: 'SHA-256' };
const cookieKey = await crypto.subtle.importKey('raw', COOKIE_SECRET, HMAC, false, [
  'sign',
  'verify',
]);

/**
 * The value of a session cookie: padded base64url of `timestamp|payload|mac`, as a securecookie is laid out. The
 * payload holds a random nonce, so that one session has any number of valid cookie strings. Every value ends in `=`, as
 * most of Kratos's do.
 */
export async function encodeSessionCookie(session: Session, now: number): Promise<string> {
  const value = await encodeWithNonce(session, now, 8);
  return value.endsWith('=') ? value : encodeWithNonce(session, now, 8 + 3); // of 3 letters more, the payload is 4 longer
}

async function encodeWithNonce(session: Session, now: number, length: number): Promise<string> {
  const payload = JSON.stringify({
    session_token: session.token,
    expires_at: formatGoTime(session.expiresAt),
    nonce: randomLetters(length),
  });
  const signed = `${Math.floor(now / 1000)}|${toBase64Url(new TextEncoder().encode(payload))}`;
  const mac = new Uint8Array(await crypto.subtle.sign(HMAC, cookieKey, macInput(signed)));
  return toBase64Url(new TextEncoder().encode(`${signed}|${toBase64Url(mac)}`));
}

/**
 * Returns the content of a session cookie, or undefined if it is foreign, altered, or older than
 * `maxAgeSeconds` (Kratos takes `session.lifespan` for that).
 */
export async function decodeSessionCookie(
  value: string,
  { now, maxAgeSeconds }: { now: number; maxAgeSeconds: number },
): Promise<SessionCookieValues | undefined> {
  const text = decodeText(value);
  const [timestamp = '', payload = '', mac = ''] = text?.split('|') ?? [];
  const macBytes = fromBase64Url(mac);
  if (!macBytes) return undefined;
  const signed = macInput(`${timestamp}|${payload}`);
  if (!(await crypto.subtle.verify(HMAC, cookieKey, macBytes, signed))) return undefined;
  if (Math.floor(now / 1000) - Number(timestamp) > maxAgeSeconds) return undefined;
  return parsePayload(decodeText(payload) ?? '');
}

/** The `Set-Cookie` that hands a session to a browser, attributes in Go's order. */
export async function issueSessionCookie(session: Session, now: number): Promise<string> {
  const value = await encodeSessionCookie(session, now);
  const maxAgeSeconds = Math.max(0, Math.floor((session.expiresAt - now) / 1000));
  const expires = new Date(session.expiresAt).toUTCString();
  return `${SESSION_COOKIE_NAME}=${value}; Path=/; Expires=${expires}; Max-Age=${maxAgeSeconds}; HttpOnly; SameSite=Lax`;
}

/** The `Set-Cookie` that takes the session cookie away. */
export function clearSessionCookie(): string {
  const longAgo = new Date(1000).toUTCString();
  return `${SESSION_COOKIE_NAME}=; Path=/; Expires=${longAgo}; Max-Age=0; HttpOnly; SameSite=Lax`;
}

/** Securecookie signs the cookie's name too, so that a value cannot be moved to another cookie. */
function macInput(signed: string): Uint8Array {
  return new TextEncoder().encode(`${SESSION_COOKIE_NAME}|${signed}`);
}

function parsePayload(text: string): SessionCookieValues | undefined {
  const payload: unknown = JSON.parse(text);
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { session_token: sessionToken, expires_at: expiresAt } = payload as Record<string, unknown>;
  if (typeof sessionToken !== 'string' || typeof expiresAt !== 'string') return undefined;
  return { sessionToken, expiresAt: Date.parse(expiresAt) };
}

function decodeText(base64Url: string): string | undefined {
  const bytes = fromBase64Url(base64Url);
  return bytes && new TextDecoder().decode(bytes);
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_');
}

/** With its padding, as Go's `base64.URLEncoding` demands it. */
function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]+={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  try {
    const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    // A length that base64 cannot have: simply not one of our cookies.
    return undefined;
  }
}
