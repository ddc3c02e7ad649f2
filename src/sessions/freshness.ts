// Pure: no I/O, no clock.
import type { LogPosition } from '../revocation/log-protocol.ts';
import type { CheckedSession } from './resolution.ts';

/**
 * Lifetimes of a store's answer, in seconds. The first begins at the start of the check. Each later one begins when
 * the one before it ends.
 */
export interface Lifetimes {
  readonly freshSeconds: number;
  readonly staleWhileRevalidateSeconds: number;
  readonly staleIfErrorSeconds: number;
}

/** Requirements of a request on the answer. */
export interface CacheRequirement {
  /** The earliest acceptable start of the check, in milliseconds since the epoch; 0 accepts any. */
  readonly minCheckedAt: number;
  readonly onlyIfCached: boolean;
  /** The response would clear a refused cookie. So the request waits for proof that the session has ended. */
  readonly wantsProof?: boolean;
}

/** Accepts every answer that freshness allows. */
export const NO_REQUIREMENT: CacheRequirement = Object.freeze({
  minCheckedAt: 0,
  onlyIfCached: false,
});

/** The conditions for using a cached session, at one moment. Times are in milliseconds since the epoch. */
export interface FreshnessContext {
  readonly now: number;
  /** The earliest start of a check that the request accepts. */
  readonly minCheckedAt: number;
  /**
   * The position of the last mark that names the session. A check that started with a smaller position is revoked.
   */
  readonly lastMark: LogPosition;
  /** Checks that started before this time may be used only while the store cannot be asked. */
  readonly trustedSince: number;
}

/**
 * - `fresh`: may be served;
 * - `revalidate`: may be served, and is refreshed in the background;
 * - `if-error`: may be served only if the store cannot be asked;
 * - `unusable`: must never be served.
 */
export type Usability = 'fresh' | 'revalidate' | 'if-error' | 'unusable';

/** Maximum clock difference between two locations. A check that lies further in the future is not accepted. */
const MAX_CLOCK_SKEW_MS = 10_000;

/** Decides how a cached session may be used. */
export function usabilityOf(
  checked: CheckedSession,
  context: FreshnessContext,
  lifetimes: Lifetimes,
): Usability {
  const { now } = context;
  if (now >= checked.session.expiresAt) return 'unusable';
  if (checked.logPosition < context.lastMark || checked.checkedAt < context.minCheckedAt)
    return 'unusable';
  if (checked.checkedAt > now + MAX_CLOCK_SKEW_MS) return 'unusable';
  const { freshMs, revalidateMs, errorMs } = limitsOf(checked, lifetimes);
  const age = now - checked.checkedAt;
  if (age >= errorMs) return 'unusable';
  if (checked.checkedAt < context.trustedSince) return 'if-error';
  if (age < freshMs) return 'fresh';
  return age < revalidateMs ? 'revalidate' : 'if-error';
}

/** Whole seconds since the check started (RFC 9111 section 5.1). */
export function ageSeconds(checked: CheckedSession, now: number): number {
  return Math.max(0, Math.floor((now - checked.checkedAt) / 1000));
}

/** Whole seconds until the session is stale, negative after that (RFC 9211 section 2.4). */
export function ttlSeconds(checked: CheckedSession, now: number, lifetimes: Lifetimes): number {
  const { freshMs } = limitsOf(checked, lifetimes);
  const freshUntil = Math.min(checked.checkedAt + freshMs, checked.session.expiresAt);
  return Math.floor((freshUntil - now) / 1000);
}

/** Seconds after the start of the check at which the session becomes unusable. */
export function usefulSeconds(checked: CheckedSession, lifetimes: Lifetimes): number {
  const untilExpiry = (checked.session.expiresAt - checked.checkedAt) / 1000;
  return Math.min(limitsOf(checked, lifetimes).errorMs / 1000, untilExpiry);
}

/**
 * The three limits as ages. `Ory-Session-Cache-For` lowers each of them, because the store allows no caching beyond
 * it.
 */
function limitsOf({ cacheForSeconds = Infinity }: CheckedSession, lifetimes: Lifetimes) {
  const fresh = lifetimes.freshSeconds;
  const revalidate = fresh + lifetimes.staleWhileRevalidateSeconds;
  const error = revalidate + lifetimes.staleIfErrorSeconds;
  return {
    freshMs: Math.min(fresh, cacheForSeconds) * 1000,
    revalidateMs: Math.min(revalidate, cacheForSeconds) * 1000,
    errorMs: Math.min(error, cacheForSeconds) * 1000,
  };
}
