import type { Config } from '../config/config.ts';
import {
  createKratosIdentities,
  type KratosIdentities,
} from '../providers/kratos/kratos-identities.ts';
import { createKratosStore } from '../providers/kratos/kratos-store.ts';
import type { SessionStore } from '../providers/session-store.ts';
import { createUpstream, type Upstream } from '../providers/upstream.ts';
import type { Report } from '../runtime/report.ts';
import { StoreReadiness } from '../sessions/store-readiness.ts';
import type { Fetch } from './dependencies.ts';
import { createSiteCookies } from './site-answers.ts';

/** Kratos: the session store, and the APIs behind the routes of the session API. */
export interface Kratos {
  readonly store: SessionStore;
  readonly readiness: StoreReadiness;
  /** The public API. */
  readonly api: Upstream;
  /** The admin API; `undefined` if it is not configured. */
  readonly admin: KratosAdmin | undefined;
}

export interface KratosAdmin {
  readonly api: Upstream;
  readonly identities: KratosIdentities;
}

/** The platform functions that Kratos's services use. */
export interface KratosDependencies {
  readonly fetchPublic: Fetch;
  readonly fetchAdmin: Fetch;
  readonly now: () => number;
  readonly report: Report;
}

export function createKratos(
  config: Config,
  { fetchPublic, fetchAdmin, now, report }: KratosDependencies,
): Kratos {
  const {
    KRATOS_PUBLIC_URL: publicUrl,
    STORE_ISSUER: issuer,
    STORE_TIMEOUT_MS: timeoutMs,
  } = config;
  const siteCookie = createSiteCookies(config);
  const store = createKratosStore({ publicUrl, issuer, timeoutMs, fetch: fetchPublic, siteCookie });
  return {
    store,
    readiness: new StoreReadiness({ store, now, report }),
    api: createUpstream({ baseUrl: publicUrl, timeoutMs, fetch: fetchPublic }),
    admin: createKratosAdmin(config, fetchAdmin),
  };
}

function createKratosAdmin(config: Config, fetch: Fetch): KratosAdmin | undefined {
  const { KRATOS_ADMIN_URL: baseUrl, STORE_TIMEOUT_MS: timeoutMs } = config;
  if (baseUrl === undefined) return undefined;
  const api = createUpstream({ baseUrl, fetch, timeoutMs });
  return { api, identities: createKratosIdentities(api, config.KRATOS_ADMIN_API_KEY) };
}
