import fc from 'fast-check';
import { base64url } from 'jose';
import { describe, expect, it } from 'vitest';
import {
  decodeBase64Url,
  decodeBase64UrlText,
  isCanonicalBase64Url,
} from '../../src/runtime/base64url.ts';
import { openCompactJws, openToken } from '../../src/tokens/compact-jws.ts';
import { JSON_TEXTS } from '../support/hostile-input/json-texts.ts';
import { encodePart } from '../support/token-issuer.ts';

/** Any UTF-16 at all, lone surrogates included. */
const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
const HEADER = { alg: 'ES256', kid: 'k', typ: 'JWT' };
const compact = (
  header: string | Uint8Array | object,
  payload: string | Uint8Array | object = {},
) => `${encodePart(header)}.${encodePart(payload)}.c2ln`;
const reasonOf = (token: string) => {
  const opened = openToken(token);
  return opened.ok ? 'opened' : opened.failure;
};

describe('isCanonicalBase64Url()', () => {
  it('accepts exactly the text that encoding the bytes again gives', () => {
    const alphabet = 'ABCZabcz0189-_';
    const near = fc.string({
      unit: fc.constantFrom(...alphabet, '=', '+', '/', ' '),
      maxLength: 12,
    });
    fc.assert(
      fc.property(fc.oneof(near, fc.string()), (text) => {
        expect(isCanonicalBase64Url(text)).toBe(encodesBackTo(text));
      }),
      { numRuns: 2000 },
    );
  });

  it('accepts the encoding of any bytes, which decodes to themselves', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        const text = base64url.encode(bytes);
        expect(isCanonicalBase64Url(text)).toBe(true);
        expect(decodeBase64Url(text)).toEqual(bytes);
      }),
    );
  });
});

describe('openToken()', () => {
  it('returns the claims, at most 64 of them and eight levels deep', () => {
    const claimsOf = (claims: object) => {
      const opened = openToken(compact(HEADER, claims));
      return opened.ok ? opened.value.claims : opened.failure;
    };
    const wide = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, index]));
    expect(claimsOf(wide(64))).toEqual(wide(64));
    expect(claimsOf(wide(65))).toBe('token_too_many_claims');
    expect(claimsOf({ a: [[[[[[[]]]]]]] })).toEqual({ a: [[[[[[[]]]]]]] });
    expect(claimsOf({ a: [[[[[[[[]]]]]]]] })).toBe('token_too_deep');
  });
});

describe('openCompactJws()', () => {
  it('returns header and payload', () => {
    const opened = openCompactJws(compact(HEADER, 'any bytes'));
    expect(opened).toMatchObject({
      ok: true,
      value: { header: { alg: 'ES256', kid: 'k', typ: 'jwt' } },
    });
    expect(opened.ok && decodeBase64UrlText(opened.value.payload)).toBe('any bytes');
  });

  it('reads typ without its prefix and without its case (RFC 7515 section 4.1.9)', () => {
    const typeOf = (typ: string) => {
      const opened = openCompactJws(compact({ ...HEADER, typ }));
      return opened.ok && opened.value.header.typ;
    };
    expect(typeOf('application/AT+JWT')).toBe('at+jwt');
    expect(typeOf('SecEvent+jwt')).toBe('secevent+jwt');
    expect(typeOf('text/application/jwt')).toBe('text/application/jwt');
  });

  it('refuses every header member but alg, kid and typ, by name', () => {
    for (const name of [
      'crit',
      'b64',
      'jku',
      'x5u',
      'x5c',
      'x5t',
      'jwk',
      'zip',
      'p2c',
      'iss',
      'ALG',
      '__proto__',
    ]) {
      const header = `{"alg":"ES256","${name}":1}`;
      expect([name, reasonOf(compact(header))]).toEqual([name, 'token_header_refused']);
    }
    expect(reasonOf(compact({ ...HEADER, cty: 'JWT' }))).toBe('token_nested');
    expect(reasonOf(compact({ ...HEADER, enc: 'A128GCM' }))).toBe('token_encrypted');
  });

  it('refuses header members of another type than text', () => {
    for (const header of [
      {},
      { alg: 1 },
      { alg: ['ES256'] },
      { alg: null },
      { ...HEADER, kid: 1 },
      { ...HEADER, kid: 'a b' },
      { ...HEADER, kid: 'x'.repeat(256) },
      { ...HEADER, typ: {} },
    ]) {
      expect(reasonOf(compact(header)), JSON.stringify(header)).toBe('token_malformed');
    }
  });

  it('reads a header of 16 members and four levels, and refuses a larger one', () => {
    const wide = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, 1]));
    expect(reasonOf(compact({ ...HEADER, cty: 'JWT', ...wide(12) }))).toBe('token_nested');
    expect(reasonOf(compact({ ...HEADER, cty: 'JWT', ...wide(13) }))).toBe('token_header_refused');
    expect(reasonOf(compact({ ...HEADER, cty: [[[]]] }))).toBe('token_nested');
    expect(reasonOf(compact({ ...HEADER, cty: [[[[]]]] }))).toBe('token_header_refused');
  });

  it('K12: treats a kid that is null or empty as absent, because it only selects a key', () => {
    for (const kid of [null, '']) {
      expect(openCompactJws(compact({ ...HEADER, kid }))).toMatchObject({
        value: { header: { alg: 'ES256', kid: undefined } },
      });
    }
  });

  it('J30: refuses a restricting header member that is null or of another type', () => {
    for (const limit of [
      { crit: null },
      { crit: [] },
      { crit: 'exp' },
      { b64: null },
      { b64: 'true' },
      { b64: true },
      { typ: null },
      { typ: '' },
      { typ: ['JWT'] },
      { alg: null },
    ]) {
      const opened = openCompactJws(compact({ ...HEADER, ...limit }));
      expect(opened.ok, JSON.stringify(limit)).toBe(false);
    }
  });

  it('refuses a token over 8 KiB before reading it', () => {
    const payload = 'x'.repeat(6144);
    const fitting = compact(HEADER, { a: payload }).slice(0, 8192);
    expect(openCompactJws(fitting).ok).toBe(false);
    expect(reasonOf('.'.repeat(8193))).toBe('token_too_long');
    const startedAt = performance.now();
    expect(reasonOf('.'.repeat(1_000_000))).toBe('token_too_long');
    expect(performance.now() - startedAt).toBeLessThan(5);
  });

  it('J16: refuses any other number of parts than three', () => {
    const [head, body] = compact(HEADER).split('.');
    for (const token of [
      '',
      '.',
      '..',
      '...',
      `${head}`,
      `${head}.${body}`,
      `${head}.${body}.c2ln.c2ln`,
      `.${body}.c2ln`,
      `${head}..c2ln`,
      '.'.repeat(8192),
    ]) {
      expect(reasonOf(token), token).toBe('token_malformed');
    }
  });

  it('accepts no hostile JSON text as a header', () => {
    for (const { name, bytes } of JSON_TEXTS) {
      const token = compact(bytes);
      if (token.startsWith('.')) continue;
      expect(['token_malformed', 'token_header_refused', 'token_too_long'], name).toContain(
        reasonOf(token),
      );
    }
  });

  it('never throws', () => {
    const segment = fc.oneof(
      fc.string({ unit: codeUnit }),
      fc.json().map((json) => encodePart(json)),
      fc.uint8Array().map((bytes) => encodePart(bytes)),
    );
    const text = fc.oneof(
      fc.string({ unit: codeUnit }),
      fc.array(segment, { maxLength: 6 }).map((parts) => parts.join('.')),
    );
    fc.assert(
      fc.property(text, (token) => void openToken(token)),
      { numRuns: 2000 },
    );
  });
});

function encodesBackTo(text: string): boolean {
  return Buffer.from(text, 'base64url').toString('base64url') === text;
}
