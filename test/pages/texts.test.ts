import { describe, expect, it } from 'vitest';
import { LANGUAGES } from '../../src/pages/language.ts';
import { TRANSLATIONS } from '../../src/pages/languages.ts';
import { ENGLISH, type TextKey } from '../../src/pages/texts.ts';

const keysOf = (texts: object) => Object.keys(texts) as TextKey[];
const placeholders = (text: string) => (text.match(/\{\w+\}/g) ?? []).toSorted();

/** Words that are the same in English. */
const SAME_AS_ENGLISH: Readonly<Record<string, readonly TextKey[]>> = {
  de: ['details', 'code', 'unknownBrowser'],
  fr: ['code', 'sessions'],
};
/** The script of each language that is not Latin. */
const SCRIPTS: Readonly<Record<string, RegExp>> = {
  ja: /[\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Han}]/u,
  zh: /\p{Script=Han}/u,
  ar: /\p{Script=Arabic}/u,
};

describe('the texts of the pages', () => {
  it('are in eight languages', () => {
    expect(Object.keys(LANGUAGES).toSorted()).toEqual(
      ['en', 'de', 'fr', 'es', 'pt', 'ja', 'zh', 'ar'].toSorted(),
    );
    expect(Object.keys(TRANSLATIONS).toSorted()).toEqual(
      Object.keys(LANGUAGES)
        .filter((code) => code !== 'en')
        .toSorted(),
    );
  });

  describe.each(Object.entries(TRANSLATIONS))('in %s', (code, texts) => {
    it('are complete: the keys and the placeholders of the English ones', () => {
      expect(Object.keys(texts)).toEqual(Object.keys(ENGLISH));
      for (const key of keysOf(ENGLISH)) {
        expect([key, placeholders(texts[key])]).toEqual([key, placeholders(ENGLISH[key])]);
        expect(texts[key].trim()).not.toBe('');
      }
    });

    it('are translated', () => {
      const same = keysOf(ENGLISH).filter((key) => texts[key] === ENGLISH[key]);
      expect(same.toSorted()).toEqual([...(SAME_AS_ENGLISH[code] ?? [])].toSorted());
      const script = SCRIPTS[code];
      // The texts around placeholders may be a bracket or nothing.
      const written = keysOf(texts).filter((key) => key !== 'numbered');
      if (script) expect(written.filter((key) => !script.test(texts[key]))).toEqual([]);
    });
  });
});
