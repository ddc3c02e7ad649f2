import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compactText, wholeText } from '../../src/session/compact-text.ts';

describe('compactText()', () => {
  it.each(['', '{"name":"Zoë Ñuñez ÿ"}'])('keeps a text of Latin-1: %j', (text) => {
    expect(compactText(text)).toBe(text);
  });

  it.each([
    ['Ł', [0xc5, 0x81]],
    ['ж', [0xd0, 0xb6]],
    ['愛', [0xe6, 0x84, 0x9b]],
    ['🙂', [0xf0, 0x9f, 0x99, 0x82]],
    ['\ufeffа', [0xef, 0xbb, 0xbf, 0xd0, 0xb0]],
  ])('keeps any other text as UTF-8 (RFC 3629): %j', (text, bytes) => {
    expect(compactText(text)).toEqual(new Uint8Array(bytes));
  });

  it('is reversed by wholeText()', () => {
    for (const unit of ['binary', 'binary-ascii', 'grapheme'] as const)
      fc.assert(
        fc.property(fc.string({ unit, maxLength: 50 }), (text) => {
          expect(wholeText(compactText(text))).toBe(text);
        }),
        { numRuns: 500 },
      );
  });
});
