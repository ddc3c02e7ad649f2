// Pure: no I/O, no clock.
import type { Resolution } from '../sessions/resolution.ts';
import type { Decision } from './decision-log.ts';

/** Returns the log's fields for a resolution: the session, its tier, and the problem if there was one. */
export function describeResolution(
  resolution: Resolution,
): Pick<
  Decision,
  | 'outcome'
  | 'reason'
  | 'tier'
  | 'ageSeconds'
  | 'fault'
  | 'revocation_lag_ms'
  | 'sessionId'
  | 'identityId'
> {
  const { tier, ageSeconds, fault, revocationLagMs } = resolution.provenance;
  const provenance = {
    tier,
    ageSeconds,
    ...(fault !== undefined && { fault }),
    ...(revocationLagMs !== undefined && { revocation_lag_ms: revocationLagMs }),
  };
  switch (resolution.outcome) {
    case 'signed-in': {
      const { id, identity } = resolution.session;
      return { outcome: 'pass', ...provenance, sessionId: id, identityId: identity.id };
    }
    case 'not-signed-in':
      return { outcome: 'deny', reason: resolution.reason, ...provenance };
    case 'insufficient':
      return { outcome: 'deny', reason: 'session_aal2_required', ...provenance };
    case 'rejected':
      return { outcome: 'refuse', ...provenance };
    case 'not-cached':
      return { outcome: 'fault', reason: 'not_cached', ...provenance };
    case 'unknown':
      return { outcome: 'fault', reason: resolution.reason, ...provenance };
  }
}
