import { LANGUAGES, type Language, type LanguageCode } from './language.ts';
import { ENGLISH, type Texts } from './texts.ts';

let languages: typeof import('./languages.ts') | undefined;

/** Returns a language and its texts: English if the module of the other languages is missing, which is reported. */
export async function loadTexts(
  code: LanguageCode,
  reportBug: (error: unknown) => void,
): Promise<{ readonly language: Language; readonly texts: Texts }> {
  const english = { language: LANGUAGES.en, texts: ENGLISH };
  if (code === 'en') return english;
  try {
    // Each request waits for its own promise. The runtime evaluates the module once for all requests.
    languages ??= await import('./languages.ts');
    return { language: LANGUAGES[code], texts: languages.TRANSLATIONS[code] };
  } catch (error) {
    const missing = `The languages of the pages could not be loaded (${error}). Deploy languages.js beside worker.js, as wrangler.toml does.`;
    reportBug(new Error(missing, { cause: error }));
    return english;
  }
}
