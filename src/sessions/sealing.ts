import { readKratosSession } from '../providers/kratos/kratos-session.ts';
import { parseObject } from '../runtime/json.ts';
import { wholeText } from '../session/compact-text.ts';
import type { CheckedSession } from './resolution.ts';

/** A session as isolates share it, with what a location knows of its copies. */
export interface SharedSession {
  readonly checked: CheckedSession;
  /**
   * When the first check of this session in this location started, in milliseconds since the epoch. The checks since
   * then followed each other while the one before was still usable.
   */
  readonly knownSince: number;
  /** When this location last wrote the session to KV, in milliseconds since the epoch; `undefined`: not yet. */
  readonly kvWrittenAt: number | undefined;
}

const VERSION = 2;
const NONCE_BYTES = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Seals a session for a place that isolates share, with AES-256-GCM. The key is derived from the credential
 * (HKDF-SHA-256). The value is bound to the place and to the name under which it lies there. A reader of the place
 * learns nothing without the credential. A writer to the place can only cause misses.
 *
 * Layout: one byte of format version, 12 bytes of nonce, then the ciphertext with its tag.
 *
 * @param name the sealing name of the place (`sealingName`)
 */
export async function seal(
  { checked, knownSince, kvWrittenAt }: SharedSession,
  name: string,
  credentialValue: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { checkedAt, logPosition, cacheForSeconds } = checked;
  const body = wholeText(checked.body);
  const facts = { checkedAt, logPosition, cacheForSeconds, knownSince, kvWrittenAt, body };
  return sealText(JSON.stringify(facts), name, credentialValue);
}

/**
 * Opens a sealed value. Returns `undefined` unless `seal` made exactly this value for this name and this credential.
 * A value that was changed, swapped, cut short or made by another version is therefore not opened.
 *
 * @param issuer the issuer of the store's sessions
 */
export async function unseal(
  sealed: Uint8Array<ArrayBuffer>,
  name: string,
  credentialValue: string,
  issuer: string,
): Promise<SharedSession | undefined> {
  const text = await unsealText(sealed, name, credentialValue);
  return text === undefined ? undefined : readPlain(text, issuer);
}

/** Seals any text under a name and a secret. */
export async function sealText(
  text: string,
  name: string,
  secret: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const nonce = crypto.getRandomValues(new Uint8Array(NONCE_BYTES));
  const key = await deriveKey(secret, name);
  const cipher = await crypto.subtle.encrypt(aesGcm(nonce, name), key, encoder.encode(text));
  const sealed = new Uint8Array(1 + NONCE_BYTES + cipher.byteLength);
  sealed[0] = VERSION;
  sealed.set(nonce, 1);
  sealed.set(new Uint8Array(cipher), 1 + NONCE_BYTES);
  return sealed;
}

/** Opens a sealed text. Returns `undefined` unless `sealText` made this value with this name and secret. */
export async function unsealText(
  sealed: Uint8Array<ArrayBuffer>,
  name: string,
  secret: string,
): Promise<string | undefined> {
  if (sealed[0] !== VERSION || sealed.byteLength <= 1 + NONCE_BYTES) return undefined;
  const nonce = sealed.subarray(1, 1 + NONCE_BYTES);
  const key = await deriveKey(secret, name);
  try {
    const cipher = sealed.subarray(1 + NONCE_BYTES);
    return decoder.decode(await crypto.subtle.decrypt(aesGcm(nonce, name), key, cipher));
  } catch {
    return undefined; // OperationError: the tag does not fit. TypeError: not UTF-8.
  }
}

function readPlain(text: string, issuer: string): SharedSession | undefined {
  const stored = parseObject(text);
  if (stored === undefined) return undefined;
  const { body, checkedAt, logPosition, cacheForSeconds, kvWrittenAt } = stored;
  if (typeof body !== 'string' || typeof checkedAt !== 'number') return undefined;
  const { knownSince = checkedAt } = stored;
  if (typeof logPosition !== 'number' || typeof knownSince !== 'number') return undefined;
  if (cacheForSeconds !== undefined && typeof cacheForSeconds !== 'number') return undefined;
  if (kvWrittenAt !== undefined && typeof kvWrittenAt !== 'number') return undefined;
  const read = readKratosSession(body, issuer);
  if (read.kind !== 'active') return undefined;
  const { session, body: kept } = read;
  const checked = { session, body: kept, checkedAt, logPosition, cacheForSeconds };
  return { checked, knownSince, kvWrittenAt };
}

function aesGcm(nonce: Uint8Array<ArrayBuffer>, name: string) {
  return { name: 'AES-GCM', iv: nonce, additionalData: encoder.encode(`${VERSION}|${name}`) };
}

async function deriveKey(secret: string, name: string): Promise<CryptoKey> {
  const material = await crypto.subtle.importKey('raw', encoder.encode(secret), 'HKDF', false, [
    'deriveKey',
  ]);
  const info = encoder.encode(`seal|${name}`);
  const derivation = { name: 'HKDF', hash: 'SHA-256', salt: new Uint8Array(32), info };
  const usage = { name: 'AES-GCM', length: 256 };
  return crypto.subtle.deriveKey(derivation, material, usage, false, ['encrypt', 'decrypt']);
}
