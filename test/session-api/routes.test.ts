import { expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import type { ApiMethods } from '../../src/session-api/api-route.ts';
import { type SessionApiOptions, sessionApiTables } from '../../src/session-api/session-api.ts';
import { ChangeMaker } from '../../src/session-changes/change-maker.ts';

/**
 * What each route of the session API does. A route that is added stands here too, with whom it marks in
 * docs/revocation.md and a test in test/session-changes. The sessions page (`/.postern/sessions`) makes the changes of
 * `DELETE /sessions` and `DELETE /sessions/{id}`.
 */
const ROUTES: Record<string, 'read' | 'change'> = {
  'GET /sessions': 'read',
  'DELETE /sessions': 'change',
  'GET /sessions/token-exchange': 'change',
  'DELETE /sessions/:id': 'change',

  'GET /self-service/errors': 'read',
  'GET /.well-known/ory/webauthn.js': 'read',
  'GET /self-service/logout/browser': 'read',
  'GET /self-service/logout': 'change',
  'DELETE /self-service/logout/api': 'change',
  'GET /self-service/methods/oidc/callback': 'change',
  'POST /self-service/methods/oidc/callback': 'change',
  'GET /self-service/methods/oidc/callback/:provider': 'change',
  'POST /self-service/methods/oidc/callback/:provider': 'change',
  ...Object.fromEntries(
    ['login', 'registration', 'settings', 'recovery', 'verification'].flatMap((kind) => [
      [`GET /self-service/${kind}/browser`, 'read'],
      [`GET /self-service/${kind}/api`, 'read'],
      [`GET /self-service/${kind}/flows`, 'read'],
      [`GET /self-service/${kind}`, 'change'],
      [`POST /self-service/${kind}`, 'change'],
    ]),
  ),

  'GET /admin/sessions': 'read',
  'POST /admin/sessions': 'change',
  'GET /admin/sessions/:id': 'read',
  'DELETE /admin/sessions/:id': 'change',
  'PATCH /admin/sessions/:id/extend': 'change',
  'GET /admin/identities/:id/sessions': 'read',
  'DELETE /admin/identities/:id/sessions': 'change',

  'GET /zones/:zoneId/sessions': 'read',
  'GET /zones/:zoneId/sessions/:id': 'read',
  'PATCH /zones/:zoneId/sessions/:id': 'change',
  'DELETE /zones/:zoneId/sessions/:id': 'change',
};

it('R28: every route of the session API is one that changes nothing or one that is recorded', () => {
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
  const options = {
    config: config.value,
    changes: new ChangeMaker({ writer: undefined, write: () => {} }),
    fetchStore: nobody,
    fetchKratosAdmin: nobody,
    fetchKeycard: nobody,
    now: () => 0,
  } as unknown as SessionApiOptions; // the rest is not looked at until a request comes
  const found = Object.values(sessionApiTables(options)).flatMap(routesIn);
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
