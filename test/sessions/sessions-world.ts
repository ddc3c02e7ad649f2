import type { Credential } from '../../src/credentials/credential.ts';
import type { Readiness, SessionStore, StoreAnswer } from '../../src/providers/session-store.ts';
import { noCounts } from '../../src/revocation/isolate-counts.ts';
import { NO_REVOCATION_LOG } from '../../src/revocation/revocation-view.ts';
import type { KeyValueStore } from '../../src/runtime/kv.ts';
import type { LocationCache } from '../../src/runtime/location-cache.ts';
import { type CacheRequirement, NO_REQUIREMENT } from '../../src/sessions/freshness.ts';
import { setProvenance } from '../../src/sessions/provenance-headers.ts';
import type { Resolution } from '../../src/sessions/resolution.ts';
import { Sessions } from '../../src/sessions/sessions.ts';
import { StoreReadiness } from '../../src/sessions/store-readiness.ts';
import { createTestTiers } from '../support/shared-tiers.ts';
import { type CheckedSessionOptions, checkedSession, STORE_ISSUER } from './checked-sessions.ts';

/** When each world begins. */
export const T = 1_700_000_000_000;
/** When its sessions end, unless a test says otherwise. */
export const EXPIRES_AT = T + 40_000;
/** Possible answers of the store. */
export const NO: StoreAnswer = { kind: 'no-session', body: 'no' };
export const FAULT: StoreAnswer = {
  kind: 'fault',
  scope: 'store',
  detail: 'store-503',
  retryAfterSeconds: undefined,
};
export const credential: Credential = {
  carrier: { kind: 'session-token-header' },
  value: 'ory_st_abcdefghijklmnopqrstuvwxyz012345',
};

/** A session, as the store answers it. */
export function yes(options: CheckedSessionOptions & { readonly setCookies?: string[] } = {}) {
  const { session, body, cacheForSeconds } = checkedSession({ expiresAt: EXPIRES_AT, ...options });
  const { setCookies = [] } = options;
  return { kind: 'session', session, body, cacheForSeconds, setCookies } as const;
}

/** Sessions over a store that answers as told, with a clock in the test's hand. */
export function createWorld({
  kv = new Map<string, ArrayBuffer>(),
  location = undefined as LocationCache | undefined,
  revocation = NO_REVOCATION_LOG,
} = {}) {
  const world = {
    now: T,
    answer: yes() as StoreAnswer,
    readiness: 'ready' as Readiness,
    calls: 0,
    readinessCalls: 0,
    kv,
    /** Events during a read of KV. */
    duringKvRead: async () => {},
    /** Events during the store call. */
    meanwhile: async () => {},
  };
  const anchored: Promise<unknown>[] = [];
  const waitUntil = (work: Promise<unknown>) => void anchored.push(work);
  const store: KeyValueStore = {
    get: async (name) => {
      await world.duringKvRead();
      return kv.get(name) ?? null;
    },
    put: async (name, value) => void kv.set(name, value),
    delete: async (name) => void kv.delete(name),
  };
  const sessionStore: SessionStore = {
    id: 'https://kratos.example.test',
    check: async () => {
      world.calls += 1;
      const { answer } = world;
      await world.meanwhile();
      return answer;
    },
    readiness: async () => {
      world.readinessCalls += 1;
      return world.readiness;
    },
  };
  const readiness = new StoreReadiness({
    store: sessionStore,
    now: () => world.now,
    report: () => {},
  });
  const sessions = new Sessions({
    store: sessionStore,
    readiness,
    shared: createTestTiers({ location, kv: store, issuer: STORE_ISSUER, now: () => world.now }),
    revocation,
    lifetimes: { freshSeconds: 30, staleWhileRevalidateSeconds: 30, staleIfErrorSeconds: 300 },
    memoryLimits: { maxEntries: 100, maxBytes: 1_000_000 },
    storeTimeoutMs: 1000,
    counts: noCounts(),
    report: () => {},
    now: () => world.now,
  });
  return Object.assign(world, {
    sessions,
    waitUntil,
    resolve: async (requirement: Partial<CacheRequirement> = {}) => {
      const terms = [credential, { ...NO_REQUIREMENT, ...requirement }, waitUntil] as const;
      return sessions.recall(...terms) ?? sessions.resolve(...terms);
    },
    resolveUnstored: () => sessions.resolveUnstored(credential, waitUntil),
    settle: async () => {
      while (anchored.length > 0) await Promise.all(anchored.splice(0));
    },
  });
}

/** Long enough for all who ask at once to have asked. */
export const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 20));

/** Returns the source that an answer would state. */
export function statusOf({ provenance }: Resolution): string | null {
  const headers = new Headers();
  setProvenance(headers, provenance);
  return headers.get('cache-status');
}
