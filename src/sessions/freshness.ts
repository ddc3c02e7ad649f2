// Pure: no I/O, no clock.
import type { LogPosition } from '../revocation/log-protocol.ts';
import type { CheckedSession } from './checked-session.ts';

/** How long an answer of the store may be used, in seconds from the start of its check; each begins where the one before ends. */
export interface Lifetimes {
  readonly freshSeconds: number;
  readonly staleWhileRevalidateSeconds: number;
  readonly staleIfErrorSeconds: number;
}

/** What a remembered session has to stand up to, at one moment. Times are in milliseconds since the epoch. */
export interface Moment {
  readonly now: number;
  /** The requester accepts nothing checked before this. */
  readonly asOf: number;
  /** Where in the log it was last marked: a check that started in ignorance of that is revoked. */
  readonly notBefore: LogPosition;
  /** Checks before this are good only while the store cannot be asked. */
  readonly trustedSince: number;
}

/**
 * - `fresh`: may be served as it is;
 * - `revalidate`: may be served, and is checked behind the answer;
 * - `if-error`: may be served only when the store cannot be asked;
 * - `unusable`: may not be served, whatever happens.
 */
export type Usability = 'fresh' | 'revalidate' | 'if-error' | 'unusable';

/** Clocks of two places differ by less; a check further in the future than this is not believed. */
const MAX_CLOCK_SKEW_MS = 10_000;

/** What a remembered session is still good for. */
export function judge(checked: CheckedSession, moment: Moment, lifetimes: Lifetimes): Usability {
  const { now } = moment;
  if (now >= checked.session.expiresAt) return 'unusable';
  if (checked.logPosition < moment.notBefore || checked.checkedAt < moment.asOf) return 'unusable';
  if (checked.checkedAt > now + MAX_CLOCK_SKEW_MS) return 'unusable';
  const { freshMs, revalidateMs, errorMs } = limitsOf(checked, lifetimes);
  const age = now - checked.checkedAt;
  if (age >= errorMs) return 'unusable';
  if (checked.checkedAt < moment.trustedSince) return 'if-error';
  if (age < freshMs) return 'fresh';
  return age < revalidateMs ? 'revalidate' : 'if-error';
}

/** Whole seconds since the check started (RFC 9111 section 5.1). */
export function ageSeconds(checked: CheckedSession, now: number): number {
  return Math.max(0, Math.floor((now - checked.checkedAt) / 1000));
}

/** Whole seconds it stays fresh, negative once it is stale (RFC 9211 section 2.4). */
export function ttlSeconds(checked: CheckedSession, now: number, lifetimes: Lifetimes): number {
  const { freshMs } = limitsOf(checked, lifetimes);
  const freshUntil = Math.min(checked.checkedAt + freshMs, checked.session.expiresAt);
  return Math.floor((freshUntil - now) / 1000);
}

/** Seconds after the check at which nothing can be done with it any more. */
export function usefulSeconds(checked: CheckedSession, lifetimes: Lifetimes): number {
  const untilExpiry = (checked.session.expiresAt - checked.checkedAt) / 1000;
  return Math.min(limitsOf(checked, lifetimes).errorMs / 1000, untilExpiry);
}

/** `Ory-Session-Cache-For` lowers every limit, as the store allows no keeping beyond it. */
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
