/** One run of the world: everything that is drawn at random follows from it. */
export interface Schedule {
  readonly seed: number;
  /** Milliseconds by which the clocks are wrong: of both isolates and of the log. */
  readonly skewsMs: readonly [number, number, number];
  /** When the revocation is asked for, in milliseconds from the start. */
  readonly revokeAtMs: number;
  readonly revokedThrough: 0 | 1;
  readonly subject: 'session' | 'identity';
  /** The longest a call to the log takes; its deadline is one second. */
  readonly logDelayMs: number;
  readonly logLoss: number;
  /** The longest a call to the store takes; its deadline is nine seconds. */
  readonly storeDelayMs: number;
  readonly storeLoss: number;
  readonly kvStaleMs: number;
  readonly kvLoss: number;
  readonly freshSeconds: number;
  /** The longest between two requests of one client. */
  readonly pauseMs: number;
}

/** An answer that let somebody in. */
export interface Served {
  readonly isolate: number;
  readonly sessionId: string;
  readonly at: number;
  /** Said to be given only because something failed. */
  readonly fault: string | undefined;
  readonly isStrict: boolean;
}

/** What happened in one run. Times are in milliseconds of the world's own clock. */
export interface Report {
  /** When the revocation was answered; `undefined` when it failed, and so promised nothing. */
  readonly answeredAt: number | undefined;
  readonly revoked: readonly string[];
  readonly served: readonly Served[];
  /** Per isolate: when reads of the log were sent that then succeeded, and when they did. */
  readonly logReads: readonly (readonly { readonly sentAt: number; readonly endedAt: number }[])[];
  readonly unknown: number;
}

/** The lag every world runs with. */
export const LAG_MS = 5000;

/**
 * Answers that break the promise: a session that was revoked is let in later than the lag after the revocation was
 * answered. One given because both the log and the store failed, and saying so, is within the promise as long as
 * its isolate has not been able to read the log since, and nobody asked for strictness.
 */
export function violations({ answeredAt, revoked, served, logReads }: Report): Served[] {
  if (answeredAt === undefined) return [];
  return served.filter(({ sessionId, at, fault, isolate, isStrict }) => {
    if (!revoked.includes(sessionId) || at <= answeredAt + LAG_MS) return false;
    const hasSeenLog = logReads[isolate]?.some(
      ({ sentAt, endedAt }) => sentAt > answeredAt && endedAt <= at,
    );
    return fault === undefined || isStrict || hasSeenLog;
  });
}
