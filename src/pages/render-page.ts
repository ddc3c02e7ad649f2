/** Renders the pages for people. A module of its own, which `site-pages.ts` loads on demand. */

import { errorView } from './error-view.ts';
import { formatsOf } from './formats.ts';
import { chooseLanguage } from './language.ts';
import { layOut } from './layout.ts';
import { loadTexts } from './load-texts.ts';
import type { Appearance, Asker, PageInit, PageModels, PageName } from './page-models.ts';
import { sessionsView } from './sessions-view.ts';
import { signedOutView, signOutView } from './sign-out-view.ts';
import type { View, ViewContext } from './view.ts';

export interface RenderOptions {
  readonly asker: Asker;
  readonly init: PageInit;
  readonly appearance: Appearance;
  /** The time of the request. */
  readonly at: Date;
  readonly reportBug: (error: unknown) => void;
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
export async function renderPage<Name extends PageName>(
  name: Name,
  model: PageModels[Name],
  { asker, init, appearance, at, reportBug }: RenderOptions,
): Promise<Response> {
  const code = appearance.language ?? chooseLanguage(asker.headers.get('accept-language') ?? '');
  const { language, texts } = await loadTexts(code, reportBug);
  const context = { asker, init, appearance, at, language, texts, ...formatsOf(language, asker) };
  return layOut(VIEWS[name](model, context), context);
}
