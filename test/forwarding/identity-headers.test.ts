import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { encodeHeaderValue, identityHeaders } from '../../src/forwarding/identity-headers.ts';
import type { JsonObject, JsonValue } from '../../src/runtime/json.ts';
import type { Session } from '../../src/session/session.ts';
import { ODD_STRINGS } from '../support/hostile-input/odd-strings.ts';

/** Values that every HTTP parser accepts as a field value without white space (RFC 9110 section 5.5). */
const SAFE = /^[\x21-\x7e]*$/;

const sessionOf = (document: JsonObject): Session => ({
  id: 's',
  identity: { id: 'i' },
  expiresAt: 0,
  document,
});

function expectRoundTrip(text: string): void {
  const encoded = encodeHeaderValue(text);
  expect(encoded).toMatch(SAFE);
  expect(encoded).not.toMatch(/[,;"\\]/);
  expect(decodeURIComponent(encoded ?? '')).toBe(text.toWellFormed());
}

describe('encodeHeaderValue()', () => {
  it.each<[JsonValue, string | undefined]>([
    ['a@example.test', 'a@example.test'],
    ["a+b/c=d-e.f_g~h!i'j(k)l*m", "a+b/c=d-e.f_g~h!i'j(k)l*m"],
    ['a\r\nX-Admin: 1', 'a%0D%0AX-Admin%3A%201'],
    ['café', 'caf%C3%A9'],
    ['a b', 'a%20b'],
    ['a,b', 'a%2Cb'],
    ['100%', '100%25'],
    ['%2C', '%252C'],
    ['\x0b\x7f\0', '%0B%7F%00'],
    ['\ud800', '%EF%BF%BD'],
    ['', undefined],
    [null, undefined],
    [[], undefined],
    [0, '0'],
    [1.5, '1.5'],
    [true, 'true'],
    [false, 'false'],
    [['a', 'b'], 'a,b'],
    [['a,admin', 'b'], 'a%2Cadmin,b'],
    [['a@evil@corp.example'], 'a@evil@corp.example'],
    [[1, true, null, 'x'], '1,true,,x'],
    [[['a', 'b']], '%5B%22a%22%2C%22b%22%5D'],
    [{ a: 'b,c' }, '%7B%22a%22%3A%22b%2Cc%22%7D'],
  ])('H7, H8, H9: %j is %s', (value, expected) => expect(encodeHeaderValue(value)).toBe(expected));

  it('H8: encodes every odd string reversibly', () => {
    for (const bytes of ODD_STRINGS) {
      const text = Buffer.from(bytes).toString('utf8');
      if (text !== '') expectRoundTrip(text);
    }
  });

  it('H8: encodes any text reversibly, and never throws', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary', minLength: 1 }), expectRoundTrip), {
      numRuns: 5000,
    });
    const loose = fc.array(fc.integer({ min: 0, max: 0xffff }), { minLength: 1 });
    fc.assert(
      fc.property(loose, (units) => expectRoundTrip(String.fromCharCode(...units))),
      { numRuns: 5000 },
    );
  });

  it('H9: encodes a list item by item, reversibly', () => {
    const items = fc.array(fc.string({ unit: 'binary', minLength: 1 }), { minLength: 1 });
    fc.assert(
      fc.property(items, (list) => {
        const encoded = encodeHeaderValue(list) ?? '';
        expect(encoded.split(',').map(decodeURIComponent)).toEqual(
          list.map((text) => text.toWellFormed()),
        );
      }),
    );
  });

  it('gives a valid value of a Headers object for any input', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const encoded = encodeHeaderValue(value as JsonValue); // JSON by construction
        if (encoded !== undefined) expect(new Headers({ h: encoded }).get('h')).toBe(encoded);
      }),
    );
  });
});

describe('identityHeaders()', () => {
  const document: JsonObject = {
    id: 's',
    identity: { id: 'i', traits: { email: 'e', groups: ['a', 'b'], empty: '', none: null } },
    authentication_methods: [{ method: 'password' }],
  };
  const headers = (mapping: Record<string, string>, from = document) => {
    const made = identityHeaders(sessionOf(from), mapping, 4096);
    if (!made.ok) throw new Error(made.failure.detail);
    return made.value.headers;
  };

  it('returns the configured headers, in the order configured', () => {
    const mapping = {
      'X-B': 'identity.traits.groups',
      'X-A': 'identity.id',
      'X-M': 'authentication_methods.0.method',
    };
    expect(headers(mapping)).toEqual([
      ['X-B', 'a,b'],
      ['X-A', 'i'],
      ['X-M', 'password'],
    ]);
  });

  it('returns no header for an empty or missing member of the document', () => {
    for (const path of [
      'no',
      'identity.no',
      'identity.id.length',
      'identity.traits.empty',
      'identity.traits.none',
      'constructor',
      '__proto__.x',
      'toString',
      'identity.traits.groups.9',
      'identity.traits.groups.length',
    ])
      expect([path, headers({ 'X-A': path })]).toEqual([path, []]);
  });

  it('H10: drops a whole header beyond 4 KiB, and keeps those that fit', () => {
    const at = (bytes: number): JsonObject => ({ long: 'x'.repeat(bytes), short: 'y' });
    const mapping = { 'X-Long': 'long', 'X-Short': 'short' };
    const room = 4096 - 'X-Long: \r\n'.length;
    expect(headers(mapping, at(room))).toEqual([['X-Long', 'x'.repeat(room)]]);
    expect(headers(mapping, at(room + 1))).toEqual([['X-Short', 'y']]);
  });

  it('H17: never drops values of the store to make room for the name of a browser', () => {
    const from: JsonObject = {
      authenticator_assurance_level: 'aal1',
      devices: [{ user_agent: 'b'.repeat(4080) }],
    };
    const mapping = { 'X-B': 'devices.0.user_agent', 'X-Aal': 'authenticator_assurance_level' };
    expect(headers(mapping, from)).toEqual([['X-Aal', 'aal1']]);
  });

  it('H10: never returns more than 4 KiB, nor half a value', () => {
    const texts = fc.array(fc.string({ unit: 'binary', maxLength: 2000 }), { maxLength: 12 });
    fc.assert(
      fc.property(texts, (values) => {
        const from = Object.fromEntries(values.map((text, index) => [`p${index}`, text]));
        const mapping = Object.fromEntries(values.map((_, index) => [`X-${index}`, `p${index}`]));
        const given = headers(mapping, from);
        const bytes = given.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0);
        expect(bytes).toBeLessThanOrEqual(4096);
        for (const [name, value] of given)
          expect(value).toBe(encodeHeaderValue(from[`p${name.slice(2)}`] ?? null));
      }),
      { numRuns: 200 },
    );
  });
});
