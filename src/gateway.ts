import { Hono } from 'hono';
import type { Config } from './config/config.ts';
import { errorResponse } from './errors/error-response.ts';
import { HeaderFilter } from './forwarding/header-filter.ts';
import { createOrigin } from './forwarding/origin.ts';
import { type GateOptions, gate } from './gate/gate.ts';
import { Rules } from './gate/rules.ts';
import { type AdmittedTarget, admit } from './http/admit.ts';
import { createDecisionLog, type DecisionLog } from './observability/decision-log.ts';
import { alive, createReadiness } from './observability/health.ts';
import { createKratosStore } from './providers/kratos/kratos-store.ts';
import type { RevocationLogStub } from './revocation/log-protocol.ts';
import { createRevocation, NO_REVOCATION, type Revocation } from './revocation/revocation.ts';
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
  /** `undefined`: there is no site to gate. */
  readonly fetchOrigin: ((request: Request) => Promise<Response>) | undefined;
  readonly now: () => number;
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
  const revocation = openRevocation(config, surroundings);
  const sessions = createSessions(config, surroundings, revocation);
  const gateOptions = createGateOptions(config, surroundings, sessions, log);
  const readiness = createReadiness(createStore(config, surroundings), surroundings.kv, now);
  const whoamiOptions = { sessions, cookieNames: config.SESSION_COOKIE_NAMES, log, now };

  const routes = new Hono<{ Bindings: Visit }>();
  routes.all('/sessions/whoami', ({ req, env }) =>
    whoami(req.raw, env.target, env.anchor, whoamiOptions),
  );
  routes.get('/.postern/health/alive', alive);
  routes.get('/.postern/health/ready', readiness);
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

/** Marks outlive whatever may be older than they are by this much, for clocks differ and checks take time. */
const KEEP_MARGIN_SECONDS = 60;

function openRevocation(config: Config, { openLog, now, write }: Surroundings): Revocation {
  if (config.REVOCATION === 'off' || openLog === undefined) {
    write(
      JSON.stringify({
        event: 'revocation-off',
        message:
          'No revocation log is kept: a revoked session is served for as long as it is fresh.',
        fresh_seconds: config.FRESH_SECONDS,
      }),
    );
    return NO_REVOCATION;
  }
  const sessionSeconds =
    config.FRESH_SECONDS + config.STALE_WHILE_REVALIDATE_SECONDS + config.STALE_IF_ERROR_SECONDS;
  const keepSeconds = Math.max(sessionSeconds, config.REVOCATION_TOKEN_SECONDS);
  return createRevocation({
    openLog,
    lagMs: config.REVOCATION_LAG_SECONDS * 1000,
    keepMs: (keepSeconds + KEEP_MARGIN_SECONDS) * 1000,
    maxMarks: config.REVOCATION_MAX_MARKS,
    now,
    onFailure: (operation) => write(JSON.stringify({ event: 'revocation-log-failure', operation })),
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

function createGateOptions(
  config: Config,
  surroundings: Surroundings,
  sessions: Sessions,
  log: DecisionLog,
): GateOptions | undefined {
  const { fetchOrigin, now } = surroundings;
  if (fetchOrigin === undefined) return undefined;
  return {
    rules: new Rules(config.RULES),
    sessions,
    origin: createOrigin({ fetch: fetchOrigin, timeoutMs: config.ORIGIN_TIMEOUT_MS }),
    originUrl: config.ORIGIN_URL ?? config.PUBLIC_URL,
    publicUrl: config.PUBLIC_URL,
    loginUrl: config.LOGIN_URL,
    kratosBrowserUrl: config.KRATOS_BROWSER_URL,
    kratosPublicUrl: config.KRATOS_PUBLIC_URL,
    cookieNames: config.SESSION_COOKIE_NAMES,
    identityHeaders: config.IDENTITY_HEADERS,
    filter: new HeaderFilter(Object.keys(config.IDENTITY_HEADERS)),
    log,
    now,
  };
}
