import { describe, expect, it } from 'vitest';
import { chooseLanguage } from '../../src/pages/language.ts';

describe('chooseLanguage()', () => {
  it.each([
    // RFC 9110 section 12.5.4: “I prefer Danish, but will accept British English and other types of English.”
    ['da, en-gb;q=0.8, en;q=0.7', 'en'],
    // What browsers send.
    ['de-DE,de;q=0.9,en-US;q=0.8,en;q=0.7', 'de'],
    ['fr-CA', 'fr'],
    ['es-419,es;q=0.9', 'es'],
    ['pt-PT', 'pt'],
    ['ja', 'ja'],
    ['ar-EG,ar;q=0.9', 'ar'],
    // RFC 4647 section 3.4: zh-Hant-CN-x-private1-private2 is shortened until it is zh.
    ['zh-Hant-CN-x-private1-private2', 'zh'],
    ['zh-CN', 'zh'],
    // Language tags are not case-sensitive (RFC 4647 section 2).
    ['DE-de', 'de'],
    // The order of the list decides between equal weights, and a weight before the order.
    ['fr, de', 'fr'],
    ['en;q=0.5, de;q=0.9', 'de'],
    // A range that is not acceptable does not count (RFC 9110 section 12.4.2).
    ['de;q=0, fr;q=0.1', 'fr'],
    ['de;q=0.000', 'en'],
    // `*` names no language (RFC 4647 section 3.4): the default.
    ['*', 'en'],
    ['*, de;q=0.5', 'de'],
    ['it, sv', 'en'],
    ['', 'en'],
    // Not a language range, or no weight.
    ['de_DE', 'en'],
    ['de;q=2, fr;q=0.1', 'fr'],
    ['de;q=0.1234, fr;q=0.1', 'fr'],
    ['constructor, __proto__', 'en'],
  ])('%j: %s', (accepted, code) => {
    expect(chooseLanguage(accepted)).toBe(code);
  });

  it('reads no more than the first 50 ranges', () => {
    expect(chooseLanguage(`${'it, '.repeat(50)}de`)).toBe('en');
    expect(chooseLanguage(`${'it, '.repeat(49)}de`)).toBe('de');
  });

  it('takes no long time for a range of thousands of subtags', () => {
    const startedAt = performance.now();
    expect(chooseLanguage(`${'a-'.repeat(30_000)}a`)).toBe('en');
    expect(chooseLanguage(`de${'-a'.repeat(30_000)}`)).toBe('de');
    expect(performance.now() - startedAt).toBeLessThan(500);
  });
});
