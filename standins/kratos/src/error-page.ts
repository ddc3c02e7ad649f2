import { goJson, redirect, wantsJson } from './answers.ts';
import { errorDocument, type HerodotError, herodotError, noRows } from './herodot-error.ts';
import { type KratosContext, uiUrl } from './public-url.ts';
import { store } from './store.ts';

/**
 * An error of a self-service route: told to a script, kept for the error page that a browser is sent to. By its
 * status, 303, a failure then looks like a success (`selfservice/errorx/manager.go` `Forward`).
 */
export function forwardError(c: KratosContext, error: HerodotError): Response {
  if (wantsJson(c.req.raw)) return herodotError(c.req.raw, error);
  const id = crypto.randomUUID();
  store.errors.set(id, error);
  return redirect(c.req.raw, uiUrl(c, 'error', { id }));
}

/** `GET /self-service/errors?id=` (`selfservice/errorx/handler.go`) */
export function readError(c: KratosContext): Response {
  const id = c.req.query('error') || c.req.query('id') || '';
  if (id === 'stub:500') return errorContainer(c, crypto.randomUUID(), STUB);
  const error = store.errors.get(id);
  return error ? errorContainer(c, id, error) : herodotError(c.req.raw, noRows());
}

const STUB: HerodotError = { code: 500, reason: 'This is a stub error.' };
const NO_TIME = '0001-01-01T00:00:00Z';

function errorContainer(c: KratosContext, id: string, error: HerodotError): Response {
  const { error: document } = errorDocument(c.req.raw, error);
  return goJson({ id, error: document, created_at: NO_TIME, updated_at: NO_TIME });
}
