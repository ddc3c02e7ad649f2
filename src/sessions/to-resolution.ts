// Pure: no I/O, no clock.
import type { LogPosition } from '../revocation/log-protocol.ts';
import type { SharedPlace } from '../runtime/shared-bytes.ts';
import { type ConfirmedAnswer, type ConfirmedRefusal, isProven } from './confirmed-answer.ts';
import { ageSeconds } from './freshness.ts';
import type { CheckedSession, Provenance, Resolution } from './resolution.ts';
import type { RememberedRefusal } from './session-memory.ts';

const FROM_STORE = {
  tier: 'store',
  ageSeconds: 0,
  ttlSeconds: undefined,
  collapsed: false,
  fault: undefined,
} as const;

/** Answers from a cached session. `fault` is set if a stale session is served only because the store failed. */
export function fromTier(
  checked: CheckedSession,
  place: {
    readonly tier: 'memory' | SharedPlace;
    readonly now: number;
    readonly ttlSeconds: number;
    readonly fault?: string;
  },
): Resolution {
  const { tier, now, ttlSeconds, fault } = place;
  const age = ageSeconds(checked, now);
  return {
    outcome: 'signed-in',
    session: checked.session,
    body: checked.body,
    logPosition: checked.logPosition,
    setCookies: [],
    cacheForSeconds: remaining(checked.cacheForSeconds, age),
    provenance: {
      tier,
      forwarded: fault === undefined ? undefined : 'stale',
      ageSeconds: age,
      ttlSeconds,
      collapsed: false,
      fault,
    },
  };
}

/** When and why the store was asked. */
export interface Circumstances {
  readonly startedAt: number;
  readonly logPosition: LogPosition;
  readonly now: number;
  readonly forwarded: NonNullable<Provenance['forwarded']>;
  /** Another request made the store call, and this one waited for it. Its `Set-Cookie` headers are left out. */
  readonly joined?: boolean;
  /** Returns the seconds until a session is stale; absent if the answer is not cached. */
  readonly ttlOf?: (checked: CheckedSession) => number;
}

/** Converts a store's answer to a resolution for the request. */
export function toResolution(answer: ConfirmedAnswer, circumstances: Circumstances): Resolution {
  const { startedAt, logPosition, now, forwarded, joined = false, ttlOf } = circumstances;
  const provenance: Provenance = { ...FROM_STORE, forwarded, collapsed: joined };
  switch (answer.kind) {
    case 'session': {
      const { session, body, setCookies, cacheForSeconds } = answer;
      if (now >= session.expiresAt) return expired(provenance);
      const checked = { session, body, checkedAt: startedAt, logPosition, cacheForSeconds };
      return {
        outcome: 'signed-in',
        session,
        body,
        logPosition,
        setCookies: joined ? [] : setCookies,
        cacheForSeconds,
        provenance: { ...provenance, ttlSeconds: ttlOf?.(checked) },
      };
    }
    case 'no-session':
      return refused(answer, provenance);
    case 'insufficient':
      return { outcome: 'insufficient', body: answer.body, provenance };
    case 'rejected':
      return { outcome: 'rejected', status: answer.status, body: answer.body, provenance };
    case 'fault':
      return unknown(answer.detail, answer.retryAfterSeconds, forwarded);
  }
}

/** Answers from the negative cache. */
export function refusalFromMemory(refusal: RememberedRefusal, now: number): Resolution {
  const age = Math.max(0, Math.floor((now - refusal.checkedAt) / 1000));
  const provenance: Provenance = {
    ...FROM_STORE,
    tier: 'memory',
    forwarded: undefined,
    ageSeconds: age,
  };
  return refused(refusal, provenance);
}

/** The answer to `only-if-cached` if no tier has an entry. */
export function notCached(): Resolution {
  return {
    outcome: 'not-cached',
    provenance: { ...FROM_STORE, tier: 'none', forwarded: undefined },
  };
}

/** The answer if the store could not be asked and no cached session may be served. */
export function unknown(
  fault: string,
  retryAfterSeconds: number | undefined,
  forwarded: NonNullable<Provenance['forwarded']>,
): Resolution {
  return {
    outcome: 'unknown',
    reason: 'store_unavailable',
    retryAfterSeconds,
    provenance: { ...FROM_STORE, tier: 'none', forwarded, fault },
  };
}

function refused(refusal: ConfirmedRefusal, provenance: Provenance): Resolution {
  const { body, cacheForSeconds } = refusal;
  return {
    outcome: 'not-signed-in',
    reason: 'session_inactive',
    body,
    cacheForSeconds: remaining(cacheForSeconds, provenance.ageSeconds),
    mayClearCookie: isProven(refusal),
    provenance,
  };
}

/** The part of the time for which the store allows caching that is left at this age, in seconds. */
function remaining(cacheForSeconds: number | undefined, age: number): number | undefined {
  return cacheForSeconds === undefined ? undefined : Math.max(0, cacheForSeconds - age);
}

/** The answer if the store confirmed a session that has expired since. */
function expired(provenance: Provenance): Resolution {
  return {
    outcome: 'not-signed-in',
    reason: 'session_inactive',
    body: undefined,
    mayClearCookie: true,
    provenance,
  };
}
