import { Hono } from 'hono';
import type { Config } from './config/config.ts';
import { errorResponse } from './errors/error-response.ts';
import type { Reason } from './errors/reasons.ts';
import type { Result } from './errors/result.ts';
import { failed } from './errors/result.ts';
import { publicKey } from './forwarding/assertion-keys.ts';
import { HeaderFilter } from './forwarding/header-filter.ts';
import { HOPS_HEADER, isLoop } from './forwarding/hops.ts';
import { createOrigin } from './forwarding/origin.ts';
import { createForwardAuth } from './gate/forward-auth.ts';
import { type GateOptions, gate } from './gate/gate.ts';
import type { JudgeOptions } from './gate/judge.ts';
import { createSiteOptions, type SiteOptions } from './gate/site-options.ts';
import { type AdmittedTarget, admit } from './http/admit.ts';
import { hostOf } from './http/site-hosts.ts';
import { createDecisionLog, type DecisionLog } from './observability/decision-log.ts';
import { alive, createReadiness } from './observability/health.ts';
import { publishedKeys } from './pages/published-keys.ts';
import { createKratosStore } from './providers/kratos/kratos-store.ts';
import { NO_REVOCATION_LOG } from './revocation/revocation-view.ts';
import { type KeyValueStore, KvTier } from './whoami/kv-tier.ts';
import { Sessions } from './whoami/sessions.ts';
import type { Anchor } from './whoami/single-flight.ts';
import { whoami } from './whoami/whoami.ts';

/** What a gateway uses of the world around it. */
export interface Surroundings {
  readonly kv: KeyValueStore | undefined;
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
  const sessions = createSessions(config, surroundings);
  const siteOptions = createSiteOptions(config, { sessions, now });
  const gateOptions = createGateOptions(config, surroundings, siteOptions, log);
  const readiness = createReadiness(createStore(config, surroundings), surroundings.kv, now);
  const whoamiOptions = { sessions, cookieNames: config.SESSION_COOKIE_NAMES, log, now };

  const routes = new Hono<{ Bindings: Visit }>();
  routes.all('/sessions/whoami', ({ req, env }) =>
    whoami(req.raw, env.target, env.anchor, whoamiOptions),
  );
  routes.get('/.postern/health/alive', alive);
  routes.get('/.postern/health/ready', ({ env }) => readiness(env.anchor));
  routes.get('/.postern/jwks.json', () =>
    publishedKeys([(config.ASSERTION_KEYS ?? []).map(publicKey)]),
  );
  const { FORWARD_AUTH_SECRETS: secrets } = config;
  if (secrets !== undefined) {
    const forwardAuth = createForwardAuth({ ...siteOptions, secrets, log });
    routes.all('/.postern/auth/*', ({ req, env }) => forwardAuth(req.raw, env.target, env.anchor));
  }
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
      const admitted = admitHere(request, siteOptions, config);
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

/** Only what is for one of our hosts, and has not come through here before. */
function admitHere(
  request: Request,
  { hosts, allowedForms }: JudgeOptions,
  { PUBLIC_URL }: Config,
): Result<AdmittedTarget, Reason> {
  const admitted = admit(request, allowedForms);
  if (!admitted.ok) return admitted;
  if (hosts.originOf(admitted.value.host) === undefined) return failed('host_unknown');
  return isLoop(request.headers, PUBLIC_URL) ? failed('loop_detected') : admitted;
}

function createStore(config: Config, { fetchStore }: Surroundings) {
  return createKratosStore({
    publicUrl: config.KRATOS_PUBLIC_URL,
    timeoutMs: config.STORE_TIMEOUT_MS,
    fetch: (request) => {
      request.headers.set(HOPS_HEADER, hostOf(config.PUBLIC_URL));
      return fetchStore(request);
    },
  });
}

function createSessions(config: Config, surroundings: Surroundings): Sessions {
  const { kv, now, write } = surroundings;
  const onFailure = (operation: string) =>
    write(JSON.stringify({ event: 'kv-failure', operation }));
  return new Sessions({
    store: createStore(config, surroundings),
    kv: kv && new KvTier(kv, { readTimeoutMs: config.KV_READ_TIMEOUT_MS, onFailure }),
    revocation: NO_REVOCATION_LOG,
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
  { fetchOrigin }: Surroundings,
  siteOptions: SiteOptions,
  log: DecisionLog,
): GateOptions | undefined {
  if (fetchOrigin === undefined) return undefined;
  return {
    ...siteOptions,
    origin: createOrigin({ fetch: fetchOrigin, timeoutMs: config.ORIGIN_TIMEOUT_MS }),
    originUrl: config.ORIGIN_URL ?? config.PUBLIC_URL,
    filter: new HeaderFilter(siteOptions.identifier.headerNames),
    log,
  };
}
