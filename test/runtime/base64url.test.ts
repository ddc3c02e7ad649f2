import { expect, it } from 'vitest';
import {
  decodeBase64UrlText,
  decodeLenientBase64,
  encodeBase64Url,
  encodeBase64UrlText,
} from '../../src/runtime/base64url.ts';

it('encodeBase64Url() is base64url without padding', () => {
  for (const length of [0, 1, 2, 3, 31, 32]) {
    const bytes = Uint8Array.from({ length }, (_, index) => 255 - index);
    expect(encodeBase64Url(bytes)).toBe(Buffer.from(bytes).toString('base64url'));
  }
});

it('encodeBase64UrlText() writes the UTF-8 bytes of any text, and decodeBase64UrlText() reads them', () => {
  for (const text of [
    '',
    'a',
    'ab',
    '{"a":"\\u007f"}',
    '\x7f',
    'é',
    '€uro',
    '👋',
    '\ufeff{}',
    '<<???>>',
  ]) {
    const written = Buffer.from(text).toString('base64url');
    expect(encodeBase64UrlText(text)).toBe(written);
    expect(decodeBase64UrlText(written)).toBe(text);
  }
});

// RFC 3629 section 3: overlong forms, surrogates, a cut sequence, and bytes that no UTF-8 has.
it('decodeBase64UrlText() refuses bytes that are not UTF-8', () => {
  for (const bytes of [[0xc0, 0xae], [0xed, 0xa0, 0x80], [0x61, 0xe2, 0x82], [0xff], [0x80]]) {
    expect(decodeBase64UrlText(Buffer.from(bytes).toString('base64url'))).toBeUndefined();
  }
});

// RFC 4648 section 10, and the alphabet of its section 5.
it('decodeLenientBase64() reads base64 and base64url, with or without padding, and nothing else', () => {
  for (const text of ['Zm9vYg==', 'Zm9vYg']) expect(decodeLenientBase64(text)).toBe('foob');
  for (const text of ['-_8=', '+/8']) expect(decodeLenientBase64(text)).toBe('\u00fb\u00ff');
  for (const text of ['A', 'Zm9v!', 'é']) expect(decodeLenientBase64(text)).toBeUndefined();
});
