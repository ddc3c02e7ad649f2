import type { Config } from '../config/config.ts';
import type { KratosConfig } from '../config/kratos-config.ts';
import {
  createKratosIdentities,
  type KratosIdentities,
} from '../providers/kratos/kratos-identities.ts';
import { createKratosStore } from '../providers/kratos/kratos-store.ts';
import type { SessionStore } from '../providers/session-store.ts';
import { createUpstream, type Upstream } from '../providers/upstream.ts';
import type { IsolateCounts } from '../revocation/isolate-counts.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import type { SharedBytes } from '../runtime/shared-bytes.ts';
import type { SampledHits } from '../sessions/sampled-hits.ts';
import { Sessions } from '../sessions/sessions.ts';
import { StoreReadiness } from '../sessions/store-readiness.ts';
import { lifetimesOf } from './compose-revocation.ts';
import { createSharedTiers } from './compose-tiers.ts';
import type { Dependencies, Fetch } from './dependencies.ts';
import { createSiteCookies } from './site-answers.ts';

/** Kratos: the session store, and the APIs behind the routes of the session API. */
export interface Kratos {
  readonly addresses: KratosConfig;
  readonly store: SessionStore;
  readonly readiness: StoreReadiness;
  readonly sessions: Sessions;
  /** The public API. */
  readonly api: Upstream;
  /** The admin API; `undefined` if it is not configured. */
  readonly admin: KratosAdmin | undefined;
}

export interface KratosAdmin {
  readonly api: Upstream;
  readonly identities: KratosIdentities;
}

/** The services and platform functions that Kratos's services use. */
export interface KratosDependencies extends Pick<Dependencies, 'fetchers' | 'now' | 'report'> {
  readonly places: readonly SharedBytes[];
  readonly revocation: RevocationView;
  readonly sampledHits: SampledHits | undefined;
  readonly counts: IsolateCounts;
}

/** Makes all that belongs to Kratos; `undefined` if Kratos is not configured. */
export function createKratos(config: Config, dependencies: KratosDependencies): Kratos | undefined {
  const { KRATOS: addresses, STORE_TIMEOUT_MS: timeoutMs } = config;
  if (addresses === undefined) return undefined;
  const { publicUrl, issuer } = addresses;
  const { fetchers, now, report } = dependencies;
  const fetch = fetchers.kratos;
  const siteCookie = createSiteCookies(config, addresses);
  const store = createKratosStore({ publicUrl, issuer, timeoutMs, fetch, siteCookie });
  const readiness = new StoreReadiness({ store, now, report });
  return {
    addresses,
    store,
    readiness,
    sessions: createSessions(config, { store, readiness, issuer }, dependencies),
    api: createUpstream({ baseUrl: publicUrl, timeoutMs, fetch }),
    admin: createKratosAdmin(config, fetchers.kratosAdmin),
  };
}

function createSessions(
  config: Config,
  { store, readiness, issuer }: Pick<Kratos, 'store' | 'readiness'> & { readonly issuer: string },
  { places, revocation, sampledHits, counts, now, report }: KratosDependencies,
): Sessions {
  const lifetimes = lifetimesOf(config);
  return new Sessions({
    store,
    readiness,
    shared: createSharedTiers(config, { issuer, places, lifetimes, now }),
    revocation,
    lifetimes,
    memoryLimits: { maxEntries: config.MEMORY_MAX_ENTRIES, maxBytes: config.MEMORY_MAX_BYTES },
    storeTimeoutMs: config.STORE_TIMEOUT_MS,
    sampledHits,
    counts,
    report,
    now,
  });
}

function createKratosAdmin(config: Config, fetch: Fetch): KratosAdmin | undefined {
  const { KRATOS_ADMIN_URL: baseUrl, STORE_TIMEOUT_MS: timeoutMs } = config;
  if (baseUrl === undefined) return undefined;
  const api = createUpstream({ baseUrl, fetch, timeoutMs });
  return { api, identities: createKratosIdentities(api, config.KRATOS_ADMIN_API_KEY) };
}
