// No I/O, no clock.

/** The body of an answer: the name of a schema, `page` for a page of HTML, or `none`. */
export type Body = string;

/** One method of a path. */
export interface Operation {
  readonly summary: string;
  readonly tag: 'whoami' | 'health' | 'people' | 'documents' | 'events' | 'proxies' | 'session API';
  /** Bodies by status. Errors (`4XX`, `5XX`) are added to each. */
  readonly answers: Readonly<Record<number, Body>>;
  /** The setting without which the path does not exist. */
  readonly needs?: string;
}

type Operations = Readonly<Record<string, Operation>>;

const page = (summary: string, needs?: string): Operation => ({
  summary,
  tag: 'people',
  answers: { 200: 'page', 302: 'none', 303: 'none' },
  ...(needs !== undefined && { needs }),
});

const provider = (summary: string, needs?: string, body: Body = 'ProviderDocument'): Operation => ({
  summary,
  tag: 'session API',
  answers: { 200: body, 204: 'none', 303: 'none' },
  ...(needs !== undefined && { needs }),
});

const SELF_SERVICE = 'SELF_SERVICE';
const ADMIN = 'KRATOS_ADMIN_URL and a guard';
const KEYCARD = 'KEYCARD_API_URL';

/** Postern's own routes, as `METHOD /path`. All other paths are the site's. */
export const OPERATIONS: Operations = {
  'GET /sessions/whoami': {
    summary: 'Tells whose session the credential is.',
    tag: 'whoami',
    answers: { 200: 'Session' },
  },
  'GET /.postern/health/alive': {
    summary: 'Answers while the Worker runs with valid settings.',
    tag: 'health',
    answers: { 200: 'Health' },
  },
  'GET /.postern/health/ready': {
    summary: 'Answers whether the parts behind Postern are well.',
    tag: 'health',
    answers: { 200: 'Health', 503: 'HealthFailure' },
  },
  'GET /.postern/status': page('Shows the figures of all isolates.', 'ADMIN_SECRETS, or a guard'),
  'POST /.postern/status': page('Takes the secret that opens the page.', 'ADMIN_SECRETS'),
  'GET /.postern/sessions': page('Shows the sessions of the signed-in person.'),
  'POST /.postern/sessions': page('Ends one session, or all others.'),
  'GET /.postern/sign-out': page('Shows a page with a button to sign out.'),
  'POST /.postern/sign-out': page('Ends the sessions of the request’s cookies.'),
  'GET /.postern/sign-in': page('Sends the browser to the issuer.', 'sign_in in ISSUERS'),
  'GET /.postern/sign-in/callback': page('Completes the sign-in.', 'sign_in in ISSUERS'),
  'GET /.postern/jwks.json': {
    summary: 'Publishes the keys of assertions.',
    tag: 'documents',
    answers: { 200: 'KeySet' },
  },
  'GET /.well-known/oauth-protected-resource': {
    summary: 'Publishes the metadata of the host as a resource (RFC 9728).',
    tag: 'documents',
    answers: { 200: 'ResourceMetadata' },
    needs: 'ISSUERS',
  },
  'GET /.well-known/oauth-protected-resource/{resource}': {
    summary: 'Publishes the metadata of the resource at a path (RFC 9728).',
    tag: 'documents',
    answers: { 200: 'ResourceMetadata' },
    needs: 'ISSUERS',
  },
  'GET /.well-known/oauth-authorization-server': {
    summary: 'Publishes the cached metadata of the host’s one issuer (RFC 8414).',
    tag: 'documents',
    answers: { 200: 'AuthorizationServerMetadata' },
    needs: 'ISSUERS',
  },
  'GET /.well-known/oauth-authorization-server/{resource}': {
    summary:
      'Publishes the cached metadata of the one issuer of the resource at a path (RFC 8414).',
    tag: 'documents',
    answers: { 200: 'AuthorizationServerMetadata' },
    needs: 'ISSUERS',
  },
  'POST /.postern/events/webhook': {
    summary: 'Takes a signed message that sessions or people ended.',
    tag: 'events',
    answers: { 204: 'none' },
    needs: 'WEBHOOK_SECRETS or WEBHOOK_API_KEYS',
  },
  'POST /.postern/events/backchannel-logout': {
    summary: 'Takes a logout token (OpenID Connect Back-Channel Logout).',
    tag: 'events',
    answers: { 200: 'none', 204: 'none' },
    needs: 'event_audience in ISSUERS',
  },
  'POST /.postern/events/security-events': {
    summary: 'Takes a security event token (RFC 8935).',
    tag: 'events',
    answers: { 202: 'none' },
    needs: 'event_audience in ISSUERS',
  },
  'POST /.postern/events/otlp/v1/traces': {
    summary: 'Takes traces of Kratos (OTLP/HTTP 1.0, protobuf), which tell that sessions ended.',
    tag: 'events',
    answers: { 200: 'none' },
    needs: 'WEBHOOK_API_KEYS',
  },
  'GET /.postern/auth/{request}': {
    summary: 'Answers a proxy that asks whether a request may pass (docs/forward-auth.md).',
    tag: 'proxies',
    answers: { 200: 'none', 302: 'none' },
    needs: 'FORWARD_AUTH_SECRETS',
  },

  'GET /sessions': provider('Lists the other sessions.', undefined, 'Sessions'),
  'DELETE /sessions': provider('Ends the other sessions.', undefined, 'Count'),
  'DELETE /sessions/{id}': provider('Ends one of the other sessions.'),
  'GET /sessions/token-exchange': provider('Exchanges codes of a native sign-in for a session.'),
  'GET /self-service/errors': provider('Reads an error of a flow.', SELF_SERVICE),
  'DELETE /self-service/login/test': provider(
    'Ends a test sign-in of the Ory Network.',
    SELF_SERVICE,
  ),
  'GET /.well-known/change-password': provider('Leads to the settings page.', SELF_SERVICE),
  'GET /.well-known/ory/webauthn.js': provider('Gives the script for passkeys.', SELF_SERVICE),
  'GET /self-service/logout/browser': provider(
    'Makes the sign-out link of a browser.',
    SELF_SERVICE,
  ),
  'GET /self-service/logout': provider('Signs a browser out, by that link.', SELF_SERVICE),
  'DELETE /self-service/logout/api': provider('Ends a session token.', SELF_SERVICE),
  'GET /self-service/methods/oidc/callback': provider('Takes a provider’s answer.', SELF_SERVICE),
  'GET /self-service/methods/oidc/callback/{provider}': provider(
    'Takes a provider’s answer.',
    SELF_SERVICE,
  ),
  'POST /self-service/methods/oidc/callback/{provider}': provider(
    'Takes a provider’s answer.',
    SELF_SERVICE,
  ),
  ...Object.fromEntries(
    ['login', 'registration', 'settings', 'recovery', 'verification'].flatMap((kind) => [
      [
        `GET /self-service/${kind}/browser`,
        provider(`Begins a ${kind} flow of a browser.`, SELF_SERVICE),
      ],
      [`GET /self-service/${kind}/api`, provider(`Begins a ${kind} flow of an app.`, SELF_SERVICE)],
      [`GET /self-service/${kind}/flows`, provider(`Reads a ${kind} flow.`, SELF_SERVICE)],
      [`GET /self-service/${kind}`, provider(`Follows a link of a ${kind} flow.`, SELF_SERVICE)],
      [`POST /self-service/${kind}`, provider(`Sends the form of a ${kind} flow.`, SELF_SERVICE)],
    ]),
  ),
  'GET /admin/sessions': provider('Lists all sessions.', ADMIN, 'Sessions'),
  'POST /admin/sessions': provider('Ends or deletes many sessions.', ADMIN),
  'GET /admin/sessions/{id}': provider('Reads a session.', ADMIN),
  'DELETE /admin/sessions/{id}': provider('Ends a session.', ADMIN),
  'PATCH /admin/sessions/{id}/extend': provider('Extends a session.', ADMIN),
  'GET /admin/identities/{id}/sessions': provider(
    'Lists the sessions of a person.',
    ADMIN,
    'Sessions',
  ),
  'DELETE /admin/identities/{id}/sessions': provider('Ends the sessions of a person.', ADMIN),
  'GET /zones/{zoneId}/sessions': provider('Lists sessions of a Keycard zone.', KEYCARD),
  'GET /zones/{zoneId}/sessions/{id}': provider('Reads a session of a zone.', KEYCARD),
  'PATCH /zones/{zoneId}/sessions/{id}': provider('Revokes a session of a zone.', KEYCARD),
  'DELETE /zones/{zoneId}/sessions/{id}': provider('Ends a session of a zone.', KEYCARD),
};
