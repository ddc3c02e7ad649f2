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
export function decodeBase64Url(text: string): Uint8Array<ArrayBuffer> {
  return bytesOf(decodeBinary(text));
}

const ASCII = /^[\0-\x7f]*$/;
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();

/**
 * Decodes text that is known to be canonical base64url to the UTF-8 text in it, a byte order mark included; `undefined`
 * if its bytes are not UTF-8. ASCII, which almost every token is, needs no second decoder.
 */
export function decodeBase64UrlText(text: string): string | undefined {
  const binary = decodeBinary(text);
  if (ASCII.test(binary)) return binary;
  try {
    return decoder.decode(bytesOf(binary));
  } catch {
    return undefined;
  }
}

/** Encodes the UTF-8 bytes of a text, without padding. */
export function encodeBase64UrlText(text: string): string {
  return ASCII.test(text) ? asBase64Url(btoa(text)) : encodeBase64Url(encoder.encode(text));
}

/** Decodes to one character for each byte. */
function decodeBinary(text: string): string {
  return atob(text.replaceAll('-', '+').replaceAll('_', '/'));
}

function bytesOf(binary: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(binary.length);
  for (let index = 0; index < binary.length; index += 1) bytes[index] = binary.charCodeAt(index);
  return bytes;
}

/** Encodes bytes, without padding. */
export function encodeBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (let index = 0; index < bytes.length; index += 1) {
    binary += String.fromCharCode(bytes[index] ?? 0); // spreading the bytes costs ten times as much
  }
  return asBase64Url(btoa(binary));
}

function asBase64Url(base64: string): string {
  return base64.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
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
