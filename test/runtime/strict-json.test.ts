import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { decodeBase64UrlText } from '../../src/runtime/base64url.ts';
import { holdsFiniteNumbers, parseStrictText } from '../../src/runtime/strict-json.ts';
import { JSON_TEXTS } from '../support/hostile-input/json-texts.ts';

/** Any UTF-16 at all, lone surrogates included. */
const codeUnit = fc.integer({ min: 0, max: 0xffff }).map((code) => String.fromCharCode(code));
const MALFORMED = { ok: false, failure: 'malformed' };
const BOUNDS = { maxDepth: 8, maxMembers: 64 };
const objectIn = (text: string) => {
  const read = parseStrictText(text, BOUNDS);
  return read.ok ? read.value : undefined;
};
/** Reads bytes as a token carries them. */
const readBytes = (bytes: Uint8Array) => {
  const text = decodeBase64UrlText(Buffer.from(bytes).toString('base64url'));
  return text === undefined ? MALFORMED : parseStrictText(text, BOUNDS);
};
const bytesOf = (text: string) => new TextEncoder().encode(text);

describe('parseStrictText()', () => {
  it('reads a plain object', () => {
    const text = ' {"a" : [1, {"b": "\\"}{"}], "c\\u0041": null} ';
    expect(readBytes(bytesOf(text))).toEqual({ ok: true, value: JSON.parse(text) });
  });

  it('refuses a repeated name, at any level and in any spelling', () => {
    for (const text of [
      '{"a":1,"a":1}',
      '{"a":1,"\\u0061":1}',
      '{"x":{"a":1,"b":{},"a":2}}',
      '{"x":[{"a":1,"a" :2}]}',
      '{"__proto__":1,"__proto__":2}',
      '{"":1,"":2}',
    ]) {
      expect(parseStrictText(text, BOUNDS), text).toEqual(MALFORMED);
    }
  });

  it('accepts the same name at different places, and as a value', () => {
    for (const text of [
      '{"a":{"a":1},"b":[{"a":1},{"a":2}]}',
      '{"a":"a","b":"a"}',
      '{"a":["a","a"]}',
    ]) {
      expect(objectIn(text), text).toEqual(JSON.parse(text));
    }
  });

  it('refuses text that is not an object, not UTF-8, or begins with a byte order mark', () => {
    for (const text of ['[]', '"a"', '1', 'null', 'true', '', '\ufeff{}', '{} {}']) {
      expect(readBytes(bytesOf(text)), text).toEqual(MALFORMED);
    }
    const overlong = Uint8Array.of(0x7b, 0x22, 0xc0, 0xae, 0x22, 0x3a, 0x31, 0x7d);
    expect(readBytes(overlong)).toEqual(MALFORMED);
  });

  it('refuses objects deeper or wider than allowed, without recursion', () => {
    const nested = (depth: number) => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
    expect(objectIn(nested(8))).toBeDefined();
    const tooDeep = { ok: false, failure: 'too-deep' };
    expect(parseStrictText(nested(9), BOUNDS)).toEqual(tooDeep);
    expect(parseStrictText('['.repeat(1_000_000), BOUNDS)).toEqual(tooDeep);
    const wide = (count: number) =>
      JSON.stringify(Object.fromEntries(Array.from({ length: count }, (_, i) => [`n${i}`, i])));
    expect(objectIn(wide(64))).toBeDefined();
    expect(parseStrictText(wide(65), BOUNDS)).toEqual({ ok: false, failure: 'too-many-members' });
  });

  it('reads every valid object of the hostile texts, and refuses all others', () => {
    let accepted = 0;
    for (const { name, verdict, flaw, bytes } of JSON_TEXTS) {
      const read = readBytes(bytes);
      const isObject = Buffer.from(bytes).toString().trimStart().startsWith('{');
      // RFC 7515 section 4: names are unique. RFC 8259 section 8.1: UTF-8, without a byte order mark.
      const isGood = verdict === 'valid' && isObject && flaw === undefined;
      if (isGood) {
        accepted += 1;
        expect([name, read]).toEqual([
          name,
          { ok: true, value: JSON.parse(Buffer.from(bytes).toString()) },
        ]);
      } else if (verdict !== 'either' || flaw !== undefined || !isObject) {
        expect([name, read.ok]).toEqual([name, false]);
      }
    }
    expect(accepted).toBeGreaterThan(50);
  });

  it('gives the value of JSON.parse, or refuses the text', () => {
    const json = fc.json({ maxDepth: 2 });
    fc.assert(
      fc.property(fc.oneof(json, fc.string({ unit: codeUnit })), (text) => {
        const read = parseStrictText(text, { maxDepth: 50, maxMembers: 1000 });
        if (read.ok) expect(read.value).toEqual(JSON.parse(text));
      }),
    );
  });

  it('accepts every object that a JSON writer writes, and refuses it with a repeated member', () => {
    const object = fc.dictionary(fc.string({ unit: codeUnit }), fc.jsonValue({ maxDepth: 2 }), {
      minKeys: 1,
      maxKeys: 20,
    });
    fc.assert(
      fc.property(object, fc.nat(), (value, pick) => {
        const text = JSON.stringify(value);
        expect(objectIn(text)).toEqual(JSON.parse(text));
        const names = Object.keys(value);
        const name = JSON.stringify(names[pick % names.length]);
        expect(parseStrictText(`${text.slice(0, -1)},${name}:1}`, BOUNDS)).toEqual(MALFORMED);
      }),
    );
  });
});

test('holdsFiniteNumbers() finds numbers that are too large for a double, at any place', () => {
  for (const text of ['{"a":1e999}', '{"a":{"b":[0,-1e999]}}', `{"a":${'9'.repeat(310)}}`]) {
    expect(holdsFiniteNumbers(JSON.parse(text)), text).toBe(false);
  }
  for (const text of ['{"a":1e308,"b":null}', '{"a":[-1e-999]}', '{"a":"1e999"}']) {
    expect(holdsFiniteNumbers(JSON.parse(text)), text).toBe(true);
  }
});
