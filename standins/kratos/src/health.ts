import { goJson } from './answers.ts';
import { CONNECTION_REFUSED } from './faults.ts';
import { herodotError } from './herodot-error.ts';
import type { KratosContext } from './public-url.ts';
import { store } from './store.ts';

/** `/health/alive` (`oryx/healthx/handler.go`) */
export function alive(): Response {
  return goJson({ status: 'ok' });
}

/**
 * `/health/ready`: the one place where Kratos admits that its database is down, as an error of code 500 with status
 * 503. Its probe needs no table, so that statements which time out leave it at 200.
 */
export function ready(c: KratosContext): Response {
  if (!store.settings.databaseFailing) return goJson({ status: 'ok' });
  const answer = herodotError(c.req.raw, { code: 500, message: CONNECTION_REFUSED });
  return new Response(answer.body, { status: 503, headers: answer.headers });
}

/** `/admin/version`, as a build from the source without a release says it. */
export function version(): Response {
  return goJson({ version: 'master' });
}
