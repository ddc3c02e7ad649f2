import { explain } from '../errors/explanations.ts';
import type {
  Appearance,
  Asker,
  ErrorModel,
  PageInit,
  PageModels,
  PageName,
} from './page-models.ts';

let renderer: typeof import('./render-page.ts') | undefined;

async function loadRenderer(): Promise<typeof import('./render-page.ts')> {
  try {
    // Each request waits for its own promise. The runtime evaluates the module once for all requests.
    renderer ??= await import('./render-page.ts');
    return renderer;
  } catch (error) {
    throw new Error(
      `The pages for people could not be loaded (${error}). Deploy render-page.js beside worker.js, as wrangler.toml does.`,
      { cause: error },
    );
  }
}

/**
 * The pages of a site for people. The module that renders them is loaded when the first page is shown. Few requests need
 * it: the others are passed on, or come from programs.
 */
export class SitePages {
  readonly #appearance: Appearance;
  readonly #reportBug: (error: unknown) => void;
  readonly #now: () => number;

  constructor(
    appearance: Appearance,
    { reportBug, now }: { reportBug: (error: unknown) => void; now: () => number },
  ) {
    this.#appearance = appearance;
    this.#reportBug = reportBug;
    this.#now = now;
  }

  /** Renders a page, in the language and the time zone of the person who asks. Rejects if its module is missing. */
  async show<Name extends PageName>(
    name: Name,
    model: PageModels[Name],
    asker: Asker,
    init: PageInit,
  ): Promise<Response> {
    const { renderPage } = await loadRenderer();
    return renderPage(name, model, {
      asker,
      init,
      appearance: this.#appearance,
      at: new Date(this.#now()),
      reportBug: this.#reportBug,
    });
  }

  /** Renders the page of an error. If its module is missing, the page is plain, and the operator's log says why. */
  async showError(model: ErrorModel, asker: Asker, init: PageInit): Promise<Response> {
    const { reason, cause } = model;
    const explanation = explain(reason);
    const causeHint = cause && explain(cause).hint;
    try {
      return await this.show('error', { ...model, explanation, causeHint }, asker, init);
    } catch (error) {
      this.#reportBug(error);
      return plainPage(model, init);
    }
  }
}

/** Makes a page without the module. The texts of a reason have no characters to escape but quotes. */
function plainPage({ reason }: ErrorModel, { status, headers }: PageInit): Response {
  const { message, hint } = explain(reason);
  const response = new Response(
    `<!doctype html><html lang="en"><title>${message}</title><h1>${message}</h1><p>${hint}</p><p>${reason}</p></html>\n`,
    { status, headers },
  );
  response.headers.set('content-type', 'text/html; charset=utf-8');
  response.headers.set('content-security-policy', "default-src 'none'; frame-ancestors 'none'");
  return response;
}
