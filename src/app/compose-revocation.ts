import type { Config } from '../config/config.ts';
import type { RevocationLogStub } from '../revocation/log-protocol.ts';
import { createRevocation, NO_REVOCATION, type Revocation } from '../revocation/revocation.ts';
import type { Report } from '../runtime/report.ts';

/** The platform functions that the revocation log uses. */
export interface RevocationDependencies {
  /** Opens a new connection to the revocation log for each call; `undefined` if no log is bound. */
  readonly openLog: (() => RevocationLogStub) | undefined;
  readonly now: () => number;
  readonly report: Report;
}

/** A mark is kept this much longer than anything that it can apply to, because clocks differ and checks take time. */
const KEEP_MARGIN_SECONDS = 60;

/** Makes the revocation log that the configuration asks for. Without a log, a line in the site's own log says so. */
export function createConfiguredRevocation(
  config: Config,
  { openLog, now, report }: RevocationDependencies,
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
    checkLifeMs: (checkLifeSeconds(config) + KEEP_MARGIN_SECONDS) * 1000,
    tokenLifeMs: (tokenLifeSeconds(config) + KEEP_MARGIN_SECONDS) * 1000,
    maxMarks: config.REVOCATION_MAX_MARKS,
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

/** Returns for how many seconds after its start a check may be used. */
export function checkLifeSeconds(config: Config): number {
  return (
    config.FRESH_SECONDS + config.STALE_WHILE_REVALIDATE_SECONDS + config.STALE_IF_ERROR_SECONDS
  );
}
