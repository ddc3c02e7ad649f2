/** A signed message in the form of Standard Webhooks (`webhook-id`, `webhook-timestamp`, `webhook-signature`). */
export interface SignedMessage {
  readonly id: string;
  /** Whole seconds since the epoch, as sent. */
  readonly timestamp: string;
  readonly body: string;
  /** `v1,<base64>`. A sender that is changing its secret sends several, separated by spaces. */
  readonly signatures: string;
}

const MAX_SIGNATURES = 4;
const encoder = new TextEncoder();

/**
 * Returns whether one of the signatures is HMAC-SHA-256 over `id.timestamp.body` with one of the secrets. The platform
 * compares each signature in constant time. Every pair is tried, so that the time does not tell which secret fits.
 */
export async function isSigned(
  message: SignedMessage,
  secrets: readonly string[],
): Promise<boolean> {
  const signed = encoder.encode(`${message.id}.${message.timestamp}.${message.body}`);
  const signatures = message.signatures.split(' ').slice(0, MAX_SIGNATURES).map(readSignature);
  let isGood = false;
  for (const secret of secrets) {
    const key = await importSecret(secret);
    for (const signature of signatures) {
      if (signature === undefined) continue;
      if (await crypto.subtle.verify('HMAC', key, signature, signed)) isGood = true;
    }
  }
  return isGood;
}

/** Imports a secret: the decoded bytes after `whsec_`, as in Standard Webhooks, or else the bytes of the whole text. */
function importSecret(secret: string): Promise<CryptoKey> {
  const decoded = secret.startsWith('whsec_') ? decodeBase64(secret.slice(6)) : undefined;
  const bytes = decoded ?? encoder.encode(secret);
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
    'verify',
  ]);
}

function readSignature(text: string): Uint8Array<ArrayBuffer> | undefined {
  return text.startsWith('v1,') ? decodeBase64(text.slice(3)) : undefined;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return undefined; // not base64, so not a signature either
  }
}
