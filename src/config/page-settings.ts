// No I/O, no clock.
import * as v from 'valibot';
import { LANGUAGES, type LanguageCode } from '../pages/language.ts';
import { isTemplate, PARTS } from '../pages/template.ts';
import { pageUrl } from './setting-types.ts';

const NAME = 'a name of 1 to 60 characters on one line';
const COLOR = 'a colour as #rrggbb, such as #0f766e';
const SUPPORT = 'an https URL, or an address as mailto:help@example.com';
const TEMPLATE = `HTML that has {{content}} once, and no placeholders but ${PARTS.map((part) => `{{${part}}}`).join(', ')}`;
const CODES = Object.keys(LANGUAGES) as LanguageCode[]; // the table's own keys

/** Settings of the pages for people: how they look, and in which language they are. */
export const PAGE_SETTINGS = {
  /** The site’s name, on top of every page and in its title. Default: the host of `PUBLIC_URL`. */
  SITE_NAME: v.optional(v.pipe(v.string(NAME), v.regex(/^[^\p{Cc}\s][^\p{Cc}]{0,59}$/u, NAME))),
  /**
   * The URL of the site’s logo, which stands on top of every page in place of the name. It is shown at most 48 pixels
   * high, on light and on dark ground. An image at the site itself needs a rule with `session = "none"`.
   */
  SITE_LOGO_URL: v.optional(pageUrl()),
  /**
   * The colour of the buttons, as `#rrggbb`. The text on them is black or white, whichever has the greater contrast,
   * which is at least 4.5:1 on every colour.
   */
  SITE_ACCENT_COLOR: v.optional(v.pipe(v.string(COLOR), v.regex(/^#[0-9a-f]{6}$/i, COLOR))),
  /** A link to help for people, on every page: an https URL, or an address as `mailto:help@example.com`. */
  SITE_SUPPORT_URL: v.optional(
    v.pipe(
      v.string(SUPPORT),
      v.maxLength(2048, SUPPORT),
      v.check((text) => ['https:', 'mailto:'].includes(URL.parse(text)?.protocol ?? ''), SUPPORT),
    ),
  ),
  /**
   * HTML of your own around the content of every page, with placeholders such as `{{content}}`: [pages for
   * people](pages.md#a-template-of-your-own). Cloudflare takes at most 5 KB as a variable.
   */
  PAGE_TEMPLATE: v.optional(v.pipe(v.string(TEMPLATE), v.check(isTemplate, TEMPLATE))),
  /**
   * The language of every page: `en`, `de`, `fr`, `es`, `pt`, `ja`, `zh` or `ar`. Default: the one of these that the
   * browser asks for (`Accept-Language`), or English.
   */
  SITE_LANGUAGE: v.optional(v.picklist(CODES, `one of ${CODES.join(', ')}`)),
} as const;
