/**
 * The effect of each route of the session API. A new route is added here too, its marks in docs/revocation.md, and a
 * test in test/session-changes. The sessions page (`/.postern/sessions`) makes the changes of
 * `DELETE /sessions` and `DELETE /sessions/{id}`.
 */
export const ROUTES: Record<string, 'read' | 'change'> = {
  'GET /sessions': 'read',
  'DELETE /sessions': 'change',
  'GET /sessions/token-exchange': 'change',
  'DELETE /sessions/:id': 'change',

  'GET /self-service/errors': 'read',
  'DELETE /self-service/login/test': 'change',
  'GET /.well-known/change-password': 'read',
  'GET /.well-known/ory/webauthn.js': 'read',
  'GET /self-service/logout/browser': 'read',
  'GET /self-service/logout': 'change',
  'DELETE /self-service/logout/api': 'change',
  'GET /self-service/methods/oidc/callback': 'change',
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

/** The routes that are recorded, as `METHOD /path`. */
export const CHANGING_ROUTES: readonly string[] = Object.keys(ROUTES).filter(
  (route) => ROUTES[route] === 'change',
);
