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
/** Makes a value 428 characters long, as most of Kratos's are, and end in `=`. */
const PAYLOAD_BYTES = 198;

/**
 * The value of a session cookie: padded base64url of `timestamp|payload|mac`, as a securecookie is laid out. The
 * payload holds a random nonce, so that one session has any number of valid cookie strings.
 */
export function encodeSessionCookie(session: Session, now: number): Promise<string> {
  return encode({ session_token: session.token, expires_at: formatGoTime(session.expiresAt) }, now);
}

/** The value that replaces a session cookie at sign-out: as long, and it names no session. */
export function clearedSessionCookie(now: number): Promise<string> {
  return encode({}, now);
}

async function encode(values: Record<string, string>, now: number): Promise<string> {
  const { length } = JSON.stringify({ ...values, nonce: '' });
  const payload = JSON.stringify({ ...values, nonce: randomLetters(PAYLOAD_BYTES - length) });
  const signed = `${Math.floor(now / 1000)}|${toBase64Url(new TextEncoder().encode(payload))}`;
  const mac = new Uint8Array(await crypto.subtle.sign(HMAC, cookieKey, macInput(signed)));
  return toBase64Url(new TextEncoder().encode(`${signed}|${toBase64Url(mac)}`));
}

/**
 * Returns the content of a session cookie, or the reason why it has none in the words of gorilla/securecookie.
 * A cookie ends after `maxAgeSeconds` (Kratos takes `session.lifespan` for that).
 */
export async function decodeSessionCookie(
  value: string,
  { now, maxAgeSeconds }: { now: number; maxAgeSeconds: number },
): Promise<SessionCookieValues | string> {
  const bytes = fromBase64Url(value);
  if (!bytes) return notBase64(value);
  const [timestamp = '', payload = '', mac = ''] = new TextDecoder().decode(bytes).split('|');
  const macBytes = fromBase64Url(mac);
  const signed = macInput(`${timestamp}|${payload}`);
  if (!macBytes || !(await crypto.subtle.verify(HMAC, cookieKey, macBytes, signed))) {
    return 'securecookie: the value is not valid';
  }
  if (Math.floor(now / 1000) - Number(timestamp) > maxAgeSeconds) {
    return 'securecookie: expired timestamp';
  }
  const decoded = fromBase64Url(payload);
  return parsePayload(decoded ? new TextDecoder().decode(decoded) : '{}');
}

/** Go names the byte where its base64 decoder stopped: a character that is none, or the last full group of four. */
function notBase64(value: string): string {
  const at = /[^\w-]/.exec(value)?.index ?? value.length - (value.length % 4);
  return `securecookie: base64 decode failed - caused by: illegal base64 data at input byte ${at}`;
}

/** Securecookie signs the cookie's name too, so that a value cannot be moved to another cookie. */
function macInput(signed: string): Uint8Array {
  return new TextEncoder().encode(`${SESSION_COOKIE_NAME}|${signed}`);
}

/** A cookie of ours without a session has an empty token, which no session has. */
function parsePayload(text: string): SessionCookieValues {
  // What `encode` wrote, as the signature proved.
  const payload = JSON.parse(text) as { session_token?: string; expires_at?: string };
  return {
    sessionToken: payload.session_token ?? '',
    expiresAt: Date.parse(payload.expires_at ?? '1970-01-01T00:00:00Z'),
  };
}

function toBase64Url(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes))
    .replace(/\+/g, '-')
    .replace(/\//g, '_');
}

/** With its padding, as Go's `base64.URLEncoding` demands it. */
function fromBase64Url(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (!/^[\w-]*={0,2}$/.test(text) || text.length % 4 !== 0) return undefined;
  try {
    const binary = atob(text.replace(/-/g, '+').replace(/_/g, '/'));
    return Uint8Array.from(binary, (character) => character.charCodeAt(0));
  } catch {
    // A length that base64 cannot have: simply not one of our cookies.
    return undefined;
  }
}
