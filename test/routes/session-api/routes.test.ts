import { expect, it } from 'vitest';
import { createServices } from '../../../src/app/compose.ts';
import { sessionApiTables } from '../../../src/app/compose-session-api.ts';
import { readConfig } from '../../../src/config/config.ts';
import type { ApiMethods } from '../../../src/session-changes/api-route.ts';
import { ROUTES } from './routes.ts';

it('R28: every route of the session API either changes nothing or is recorded', () => {
  const config = readConfig({
    PUBLIC_URL: 'https://app.example.test',
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    KRATOS_ADMIN_URL: 'https://kratos-admin.example.test',
    KEYCARD_API_URL: 'https://keycard.example.test',
    KEYCARD_ZONES: ['zone-1'],
    ADMIN_SECRETS: ['correct-horse-battery-staple-0123456789'],
    SELF_SERVICE: true,
    REVOCATION: 'off',
  });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  const nobody = () => Promise.reject(new Error('nothing is asked for a list of routes'));
  const services = createServices(config.value, {
    kv: undefined,
    openLog: undefined,
    fetchers: { kratos: nobody, kratosAdmin: nobody, keycard: nobody, keys: nobody },
    fetchOrigin: undefined,
    now: () => 0,
    random: () => 0,
    report: () => {},
    metrics: undefined,
  });
  const { kratos, keycard } = sessionApiTables(config.value, services);
  const tables = [kratos?.publicApi, kratos?.selfService, kratos?.admin, keycard];
  const found = tables.flatMap((table) => routesIn(table ?? {}));
  expect(Object.fromEntries(found)).toEqual(ROUTES);
});

function routesIn(table: Record<string, ApiMethods>): [string, string][] {
  return Object.entries(table).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]): [string, string] => [
      `${method} ${path}`,
      route.kind,
    ]),
  );
}
