import { Hono } from 'hono';
import type { Config } from './config/config.ts';
import { readCredential } from './credentials/read-credential.ts';
import { errorResponse } from './errors/error-response.ts';
import { HeaderFilter } from './forwarding/header-filter.ts';
import { createOrigin } from './forwarding/origin.ts';
import { type GateOptions, gate } from './gate/gate.ts';
import { Rules } from './gate/rules.ts';
import { type AdmittedTarget, admit } from './http/admit.ts';
import { createDecisionLog, type DecisionLog } from './observability/decision-log.ts';
import { alive, createReadiness } from './observability/health.ts';
import { createKratosStore } from './providers/kratos/kratos-store.ts';
import {
  checkLifeSeconds,
  createConfiguredRevocation,
} from './revocation/configured-revocation.ts';
import { createConfiguredIntakes } from './revocation/intakes/configured-intakes.ts';
import type { RevocationLogStub } from './revocation/log-protocol.ts';
import type { Revocation } from './revocation/revocation.ts';
import { createConfiguredIssuers } from './tokens/configured-issuers.ts';
import { createPublishedKeys } from './tokens/published-keys.ts';
import { createResourceMetadata, RESOURCE_METADATA_PATH } from './tokens/resource-metadata.ts';
import { TokenSessions } from './tokens/token-sessions.ts';
import type { TrustedIssuer } from './tokens/trusted-issuer.ts';
import { type KeyValueStore, KvTier } from './whoami/kv-tier.ts';
import { Sessions } from './whoami/sessions.ts';
import type { Anchor } from './whoami/single-flight.ts';
import { whoami } from './whoami/whoami.ts';

/** What a gateway uses of the world around it. */
export interface Surroundings {
  readonly kv: KeyValueStore | undefined;
  /** A new way to the revocation log for each call; `undefined` where none is bound. */
  readonly openLog: (() => RevocationLogStub) | undefined;
  readonly fetchStore: (request: Request) => Promise<Response>;
  /** For issuers' keys. */
  readonly fetchKeys: (request: Request) => Promise<Response>;
  /** `undefined`: there is no site to gate. */
  readonly fetchOrigin: ((request: Request) => Promise<Response>) | undefined;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly write: (line: string) => void;
}

export interface Gateway {
  fetch(request: Request, anchor: Anchor): Promise<Response>;
}

/** One request on its way through the routes: read once, before any route sees it. */
interface Visit {
  readonly target: AdmittedTarget;
  readonly anchor: Anchor;
}

/**
 * All of Postern behind one `fetch`. The request's target is admitted before the router sees it, and whatever
 * is not one of Postern's own routes, by any spelling, falls to the gate.
 */
export function createGateway(config: Config, surroundings: Surroundings): Gateway {
  const { now } = surroundings;
  const log = createDecisionLog(config.DECISION_LOG, surroundings.write);
  const revocation = createConfiguredRevocation(config, surroundings);
  const issuers = createIssuers(config, surroundings);
  const identification = createIdentification(config, surroundings, { revocation, issuers });
  const gateOptions = createGateOptions(config, surroundings, identification, log);
  const store = createStore(config, surroundings);
  const parts = { store, kv: surroundings.kv, tokens: identification.tokens, revocation };
  const readiness = createReadiness(parts, now);
  const resource = createResource(config);
  const whoamiOptions = { ...identification, log, now };

  const routes = new Hono<{ Bindings: Visit }>();
  routes.all('/sessions/whoami', ({ req, env }) =>
    whoami(req.raw, env.target, env.anchor, whoamiOptions),
  );
  const intakes = createConfiguredIntakes(config, { ...surroundings, revocation, issuers });
  for (const [path, intake] of Object.entries(intakes)) {
    routes.post(path, ({ req, env }) => intake(req.raw, env.anchor));
  }
  routes.get('/.postern/health/alive', alive);
  routes.get('/.postern/health/ready', ({ env }) => readiness(env.anchor));
  routes.get('/.postern/jwks.json', createPublishedKeys(inlineKeysOf(config)));
  if (resource !== undefined) routes.get(RESOURCE_METADATA_PATH, resource);
  routes.all('/.postern/*', () => errorResponse('not_found'));
  routes.all('*', ({ req, env }) =>
    gateOptions === undefined
      ? errorResponse('not_found')
      : gate(req.raw, env.target, env.anchor, gateOptions),
  );
  routes.onError((error) => {
    surroundings.write(JSON.stringify({ event: 'bug', name: error.name, message: error.message }));
    return errorResponse('internal_error');
  });

  return {
    async fetch(request, anchor) {
      const admitted = admit(request);
      if (admitted.ok) return routes.fetch(request, { target: admitted.value, anchor });
      const response = errorResponse(admitted.failure);
      const { method } = request;
      const { status } = response;
      const reason = admitted.failure;
      log({ route: 'admission', outcome: 'refuse', status, method, reason, durationMs: 0 });
      return response;
    },
  };
}

function createStore(config: Config, { fetchStore }: Surroundings) {
  return createKratosStore({
    publicUrl: config.KRATOS_PUBLIC_URL,
    timeoutMs: config.STORE_TIMEOUT_MS,
    fetch: fetchStore,
  });
}

function createSessions(
  config: Config,
  surroundings: Surroundings,
  { view }: Revocation,
): Sessions {
  const { kv, now, write } = surroundings;
  const onFailure = (operation: string) =>
    write(JSON.stringify({ event: 'kv-failure', operation }));
  return new Sessions({
    store: createStore(config, surroundings),
    kv: kv && new KvTier(kv, { readTimeoutMs: config.KV_READ_TIMEOUT_MS, onFailure }),
    revocation: view,
    lifetimes: {
      freshSeconds: config.FRESH_SECONDS,
      staleWhileRevalidateSeconds: config.STALE_WHILE_REVALIDATE_SECONDS,
      staleIfErrorSeconds: config.STALE_IF_ERROR_SECONDS,
    },
    memoryLimits: { maxEntries: config.MEMORY_MAX_ENTRIES, maxBytes: config.MEMORY_MAX_BYTES },
    kvWriteIntervalSeconds: config.KV_WRITE_INTERVAL_SECONDS,
    storeTimeoutMs: config.STORE_TIMEOUT_MS,
    now,
  });
}

function createIssuers(config: Config, surroundings: Surroundings): TrustedIssuer[] {
  return createConfiguredIssuers(config, { ...surroundings, fetch: surroundings.fetchKeys });
}

/** How whoami and the gate find out who is asking, and where they send those of whom they cannot. */
type Identification = Pick<
  GateOptions,
  'sessions' | 'tokens' | 'readCredential' | 'resourceMetadataUrl'
>;

function createIdentification(
  config: Config,
  surroundings: Surroundings,
  {
    revocation,
    issuers,
  }: { readonly revocation: Revocation; readonly issuers: readonly TrustedIssuer[] },
): Identification {
  const { now } = surroundings;
  const tokenCookieNames = config.ISSUERS.length === 0 ? undefined : config.TOKEN_COOKIE_NAMES;
  return {
    sessions: createSessions(config, surroundings, revocation),
    tokens: new TokenSessions({
      issuers,
      revocation: revocation.view,
      believedUnheldMs: checkLifeSeconds(config) * 1000,
      now,
    }),
    readCredential: (headers: Headers) =>
      readCredential(headers, config.SESSION_COOKIE_NAMES, tokenCookieNames),
    resourceMetadataUrl:
      authorizationServersOf(config).length === 0
        ? undefined
        : `${config.PUBLIC_URL}${RESOURCE_METADATA_PATH}`,
  };
}

function createResource(config: Config): (() => Response) | undefined {
  const servers = authorizationServersOf(config);
  return servers.length === 0 ? undefined : createResourceMetadata(config.PUBLIC_URL, servers);
}

/** Keycard's clients find where to get a token by the metadata of the resource; Kratos's have no use for it. */
function authorizationServersOf({ ISSUERS }: Config): string[] {
  return ISSUERS.filter(({ preset }) => preset === 'keycard').map(({ issuer }) => issuer);
}

function inlineKeysOf({ ISSUERS }: Config) {
  return ISSUERS.flatMap(({ keys = [] }) => keys);
}

function createGateOptions(
  config: Config,
  surroundings: Surroundings,
  identification: Identification,
  log: DecisionLog,
): GateOptions | undefined {
  const { fetchOrigin, now } = surroundings;
  if (fetchOrigin === undefined) return undefined;
  return {
    ...identification,
    rules: new Rules(config.RULES),
    origin: createOrigin({ fetch: fetchOrigin, timeoutMs: config.ORIGIN_TIMEOUT_MS }),
    originUrl: config.ORIGIN_URL ?? config.PUBLIC_URL,
    publicUrl: config.PUBLIC_URL,
    loginUrl: config.LOGIN_URL,
    kratosBrowserUrl: config.KRATOS_BROWSER_URL,
    kratosPublicUrl: config.KRATOS_PUBLIC_URL,
    cookieNames: [...config.SESSION_COOKIE_NAMES, ...config.TOKEN_COOKIE_NAMES],
    identityHeaders: config.IDENTITY_HEADERS,
    filter: new HeaderFilter(Object.keys(config.IDENTITY_HEADERS)),
    log,
    now,
  };
}
