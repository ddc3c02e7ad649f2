/** One run of the world: everything that is drawn at random follows from it. */
export interface Schedule {
  readonly seed: number;
  /** Milliseconds by which the clocks are wrong: of both isolates and of the log. */
  readonly skewsMs: readonly [number, number, number];
  /** When the revocation is asked for, in milliseconds from the start. */
  readonly revokeAtMs: number;
  readonly revokedThrough: 0 | 1;
  readonly subject: 'session' | 'identity';
  /** The longest read of the log. A request waits at most a second for one, or half the lag with a token. */
  readonly logDelayMs: number;
  readonly logLoss: number;
  /** Share of invalid answers. */
  readonly logGarble: number;
  /** The longest a look for a token's key takes. */
  readonly keyDelayMs: number;
  /** The longest a call to the store takes; its deadline is nine seconds. */
  readonly storeDelayMs: number;
  readonly storeLoss: number;
  readonly kvStaleMs: number;
  readonly kvLoss: number;
  /** Whether both isolates share one location's cache. */
  readonly isOneLocation: boolean;
  /** The longest operation of a location's cache; a read waits 25 ms at most. */
  readonly locationDelayMs: number;
  readonly locationLoss: number;
  /** Share of reads that show an overwritten or deleted value. */
  readonly locationReplay: number;
  readonly freshSeconds: number;
  /** The clients: all people, or the client of the revoked session or token alone, so that no other request refreshes the view. */
  readonly clients: 'all' | 'session' | 'token';
  /** The longest between two requests of one client. */
  readonly pauseMs: number;
}

/** An answer that served the session. */
export interface Served {
  readonly isolate: number;
  readonly sessionId: string;
  readonly isToken: boolean;
  readonly askedAt: number;
  readonly at: number;
  /** Said to be given only because something failed. */
  readonly fault: string | undefined;
  readonly isStrict: boolean;
}

/** A read of the log by one isolate. */
export interface LogRead {
  readonly sentAt: number;
  /** `Infinity` while no answer has come. */
  endedAt: number;
  /** Whether a page came, and not just anything. */
  isPage: boolean;
}

/** A question to the store that was answered, or whose deadline was over. */
export interface StoreCall {
  readonly endedAt: number;
}

/** The events of one run. Times are in milliseconds of the world's own clock. */
export interface Report {
  /** The time of the answer to the revocation; `undefined` if it failed, and so made no promise. */
  readonly answeredAt: number | undefined;
  readonly revoked: readonly string[];
  readonly served: readonly Served[];
  /** Per isolate, in the order in which they were sent. */
  readonly logReads: readonly (readonly LogRead[])[];
  /** Per isolate. */
  readonly storeCalls: readonly (readonly StoreCall[])[];
  readonly unknown: number;
  /** Errors that reached a client, or were unhandled. */
  readonly thrown: number;
}

/** The lag every world runs with. */
export const LAG_MS = 5000;

/**
 * Returns answers that break the promise: a revoked session is served later than the lag after the answer to its
 * revocation. An answer with a note that both the log and the store failed (for a token: the log) keeps the promise
 * on four conditions: its isolate has not read the log since, it cannot read the log now, it has called the store,
 * and the request did not require strictness.
 */
export function violations(report: Report): Served[] {
  const { answeredAt, revoked, served } = report;
  if (answeredAt === undefined) return [];
  return served.filter((one) => {
    if (!revoked.includes(one.sessionId) || one.at <= answeredAt + LAG_MS) return false;
    return one.fault === undefined || one.isStrict || !isDespiteAll(one, answeredAt, report);
  });
}

function isDespiteAll(
  { isolate, isToken, askedAt, at }: Served,
  answeredAt: number,
  { logReads, storeCalls }: Report,
): boolean {
  const reads = (logReads[isolate] ?? []).filter(({ sentAt }) => sentAt <= at);
  const hasEnded = ({ isPage, endedAt }: LogRead) => isPage && endedAt < at;
  const hasSeenLog = reads.some((read) => read.sentAt > answeredAt && hasEnded(read));
  const last = reads.at(-1);
  const isLogReadable = last !== undefined && hasEnded(last);
  const hasAskedStore = storeCalls[isolate]?.some(
    ({ endedAt }) => endedAt >= askedAt && endedAt <= at,
  );
  return !hasSeenLog && !isLogReadable && (isToken || hasAskedStore === true);
}
