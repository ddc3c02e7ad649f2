import { goJson } from './answers.ts';
import { withoutDatabase } from './faults.ts';
import type { KratosContext } from './public-url.ts';
import { store } from './store.ts';

/** `/health/alive` (`oryx/healthx/handler.go`) */
export function alive(): Response {
  return goJson({ status: 'ok' });
}

/** `/health/ready`: the one place where Kratos admits that its database is down, as an error of code 500 with status 503. */
export function ready(c: KratosContext): Response {
  return store.settings.databaseFailing
    ? withoutDatabase(c.req.raw, 503)
    : goJson({ status: 'ok' });
}
