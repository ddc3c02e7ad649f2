import { goJson } from './answers.ts';
import { store } from './store.ts';

/** `/health/alive` (`oryx/healthx/handler.go`) */
export function alive(): Response {
  return goJson({ status: 'ok' });
}

/** `/health/ready`: the one place where Kratos admits that its database is down. */
export function ready(): Response {
  if (!store.settings.databaseFailing) return goJson({ status: 'ok' });
  return goJson(
    { errors: { database: 'dial tcp 127.0.0.1:5432: connect: connection refused' } },
    503,
  );
}
