import type { Reason } from '../errors/reasons.ts';
import { traceIdOf } from '../http/request-headers.ts';
import type { Report } from '../runtime/report.ts';
import { VERSION } from '../runtime/version.ts';

/** The record of one request. It never holds a credential, a query or a header. */
export interface Decision {
  readonly route:
    | 'whoami'
    | 'gate'
    | 'forward-auth'
    | 'session-api'
    | 'own-sessions'
    | 'sign-in'
    | 'sign-out'
    | 'status'
    | 'admission';
  readonly outcome: 'pass' | 'challenge' | 'deny' | 'refuse' | 'fault';
  readonly status: number;
  readonly method: string;
  /** The admitted path; left out if the request was refused before it had one. */
  readonly path?: string;
  readonly rule?: string;
  readonly reason?: Reason;
  /** Details that the client was not told, in the words of Postern or of the configuration. */
  readonly detail?: string;
  readonly tier?: string;
  readonly ageSeconds?: number;
  /** Milliseconds from a mark in the revocation log to the first refusal in this isolate because of that mark. */
  readonly revocation_lag_ms?: number;
  readonly fault?: string;
  readonly sessionId?: string;
  readonly identityId?: string;
  readonly durationMs: number;
}

export type LogLevel = 'all' | 'refused' | 'none';
/**
 * Takes the request, for its trace id, and a function, so that a decision is described only if the log or the metrics
 * need it.
 */
export type DecisionLog = (request: Pick<Request, 'headers'>, tell: () => Decision) => void;

const MAX_PATH_LENGTH = 512;

/**
 * Writes each decision as one line of JSON, with Postern's version and the request's trace id. JSON's escapes keep
 * control characters out of the line.
 *
 * @param count takes every decision, at every level; left out if decisions are not counted
 */
export function createDecisionLog(
  level: LogLevel,
  report: Report,
  count?: (decision: Decision) => void,
): DecisionLog {
  return function logDecision(request, tell) {
    if (level === 'none' && count === undefined) return;
    const decision = tell();
    count?.(decision);
    if (level === 'none' || (level === 'refused' && decision.outcome === 'pass')) return;
    const path = decision.path?.slice(0, MAX_PATH_LENGTH);
    const traceId = traceIdOf(request.headers);
    report({
      event: 'decision',
      version: VERSION,
      ...decision,
      ...(path !== undefined && { path }),
      ...(traceId !== undefined && { traceId }),
    });
  };
}
