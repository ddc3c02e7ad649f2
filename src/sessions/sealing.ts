import type { CredentialName } from '../credentials/credential-name.ts';
import { readKratosSession } from '../providers/kratos/kratos-session.ts';
import { parseObject } from '../runtime/json.ts';
import type { CheckedSession } from './resolution.ts';

const VERSION = 2;
const NONCE_BYTES = 12;
const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Seals a session for KV with AES-256-GCM. The key is derived from the credential (HKDF-SHA-256). The value is bound
 * to the name under which KV stores it. A reader of KV learns nothing without the credential. A writer to KV can only
 * cause misses.
 *
 * Layout: one byte of format version, 12 bytes of nonce, then the ciphertext with its tag.
 */
export async function seal(
  checked: CheckedSession,
  name: CredentialName,
  credentialValue: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { body, checkedAt, logPosition, cacheForSeconds } = checked;
  const facts = { checkedAt, logPosition, cacheForSeconds, body };
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
  name: CredentialName,
  credentialValue: string,
  issuer: string,
): Promise<CheckedSession | undefined> {
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

function readPlain(text: string, issuer: string): CheckedSession | undefined {
  const stored = parseObject(text);
  if (stored === undefined) return undefined;
  const { body, checkedAt, logPosition, cacheForSeconds } = stored;
  if (typeof body !== 'string' || typeof checkedAt !== 'number') return undefined;
  if (typeof logPosition !== 'number') return undefined;
  if (cacheForSeconds !== undefined && typeof cacheForSeconds !== 'number') return undefined;
  const read = readKratosSession(body, issuer);
  return read.kind === 'active'
    ? { session: read.session, body, checkedAt, logPosition, cacheForSeconds }
    : undefined;
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
