// No I/O, no clock.

export interface Language {
  /** The language tag (RFC 5646), for `lang` and `Content-Language`. */
  readonly tag: string;
  readonly direction: 'ltr' | 'rtl';
  /** The locale for times and numbers. */
  readonly locale: string;
}

/** The languages of the pages, by the code that a browser asks for. */
export const LANGUAGES = {
  // English dates are written day first: month first would be read wrong by most.
  en: { tag: 'en', direction: 'ltr', locale: 'en-GB' },
  de: { tag: 'de', direction: 'ltr', locale: 'de' },
  fr: { tag: 'fr', direction: 'ltr', locale: 'fr' },
  es: { tag: 'es', direction: 'ltr', locale: 'es' },
  pt: { tag: 'pt-BR', direction: 'ltr', locale: 'pt-BR' },
  ja: { tag: 'ja', direction: 'ltr', locale: 'ja' },
  zh: { tag: 'zh-Hans', direction: 'ltr', locale: 'zh-Hans' },
  // With the digits of the codes on the page.
  ar: { tag: 'ar', direction: 'rtl', locale: 'ar-u-nu-latn' },
} as const satisfies Readonly<Record<string, Language>>;

export type LanguageCode = keyof typeof LANGUAGES;

/** No browser sends as many. */
const MAX_RANGES = 50;

/**
 * Chooses the language for an `Accept-Language` (RFC 9110 section 12.5.4), by lookup (RFC 4647 section 3.4): the ranges
 * in the order of their weights, each shortened to its first subtag, because every language of the pages is one subtag.
 * English otherwise.
 */
export function chooseLanguage(accepted: string): LanguageCode {
  const ranges = accepted
    .split(',')
    .slice(0, MAX_RANGES)
    .flatMap(readRange)
    .toSorted((one, other) => other.weight - one.weight);
  for (const { range } of ranges) {
    const found = lookUp(range);
    if (found !== undefined) return found;
  }
  return 'en';
}

function readRange(text: string): { range: string; weight: number }[] {
  const parts = /^\s*([a-z0-9-]+)\s*(?:;\s*q\s*=\s*(1(?:\.0{0,3})?|0(?:\.\d{0,3})?)\s*)?$/i.exec(
    text,
  );
  const [, range = '', weight = '1'] = parts ?? [];
  return range === '' || Number(weight) === 0
    ? [] // not acceptable, or no language range; `*` names no language
    : [{ range: range.toLowerCase(), weight: Number(weight) }];
}

function lookUp(range: string): LanguageCode | undefined {
  const [code = ''] = range.split('-', 1); // a client can send thousands of subtags
  return isLanguageCode(code) ? code : undefined;
}

export function isLanguageCode(text: string): text is LanguageCode {
  return Object.hasOwn(LANGUAGES, text);
}
