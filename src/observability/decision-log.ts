import type { Reason } from '../errors/reasons.ts';

/** What is recorded of one request: never a credential, never a query, never a header. */
export interface Decision {
  readonly route: 'whoami' | 'gate' | 'forward-auth' | 'session-api' | 'own-sessions' | 'admission';
  readonly outcome: 'pass' | 'challenge' | 'deny' | 'refuse' | 'fault';
  readonly status: number;
  readonly method: string;
  /** The admitted path; left out when the request was refused before it had one. */
  readonly path?: string;
  readonly rule?: string;
  readonly reason?: Reason;
  /** More than the client was told, in Postern's or the configuration's words. */
  readonly detail?: string;
  readonly tier?: string;
  readonly ageSeconds?: number;
  /** From a mark in the revocation log to the first refusal here on account of it, in milliseconds. */
  readonly revocation_lag_ms?: number;
  readonly fault?: string;
  readonly sessionId?: string;
  readonly identityId?: string;
  readonly durationMs: number;
}

export type LogLevel = 'all' | 'refused' | 'none';
/** Takes what tells of a decision, as most of what could be told is not asked for where the log is off. */
export type DecisionLog = (tell: () => Decision) => void;

const MAX_PATH_LENGTH = 512;

/**
 * Writes decisions as one JSON line each; JSON's escapes keep control characters out of the line.
 *
 * @param count takes every decision, whatever the level; left out where nothing is counted
 */
export function createDecisionLog(
  level: LogLevel,
  write: (line: string) => void,
  count?: (decision: Decision) => void,
): DecisionLog {
  return function logDecision(tell) {
    if (level === 'none' && count === undefined) return;
    const decision = tell();
    count?.(decision);
    if (level === 'none' || (level === 'refused' && decision.outcome === 'pass')) return;
    const path = decision.path?.slice(0, MAX_PATH_LENGTH);
    write(JSON.stringify({ event: 'decision', ...decision, ...(path !== undefined && { path }) }));
  };
}
