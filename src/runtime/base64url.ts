// Pure: no I/O, no clock.

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BASE64URL = /^[A-Za-z0-9_-]*$/;

/**
 * Returns whether text is base64url exactly as RFC 7515 section 2 writes it: no padding, no white space, no bits
 * left over. Such a text is the only one for its bytes: encoding the bytes again gives the same text.
 */
export function isCanonicalBase64Url(text: string): boolean {
  if (!BASE64URL.test(text)) return false;
  const remainder = text.length % 4;
  if (remainder === 0) return true;
  if (remainder === 1) return false;
  const last = ALPHABET.indexOf(text[text.length - 1] ?? '');
  return last % (remainder === 2 ? 16 : 4) === 0;
}

/** Decodes text that is known to be canonical base64url. */
export function decodeBase64Url(text: string): Uint8Array {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Encodes bytes, without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/**
 * Decodes base64 or base64url, with or without padding, to one character for each byte. `undefined` if the text is
 * neither.
 */
export function decodeLenientBase64(text: string): string | undefined {
  try {
    return atob(text.replaceAll('-', '+').replaceAll('_', '/').replaceAll('=', ''));
  } catch {
    return undefined; // only atob() can fail here
  }
}
