import type { Config } from '../config/config.ts';
import type { RevocationLogStub } from '../revocation/log-protocol.ts';
import { createRevocation, NO_REVOCATION, type Revocation } from '../revocation/revocation.ts';

/** What the log uses of the world around it. */
export interface RevocationSurroundings {
  /** A new way to the revocation log for each call; `undefined` where none is bound. */
  readonly openLog: (() => RevocationLogStub) | undefined;
  readonly now: () => number;
  readonly write: (line: string) => void;
}

/** Marks outlive whatever may be older than they are by this much, for clocks differ and checks take time. */
const KEEP_MARGIN_SECONDS = 60;

/** The log as configured; a site that keeps none is told so in its own log. */
export function createConfiguredRevocation(
  config: Config,
  { openLog, now, write }: RevocationSurroundings,
): Revocation {
  if (config.REVOCATION === 'off' || openLog === undefined) {
    const message =
      'No revocation log is kept: a revoked session is served for as long as its cached answer is fresh.';
    write(JSON.stringify({ event: 'revocation-off', message, freshSeconds: config.FRESH_SECONDS }));
    return NO_REVOCATION;
  }
  return createRevocation({
    openLog,
    lagMs: config.REVOCATION_LAG_SECONDS * 1000,
    checkLifeMs: (checkLifeSeconds(config) + KEEP_MARGIN_SECONDS) * 1000,
    tokenLifeMs: (tokenLifeSeconds(config) + KEEP_MARGIN_SECONDS) * 1000,
    maxMarks: config.REVOCATION_MAX_MARKS,
    now,
    onFailure: (operation) => write(JSON.stringify({ event: 'revocation-log-failure', operation })),
  });
}

/** The longest that a token of any issuer lives; 0 where none is believed. */
function tokenLifeSeconds(config: Config): number {
  const tokens = config.ISSUERS.map(
    ({ max_lifetime_seconds: lifetime, clock_tolerance_seconds: tolerance }) =>
      lifetime + 2 * tolerance,
  );
  return Math.max(0, ...tokens);
}

/** From its start, how long a check can be of any use. */
export function checkLifeSeconds(config: Config): number {
  return (
    config.FRESH_SECONDS + config.STALE_WHILE_REVALIDATE_SECONDS + config.STALE_IF_ERROR_SECONDS
  );
}
