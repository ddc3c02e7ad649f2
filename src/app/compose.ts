import type { Config } from '../config/config.ts';
import { mayNameByExternalId } from '../config/issuer-settings.ts';
import type { PresentedCredentials } from '../credentials/credential.ts';
import { readCredentials } from '../credentials/read-credentials.ts';
import { HeaderFilter } from '../forwarding/header-filter.ts';
import { createOrigin } from '../forwarding/origin.ts';
import { createOriginAddress } from '../forwarding/origin-address.ts';
import { reservedCookies } from '../forwarding/origin-cookies.ts';
import { LOOP_HEADER } from '../http/loop-detection.ts';
import { hostOf } from '../http/site-hosts.ts';
import { createDecisionLog, type DecisionLog } from '../observability/decision-log.ts';
import { createMetrics, type Dataset } from '../observability/metrics.ts';
import {
  createKratosIdentities,
  type KratosIdentities,
} from '../providers/kratos/kratos-identities.ts';
import { createKratosStore } from '../providers/kratos/kratos-store.ts';
import type { SessionStore } from '../providers/session-store.ts';
import { createUpstream } from '../providers/upstream.ts';
import type { RevocationLogStub } from '../revocation/log-protocol.ts';
import type { Revocation } from '../revocation/revocation.ts';
import type { GateOptions } from '../routes/gate/gate.ts';
import { UNPUBLISHED_READINESS } from '../routes/meta/health.ts';
import { RESOURCE_METADATA_PATH } from '../routes/meta/resource-metadata.ts';
import type { KeyValueStore } from '../runtime/kv.ts';
import type { ReadNames } from '../session/identity-names.ts';
import { ChangeMaker } from '../session-changes/change-maker.ts';
import { KvTier } from '../sessions/kv-tier.ts';
import { Sessions } from '../sessions/sessions.ts';
import { StoreReadiness } from '../sessions/store-readiness.ts';
import { createTokenClassifier } from '../tokens/token-classifier.ts';
import { TokenSessions } from '../tokens/token-sessions.ts';
import type { TrustedIssuer } from '../tokens/trusted-issuer.ts';
import { checkLifeSeconds, createConfiguredRevocation } from './compose-revocation.ts';
import { gatewaySecrets, type SessionApiOptions } from './compose-session-api.ts';
import { createSiteOptions, type SiteOptions } from './compose-site.ts';
import { createConfiguredIssuers, createIssuerKeys } from './compose-tokens.ts';
import { createSiteCookies } from './site-answers.ts';

type Fetch = (request: Request) => Promise<Response>;

/** The platform functions and bindings that a gateway uses. */
export interface Dependencies {
  readonly kv: KeyValueStore | undefined;
  /** Opens a new connection to the revocation log for each call; `undefined` if no log is bound. */
  readonly openLog: (() => RevocationLogStub) | undefined;
  readonly fetchStore: Fetch;
  readonly fetchKratosAdmin: Fetch;
  readonly fetchKeycard: Fetch;
  /** Fetches issuers' keys. */
  readonly fetchKeys: Fetch;
  /** `undefined` if there is no site to gate. */
  readonly fetchOrigin:
    | ((input: string | Request, init: RequestInit) => Promise<Response>)
    | undefined;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly write: (line: string) => void;
  /** `undefined` if decisions are not counted. */
  readonly metrics: Dataset | undefined;
}

/** The services of a gateway, as configured. */
export interface Services {
  readonly log: DecisionLog;
  readonly store: SessionStore;
  readonly storeReadiness: StoreReadiness;
  readonly revocation: Revocation;
  readonly issuers: readonly TrustedIssuer[];
  /** `undefined` if every token names its person by the identity's id, or if Kratos's admin API is not configured. */
  readonly readNames: ReadNames | undefined;
  readonly sessions: Sessions;
  readonly tokens: TokenSessions;
  readonly readCredentials: (headers: Headers) => Iterable<PresentedCredentials>;
  /** Issuers whose clients look for the metadata of RFC 9728. */
  readonly authorizationServers: readonly string[];
  /** The URL of that metadata; `undefined` if there is none. */
  readonly resourceMetadataUrl: string | undefined;
  readonly site: SiteOptions;
  /** `undefined` if there is no site to gate. */
  readonly gate: GateOptions | undefined;
  readonly sessionApi: SessionApiOptions;
}

/** Makes the services, each after those that it needs. */
export function createServices(config: Config, given: Dependencies): Services {
  const dependencies = detectingLoops(given, config);
  const { now } = dependencies;
  const { write, metrics } = dependencies;
  const log = createDecisionLog(config.DECISION_LOG, write, metrics && createMetrics(metrics));
  const store = createStore(config, dependencies);
  const storeReadiness = createStoreReadiness(store, dependencies);
  const revocation = createConfiguredRevocation(config, dependencies);
  const issuers = createConfiguredIssuers(config, {
    ...dependencies,
    fetch: dependencies.fetchKeys,
  });
  const identities = createIdentities(config, dependencies);
  const isNamed = revocation.writer !== undefined && config.ISSUERS.some(mayNameByExternalId);
  const readNames = isNamed ? identities?.readNames : undefined;
  const sessions = createSessions(config, dependencies, { store, storeReadiness, revocation });
  const maxAgeWithoutLogMs = checkLifeSeconds(config) * 1000;
  const tokens = new TokenSessions({
    issuers,
    revocation: revocation.view,
    maxAgeWithoutLogMs,
    now,
  });
  const reading = createReading(config);
  const { view } = revocation;
  const site = createSiteOptions(config, { ...reading, sessions, tokens, revocation: view, now });
  return {
    ...reading,
    log,
    store,
    storeReadiness,
    revocation,
    issuers,
    readNames,
    sessions,
    tokens,
    site,
    gate: createGateOptions(config, dependencies, { site, log }),
    sessionApi: createSessionApiOptions(config, dependencies, {
      log,
      store,
      readiness: storeReadiness,
      sessions,
      identities,
      readNames,
      changes: new ChangeMaker({ writer: revocation.writer, write }),
    }),
  };
}

/**
 * Adds this gate's host to every call to a store, an API or an issuer, so that a misconfigured loop is detected at
 * once.
 */
function detectingLoops(dependencies: Dependencies, { PUBLIC_URL }: Config): Dependencies {
  const host = hostOf(PUBLIC_URL);
  const marking = (fetch: Fetch) => (request: Request) => {
    request.headers.set(LOOP_HEADER, host);
    return fetch(request);
  };
  return {
    ...dependencies,
    fetchStore: marking(dependencies.fetchStore),
    fetchKratosAdmin: marking(dependencies.fetchKratosAdmin),
    fetchKeycard: marking(dependencies.fetchKeycard),
    fetchKeys: marking(dependencies.fetchKeys),
  };
}

function createStore(config: Config, { fetchStore }: Dependencies): SessionStore {
  return createKratosStore({
    publicUrl: config.KRATOS_PUBLIC_URL,
    timeoutMs: config.STORE_TIMEOUT_MS,
    fetch: fetchStore,
    siteCookie: createSiteCookies(config),
  });
}

/** `undefined` if Kratos's admin API is not configured. */
function createIdentities(
  config: Config,
  { fetchKratosAdmin: fetch }: Dependencies,
): KratosIdentities | undefined {
  const { KRATOS_ADMIN_URL: baseUrl, STORE_TIMEOUT_MS: timeoutMs } = config;
  if (baseUrl === undefined) return undefined;
  const kratosAdmin = createUpstream({ baseUrl, fetch, timeoutMs });
  return createKratosIdentities(kratosAdmin, config.KRATOS_ADMIN_API_KEY);
}

/** Makes the readiness check. The log says once if the store publishes no readiness. */
function createStoreReadiness(store: SessionStore, { now, write }: Dependencies): StoreReadiness {
  const event = 'store-readiness-unpublished';
  const onUnpublished = () => write(JSON.stringify({ event, message: UNPUBLISHED_READINESS }));
  return new StoreReadiness({ store, now, onUnpublished });
}

function createSessions(
  config: Config,
  { kv, now, write }: Dependencies,
  { store, storeReadiness, revocation }: Pick<Services, 'store' | 'storeReadiness' | 'revocation'>,
): Sessions {
  const onFailure = (operation: string) =>
    write(JSON.stringify({ event: 'kv-failure', operation }));
  return new Sessions({
    store,
    readiness: storeReadiness,
    kv: kv && new KvTier(kv, { readTimeoutMs: config.KV_READ_TIMEOUT_MS, onFailure, now }),
    revocation: revocation.view,
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

/** Makes the credential reader of whoami and the gate, and the metadata that tells clients where to get a token. */
function createReading(config: Config) {
  const { ISSUERS } = config;
  const settings = {
    sessionCookieNames: config.SESSION_COOKIE_NAMES,
    tokenCookieNames: ISSUERS.length === 0 ? undefined : config.TOKEN_COOKIE_NAMES,
    gatewaySecrets: gatewaySecrets(config),
  };
  // Keycard's clients find the authorization server in the resource's metadata. Kratos's clients do not use it.
  const authorizationServers = ISSUERS.filter(({ preset }) => preset === 'keycard').map(
    ({ issuer }) => issuer,
  );
  return {
    readCredentials: (headers: Headers) => readCredentials(headers, settings),
    authorizationServers,
    resourceMetadataUrl:
      authorizationServers.length === 0
        ? undefined
        : `${config.PUBLIC_URL}${RESOURCE_METADATA_PATH}`,
  };
}

function createGateOptions(
  config: Config,
  { fetchOrigin }: Dependencies,
  { site, log }: Pick<Services, 'site' | 'log'>,
): GateOptions | undefined {
  if (fetchOrigin === undefined) return undefined;
  return {
    ...site,
    origin: createOrigin({ fetch: fetchOrigin, timeoutMs: config.ORIGIN_TIMEOUT_MS }),
    address: createOriginAddress({ ...site, originUrl: config.ORIGIN_URL }),
    audience: config.ORIGIN_URL ?? config.PUBLIC_URL,
    filter: new HeaderFilter(site.identifier.headerNames),
    reservedCookies: reservedCookies([...site.cookieNames, site.loopGuard.cookieName]),
    gatewaySecrets: gatewaySecrets(config),
    tokenClassifier: createTokenClassifier(config.ISSUERS),
    log,
    showsTiming: config.SERVER_TIMING,
  };
}

function createSessionApiOptions(
  config: Config,
  dependencies: Dependencies,
  services: Pick<
    SessionApiOptions,
    'log' | 'store' | 'readiness' | 'sessions' | 'identities' | 'readNames' | 'changes'
  >,
): SessionApiOptions {
  const keyDependencies = { ...dependencies, fetch: dependencies.fetchKeys };
  return {
    ...dependencies,
    ...services,
    config,
    issuerKeys: (issuer, keysUrl) =>
      createIssuerKeys(
        {
          issuer,
          algorithms: ['RS256'],
          keys: undefined,
          jwks_url: keysUrl,
          allow_other_origin: false,
        },
        config,
        keyDependencies,
      ),
  };
}
