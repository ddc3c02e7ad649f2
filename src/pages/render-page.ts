/** Renders the pages for people. A module of its own, which `site-pages.ts` loads on demand. No I/O, no clock. */

import { errorView } from './error-view.ts';
import { formatsOf } from './formats.ts';
import { layOut } from './layout.ts';
import type { Appearance, Asker, PageInit, PageModels, PageName } from './page-models.ts';
import { sessionsView } from './sessions-view.ts';
import { signedOutView, signOutView } from './sign-out-view.ts';
import { ENGLISH } from './texts.ts';
import type { View, ViewContext } from './view.ts';

export interface RenderOptions {
  readonly asker: Asker;
  readonly init: PageInit;
  readonly appearance: Appearance;
}

type Views = {
  readonly [Name in PageName]: (model: PageModels[Name], context: ViewContext) => View;
};

const VIEWS: Views = {
  error: errorView,
  sessions: sessionsView,
  'sign-out': signOutView,
  'signed-out': signedOutView,
};

/** Renders a page. */
export function renderPage<Name extends PageName>(
  name: Name,
  model: PageModels[Name],
  { asker, init, appearance }: RenderOptions,
): Promise<Response> {
  const language = { tag: 'en', direction: 'ltr' } as const;
  const texts = ENGLISH;
  const context = { asker, init, appearance, language, texts, ...formatsOf(language, asker) };
  return layOut(VIEWS[name](model, context), context);
}
