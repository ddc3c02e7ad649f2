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
  /** `undefined`: the store does not tell of its changes. */
  readonly told?: ToldFreshness | undefined;
}

/** The longer freshness of a session whose changes the store tells of. */
export interface ToldFreshness {
  readonly freshSeconds: number;
  /** While the channel works, every change of the store is known in every isolate after this time. */
  readonly withinMs: number;
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
  /**
   * The time until which all changes of the store since the check are known here. `undefined` if the store did not tell
   * of its changes since before the check.
   */
  readonly changesKnownUntil: number | undefined;
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
/**
 * When the store stops telling of its changes, freshness sinks over this time. An abrupt fall would send several times
 * as many checks to the store at once.
 */
const SINKING_MS = 45_000;

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
  const { freshMs, revalidateMs, errorMs } = limitsOf(checked, context, lifetimes);
  const age = now - checked.checkedAt;
  if (age >= errorMs) return 'unusable';
  if (checked.checkedAt < context.trustedSince) return 'if-error';
  if (age >= revalidateMs) return 'if-error';
  return age < freshMs ? 'fresh' : 'revalidate';
}

/** Whole seconds since the check started (RFC 9111 section 5.1). */
export function ageSeconds(checked: CheckedSession, now: number): number {
  return Math.max(0, Math.floor((now - checked.checkedAt) / 1000));
}

/** Whole seconds until the session is stale, negative after that (RFC 9211 section 2.4). */
export function ttlSeconds(
  checked: CheckedSession,
  context: ToldContext,
  lifetimes: Lifetimes,
): number {
  const { freshMs } = limitsOf(checked, context, lifetimes);
  const freshUntil = Math.min(checked.checkedAt + freshMs, checked.session.expiresAt);
  return Math.floor((freshUntil - context.now) / 1000);
}

/** Seconds after the start of the check from which on the session is unusable, whatever happens. */
export function usefulSeconds(
  { checkedAt, session, cacheForSeconds = Infinity }: CheckedSession,
  lifetimes: Lifetimes,
): number {
  const untilExpiry = (session.expiresAt - checkedAt) / 1000;
  return Math.min(checkLifeSeconds(lifetimes), cacheForSeconds, untilExpiry);
}

/** The longest time for which a check can be of use, in seconds. */
export function checkLifeSeconds(lifetimes: Lifetimes): number {
  return servedForSeconds(lifetimes) + lifetimes.staleIfErrorSeconds;
}

/** The longest time for which a check is served while the store can be asked, in seconds. */
export function servedForSeconds(lifetimes: Lifetimes): number {
  const { freshSeconds, staleWhileRevalidateSeconds, told } = lifetimes;
  return Math.max(freshSeconds, told?.freshSeconds ?? 0) + staleWhileRevalidateSeconds;
}

/** The part of the context on which the limits of a store that tells of its changes depend. */
type ToldContext = Pick<FreshnessContext, 'now' | 'changesKnownUntil'>;

/**
 * The three limits as ages. `Ory-Session-Cache-For` lowers each of them, because the store allows no caching beyond
 * it.
 */
function limitsOf(checked: CheckedSession, context: ToldContext, lifetimes: Lifetimes) {
  const { cacheForSeconds = Infinity } = checked;
  const { freshMs, revalidateMs, errorMs } = toldLimits(checked, context, lifetimes);
  const mostMs = cacheForSeconds * 1000;
  return {
    freshMs: Math.min(freshMs, mostMs),
    revalidateMs: Math.min(revalidateMs, mostMs),
    errorMs: Math.min(errorMs, mostMs),
  };
}

/**
 * The limits before `Ory-Session-Cache-For`. Known changes confirm a check, because a change of the session would have
 * left a mark. So the check may be served, and used despite a failing store, for as long after their end as another
 * check after its start.
 */
function toldLimits(
  { checkedAt }: CheckedSession,
  { now, changesKnownUntil }: ToldContext,
  lifetimes: Lifetimes,
) {
  const { staleWhileRevalidateSeconds, staleIfErrorSeconds, told } = lifetimes;
  const freshMs = lifetimes.freshSeconds * 1000;
  const revalidateMs = freshMs + staleWhileRevalidateSeconds * 1000;
  const errorMs = revalidateMs + staleIfErrorSeconds * 1000;
  if (told === undefined || changesKnownUntil === undefined)
    return { freshMs, revalidateMs, errorMs };
  const confirmedForMs = Math.max(0, changesKnownUntil - checkedAt);
  const servableMs = Math.max(revalidateMs, told.withinMs);
  const mostMs = servedForSeconds(lifetimes) * 1000;
  return {
    freshMs: sunkTo(now - changesKnownUntil, { freshMs, servableMs, told }),
    revalidateMs: Math.min(confirmedForMs + servableMs, mostMs),
    errorMs: Math.min(confirmedForMs + errorMs, mostMs + staleIfErrorSeconds * 1000),
  };
}

/**
 * The freshness that is left when the last known change lies this far back. It sinks exponentially, so that the same
 * share of sessions becomes stale in each second. It has sunk before the sessions may no longer be served.
 */
function sunkTo(
  silentMs: number,
  {
    freshMs,
    servableMs,
    told,
  }: { readonly freshMs: number; readonly servableMs: number; readonly told: ToldFreshness },
): number {
  const toldMs = Math.max(freshMs, told.freshSeconds * 1000);
  const sinkingMs = Math.min(SINKING_MS, servableMs - told.withinMs);
  const sinksForMs = silentMs - told.withinMs;
  if (sinksForMs < 0) return toldMs;
  if (sinksForMs >= sinkingMs) return freshMs;
  return toldMs * (freshMs / toldMs) ** (sinksForMs / sinkingMs);
}
