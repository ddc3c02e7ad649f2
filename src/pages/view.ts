// No I/O, no clock.
import type { html } from 'hono/html';
import type { Formats } from './formats.ts';
import type { Language } from './language.ts';
import type { Appearance, Asker, PageInit } from './page-models.ts';
import type { Texts } from './texts.ts';

export type Markup = ReturnType<typeof html>;

/** The content of a page. */
export interface View {
  /** Plain text; it is escaped. */
  readonly title: string;
  readonly main: Markup;
  /** Whether the page sends forms to its own origin. */
  readonly hasForm?: boolean;
  /** Whether the page has a list, which needs more room than a message. */
  readonly isWide?: boolean;
  /** The URL to which the browser goes by itself, and after how many seconds. The page itself, if `url` is missing. */
  readonly refresh?: { readonly seconds: number; readonly url?: string } | undefined;
}

export interface LayoutOptions {
  readonly appearance: Appearance;
  readonly language: Language;
  readonly texts: Texts;
  readonly init: PageInit;
}

/** What every view is made with. */
export interface ViewContext extends LayoutOptions, Formats {
  readonly asker: Asker;
  /** The time of the request. */
  readonly at: Date;
}
