import { expect, it } from 'vitest';
import { decodeLenientBase64, encodeBase64Url } from '../../src/runtime/base64url.ts';

it('encodeBase64Url() is base64url without padding', () => {
  for (const length of [0, 1, 2, 3, 31, 32]) {
    const bytes = Uint8Array.from({ length }, (_, index) => 255 - index);
    expect(encodeBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
  }
});

// RFC 4648 section 10, and the alphabet of its section 5.
it('decodeLenientBase64() reads base64 and base64url, with or without padding, and nothing else', () => {
  for (const text of ['Zm9vYg==', 'Zm9vYg']) expect(decodeLenientBase64(text)).toBe('foob');
  for (const text of ['-_8=', '+/8']) expect(decodeLenientBase64(text)).toBe('\u00fb\u00ff');
  for (const text of ['A', 'Zm9v!', 'é']) expect(decodeLenientBase64(text)).toBeUndefined();
});
