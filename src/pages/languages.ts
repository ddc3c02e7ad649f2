/** The texts in the languages other than English. A module of its own, which `load-texts.ts` loads on demand. */
import type { LanguageCode } from './language.ts';
import type { Texts } from './texts.ts';
import { ARABIC } from './texts-ar.ts';
import { GERMAN } from './texts-de.ts';
import { SPANISH } from './texts-es.ts';
import { FRENCH } from './texts-fr.ts';
import { JAPANESE } from './texts-ja.ts';
import { PORTUGUESE } from './texts-pt.ts';
import { CHINESE } from './texts-zh.ts';

export const TRANSLATIONS: Readonly<Record<Exclude<LanguageCode, 'en'>, Texts>> = {
  de: GERMAN,
  fr: FRENCH,
  es: SPANISH,
  pt: PORTUGUESE,
  ja: JAPANESE,
  zh: CHINESE,
  ar: ARABIC,
};
