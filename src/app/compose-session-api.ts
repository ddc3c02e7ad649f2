import type { Config } from '../config/config.ts';
import type { GatewaySecrets } from '../credentials/gateway-secrets.ts';
import { errorResponse, keycardErrorResponse } from '../errors/error-response.ts';
import type { RouteRequest, Routes } from '../http/routes.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import { zoneOfIssuer } from '../providers/keycard/keycard-zone.ts';
import { requestServiceAccountToken } from '../providers/keycard/service-account.ts';
import type { KratosIdentities } from '../providers/kratos/kratos-identities.ts';
import type { SessionStore } from '../providers/session-store.ts';
import { createUpstream, type Upstream } from '../providers/upstream.ts';
import type { SelfServiceOptions } from '../routes/self-service/flow-request.ts';
import { selfServiceRoutes } from '../routes/self-service/self-service.ts';
import { tokenExchangeRoutes } from '../routes/self-service/token-exchange.ts';
import { ACCESS_KEYS_PATH, createAccessVerifier } from '../routes/session-api/access-verifier.ts';
import { type AccessVerifier, Guard } from '../routes/session-api/guard.ts';
import { KeptToken } from '../routes/session-api/kept-token.ts';
import { keycardRoutes } from '../routes/session-api/keycard.ts';
import { createKeycardCallers } from '../routes/session-api/keycard-caller.ts';
import { kratosAdminRoutes } from '../routes/session-api/kratos-admin.ts';
import { kratosPublicRoutes } from '../routes/session-api/kratos-public.ts';
import { createSessionsPage } from '../routes/sessions-page/sessions-page.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { ReadNames } from '../session/identity-names.ts';
import {
  type ApiMethods,
  type ApiRouteOptions,
  addApiRoute,
} from '../session-changes/api-route.ts';
import type { ChangeMaker } from '../session-changes/change-maker.ts';
import { crossOrigin } from '../session-changes/cross-origin.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { StoreReadiness } from '../sessions/store-readiness.ts';
import type { IssuerKeys } from '../tokens/issuer-keys.ts';
import type { SiteOptions } from './compose-site.ts';
import { createSiteAnswers, publicHost } from './site-answers.ts';

type Fetch = (request: Request) => Promise<Response>;

export interface SessionApiOptions {
  readonly config: Config;
  readonly sessions: Sessions;
  readonly store: SessionStore;
  readonly readiness: Pick<StoreReadiness, 'mayBeFailing'>;
  readonly changes: ChangeMaker;
  /** `undefined` if Kratos's admin API is not configured. */
  readonly identities: KratosIdentities | undefined;
  /** `undefined` if every token names its person by the identity's id, or if Kratos's admin API is not configured. */
  readonly readNames: ReadNames | undefined;
  /** The keys of an issuer, by the URL at which they are published. */
  readonly issuerKeys: (issuer: string, keysUrl: string) => IssuerKeys;
  readonly fetchStore: Fetch;
  readonly fetchKratosAdmin: Fetch;
  readonly fetchKeycard: Fetch;
  readonly log: DecisionLog;
  readonly now: () => number;
}

/**
 * Adds the session API to the routes. Each provider keeps its own paths, so that its SDKs work unchanged. Admin
 * paths exist only with a guard. Every path below an admin path is reserved: otherwise a request with a wrong path
 * would hand the guard's secret to the site. All other paths belong to the site.
 */
export function addSessionApi(
  routes: Routes<RouteRequest>,
  options: SessionApiOptions,
  shared: ReturnType<typeof crossOrigin>,
): void {
  const { config, log, changes, readiness, now } = options;
  const apiPath = config.SESSION_API_PATH ?? '';
  const tables = sessionApiTables(options);
  const common = { errorShape: errorResponse, log, changes, now };
  // While its database is down, Kratos refuses every credential (`session/manager_http.go`, `FetchFromRequest`).
  const mayBeFailing = (waitUntil: WaitUntil) => readiness.mayBeFailing(waitUntil);
  const forPeople = { ...common, shared, mayBeFailing };
  // No page of another origin may read these answers with an operator's cookie.
  const forOperators = { ...common, shared: crossOrigin([], log) };
  const add = (table: Record<string, ApiMethods>, routeOptions: ApiRouteOptions) => {
    for (const [path, methods] of Object.entries(table)) {
      addApiRoute(routes, `${apiPath}${path}`, methods, routeOptions);
    }
  };
  const closeOff = (errorShape: typeof errorResponse, ...paths: string[]) => {
    for (const path of paths) routes.add(`${apiPath}${path}`, () => errorShape('not_found'));
  };
  add(tables.kratosPublic, { ...forPeople, onSite: createSiteAnswers(config) });
  add(tables.selfService, forPeople);
  if (config.SELF_SERVICE) closeOff(errorResponse, '/self-service', '/self-service/*');
  add(tables.kratosAdmin, forOperators);
  closeOff(errorResponse, '/admin/sessions', '/admin/sessions/*');
  closeOff(errorResponse, '/admin/identities/:id/sessions', '/admin/identities/:id/sessions/*');
  if (config.KEYCARD_API_URL === undefined) return;
  const forKeycard = { ...forOperators, errorShape: keycardErrorResponse };
  add(tables.keycard, forKeycard);
  closeOff(keycardErrorResponse, '/zones/:zoneId/sessions/*');
}

/** Returns every configured route of the session API, by provider and path. */
export function sessionApiTables(options: SessionApiOptions) {
  const { config } = options;
  const guard = guardOf(options);
  const { KEYCARD_API_URL: keycardUrl } = config;
  return {
    kratosPublic: kratosPublicTable(options),
    selfService: config.SELF_SERVICE ? selfServiceRoutes(flowOptions(options)) : {},
    kratosAdmin: kratosAdminTable(options, guard),
    keycard: keycardUrl === undefined ? {} : keycardTable(options, keycardUrl, guard),
  };
}

function kratosPublicTable(options: SessionApiOptions): Record<string, ApiMethods> {
  const apiUrl = apiUrlOf(options.config);
  const kratos = kratosOf(options);
  return {
    ...tokenExchangeRoutes(flowOptions(options)), // before /sessions/:id, which would take its path
    ...kratosPublicRoutes({ ...callerOptions(options), apiUrl, kratos, changes: options.changes }),
  };
}

/** Makes the page on which people see and end their own sessions. */
export function addSessionsPage(options: SessionApiOptions, site: SiteOptions) {
  return createSessionsPage({
    ...options,
    ...callerOptions(options),
    kratos: kratosOf(options),
    site,
  });
}

function flowOptions(options: SessionApiOptions): SelfServiceOptions {
  const { config, store, changes, identities, now } = options;
  return {
    ...callerOptions(options),
    store,
    changes,
    kratos: kratosOf(options),
    host: publicHost(config),
    findByAddress: identities?.findByAddress,
    signInEndsSessions: config.SIGN_IN_ENDS_SESSIONS,
    now,
  };
}

/** Returns no routes without a guard, because unguarded routes would let anyone sign anyone out. */
function kratosAdminTable(
  options: SessionApiOptions,
  guard: Guard | undefined,
): Record<string, ApiMethods> {
  const { config, fetchKratosAdmin, readNames } = options;
  if (config.KRATOS_ADMIN_URL === undefined || guard === undefined) return {};
  return kratosAdminRoutes({
    kratosAdmin: upstream(config.KRATOS_ADMIN_URL, fetchKratosAdmin, config),
    apiKey: config.KRATOS_ADMIN_API_KEY,
    guard,
    readNames,
    apiUrl: apiUrlOf(config),
    apiPath: config.SESSION_API_PATH ?? '',
  });
}

function keycardTable(
  options: SessionApiOptions,
  apiUrl: string,
  guard: Guard | undefined,
): Record<string, ApiMethods> {
  const { config, changes, fetchKeycard } = options;
  const keycard = upstream(apiUrl, fetchKeycard, config);
  const token = serviceAccountToken(options, apiUrl);
  const serviceAccount = guard && token && { guard, token };
  const callers = createKeycardCallers({ keycard, serviceAccount });
  return keycardRoutes({ callers, changes, zones: keycardZones(config) });
}

/**
 * Returns the zones that callers may ask about, each with its trusted issuers. These are the zones in
 * `KEYCARD_ZONES`, by default those of the `keycard` issuers. An issuer whose URL names no zone belongs to every
 * zone in `KEYCARD_ZONES`.
 */
function keycardZones({ KEYCARD_ZONES: named, ISSUERS }: Config): Map<string, string[]> {
  const issuers = ISSUERS.filter(({ preset }) => preset === 'keycard').map(({ issuer }) => issuer);
  const believed = issuers.map(zoneOfIssuer).filter((zone) => zone !== undefined);
  const issuersOf = (zone: string) =>
    issuers.filter((issuer) => {
      const own = zoneOfIssuer(issuer);
      return own === undefined ? named !== undefined : own === zone;
    });
  return new Map((named ?? believed).map((zone) => [zone, issuersOf(zone)]));
}

function serviceAccountToken(
  { config, fetchKeycard, now }: SessionApiOptions,
  apiUrl: string,
): KeptToken | undefined {
  const { KEYCARD_CLIENT_ID: clientId, KEYCARD_CLIENT_SECRET: clientSecret } = config;
  if (clientId === undefined || clientSecret === undefined) return undefined;
  const tokenUrl = config.KEYCARD_TOKEN_URL ?? `${apiUrl}/service-account-token`;
  const timeoutMs = config.STORE_TIMEOUT_MS;
  const wire = { tokenUrl, clientId, clientSecret, timeoutMs, fetch: fetchKeycard };
  const request = (askedAt: number) => requestServiceAccountToken(wire, askedAt);
  return new KeptToken({ request, timeoutMs, now });
}

function guardOf(options: SessionApiOptions): Guard | undefined {
  const { config, now } = options;
  const secrets = config.ADMIN_SECRETS ?? [];
  const access = accessOf(options);
  if (secrets.length === 0 && access === undefined) return undefined;
  return new Guard({ secrets, access, allowedOrigins: allowedOrigins(config), now });
}

function accessOf({ config, issuerKeys }: SessionApiOptions): AccessVerifier | undefined {
  const { ACCESS_TEAM_DOMAIN: teamUrl, ACCESS_AUDIENCE: audience } = config;
  if (teamUrl === undefined || audience === undefined) return undefined;
  const keys = issuerKeys(teamUrl, `${teamUrl}${ACCESS_KEYS_PATH}`);
  return createAccessVerifier({ teamUrl, audience, keys });
}

function callerOptions({ config, sessions }: SessionApiOptions) {
  const cookieNames = config.SESSION_COOKIE_NAMES;
  const secrets = gatewaySecrets(config);
  return { sessions, cookieNames, secrets, allowedOrigins: allowedOrigins(config) };
}

/**
 * Returns the secrets that callers present to Postern, and those that Postern presents to others. These secrets are
 * never treated as session credentials.
 */
export function gatewaySecrets(config: Config): GatewaySecrets {
  return new Set(
    [
      ...(config.ADMIN_SECRETS ?? []),
      ...(config.FORWARD_AUTH_SECRETS ?? []),
      ...config.WEBHOOK_API_KEYS,
      ...config.WEBHOOK_SECRETS,
      config.KEY_SET_SECRET,
      config.KEYCARD_CLIENT_SECRET,
      config.KRATOS_ADMIN_API_KEY,
    ].filter((secret) => secret !== undefined),
  );
}

function allowedOrigins(config: Config): string[] {
  return [config.PUBLIC_URL, ...config.ALLOWED_ORIGINS];
}

function kratosOf({ config, fetchStore }: SessionApiOptions): Upstream {
  return upstream(config.KRATOS_PUBLIC_URL, fetchStore, config);
}

function upstream(
  baseUrl: string,
  fetch: Fetch,
  { STORE_TIMEOUT_MS: timeoutMs }: Config,
): Upstream {
  return createUpstream({ baseUrl, fetch, timeoutMs });
}

function apiUrlOf(config: Config): string {
  return `${config.PUBLIC_URL}${config.SESSION_API_PATH ?? ''}`;
}
