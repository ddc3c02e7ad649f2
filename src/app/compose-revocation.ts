import type { Config } from '../config/config.ts';
import {
  OUTBOX_POLL_MS,
  OUTBOX_TIMEOUT_MS,
  type RevocationLogStub,
} from '../revocation/log-protocol.ts';
import {
  createRevocation,
  NO_REVOCATION,
  type Revocation,
  type RevocationOptions,
} from '../revocation/revocation.ts';
import type { Report } from '../runtime/report.ts';
import { checkLifeSeconds, type Lifetimes, type ToldFreshness } from '../sessions/freshness.ts';

/** The platform functions that the revocation log uses. */
export interface RevocationDependencies {
  /** Opens a new connection to the revocation log for each call; `undefined` if no log is bound. */
  readonly openLog: (() => RevocationLogStub) | undefined;
  readonly sums?: RevocationOptions['sums'];
  readonly now: () => number;
  readonly report: Report;
}

/** A mark is kept this much longer than anything that it can apply to, because clocks differ and checks take time. */
const KEEP_MARGIN_SECONDS = 60;

/** Makes the revocation log that the configuration asks for. Without a log, a line in the site's own log says so. */
export function createConfiguredRevocation(
  config: Config,
  { openLog, sums, now, report }: RevocationDependencies,
): Revocation {
  if (config.REVOCATION === 'off' || openLog === undefined) {
    const message =
      'No revocation log is kept: a revoked session is served for as long as its cached answer is fresh.';
    report({ event: 'revocation-off', message, freshSeconds: config.FRESH_SECONDS });
    return NO_REVOCATION;
  }
  return createRevocation({
    openLog,
    lagMs: config.REVOCATION_LAG_SECONDS * 1000,
    checkLifeMs: (checkLifeSeconds(lifetimesOf(config)) + KEEP_MARGIN_SECONDS) * 1000,
    tokenLifeMs: (tokenLifeSeconds(config) + KEEP_MARGIN_SECONDS) * 1000,
    maxMarks: config.REVOCATION_MAX_MARKS,
    hasOutbox: config.TOLD_FRESH_SECONDS !== undefined,
    sums,
    now,
    report,
  });
}

/** Returns the longest lifetime of a token of any issuer, in seconds, clock tolerance included; 0 without issuers. */
function tokenLifeSeconds(config: Config): number {
  const tokens = config.ISSUERS.map(
    ({ max_lifetime_seconds: lifetime, clock_tolerance_seconds: tolerance }) =>
      lifetime + 2 * tolerance,
  );
  return Math.max(0, ...tokens);
}

/** Returns the lifetimes of a check at Kratos. */
export function lifetimesOf(config: Config): Lifetimes {
  const { TOLD_FRESH_SECONDS: toldSeconds, REVOCATION_LAG_SECONDS: lagSeconds } = config;
  return {
    freshSeconds: config.FRESH_SECONDS,
    staleWhileRevalidateSeconds: config.STALE_WHILE_REVALIDATE_SECONDS,
    staleIfErrorSeconds: config.STALE_IF_ERROR_SECONDS,
    told: toldSeconds === undefined ? undefined : toldFreshness(toldSeconds, lagSeconds),
  };
}

/** Returns the freshness of sessions whose changes the outbox tells within this lag. */
export function toldFreshness(freshSeconds: number, lagSeconds: number): ToldFreshness {
  return { freshSeconds, withinMs: OUTBOX_POLL_MS + OUTBOX_TIMEOUT_MS + lagSeconds * 1000 };
}

/** Returns for how long after its issue a token counts while the log cannot be read: as long as a check, in seconds. */
export function tokenLifeWithoutLogSeconds(config: Config): number {
  return checkLifeSeconds({ ...lifetimesOf(config), told: undefined });
}
