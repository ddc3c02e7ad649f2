/** The verdict on a stream that goes on after the answer to its request. */
export type SessionStatus = 'pass' | 'deny' | 'cannot-tell';

/** A watch over a session, for as long as the stream that it opened goes on. */
export interface SessionWatch {
  /** Settles once, when the session is over or can no longer be checked. Never rejects. */
  readonly over: Promise<Exclude<SessionStatus, 'pass'>>;
  /** Ends the watch; to be called when the stream has ended. */
  stop(): void;
}

const MAX_INTERVAL_MS = 1000;

/**
 * Returns the greatest age of the data that a check relies on, in milliseconds: half the lag. Checks take the rest.
 */
export function recheckMaxAgeMs(lagMs: number): number {
  return lagMs / 2;
}

/**
 * Checks a session again and again, and reports when it is over. Resolves after the first check.
 *
 * The data that a check relies on is no older than {@link recheckMaxAgeMs} when the check begins. So its result holds for
 * the rest of the lag from then on, and no longer: a slow check does not prolong the result of the check before. Hence
 * the stream of a revoked session ends no later than the lag after the revocation, by construction.
 *
 * @param look checks the session once more, and may take any time
 * @param lagMs `Infinity` without a revocation log: then only the result of a check can end the stream
 */
export async function watchSession(
  check: () => Promise<SessionStatus>,
  lagMs: number,
): Promise<SessionWatch> {
  const { promise: over, resolve } = Promise.withResolvers<Exclude<SessionStatus, 'pass'>>();
  let isChecking = false;
  let isOver = false;
  let forgetProof = () => {};
  const timer = setInterval(recheck, Math.min(MAX_INTERVAL_MS, lagMs / 4));
  const stop = () => {
    isOver = true;
    clearInterval(timer);
    forgetProof();
  };
  const end = (status: Exclude<SessionStatus, 'pass'>) => {
    stop();
    resolve(status);
  };

  async function recheck(): Promise<void> {
    if (isChecking) return;
    isChecking = true;
    const forgetThis = after(lagMs - recheckMaxAgeMs(lagMs), () => end('cannot-tell'));
    const status = await check().catch((): SessionStatus => 'cannot-tell');
    isChecking = false;
    if (isOver || status !== 'pass') forgetThis();
    else {
      forgetProof();
      forgetProof = forgetThis;
    }
    if (!isOver && status !== 'pass') end(status);
  }

  await Promise.race([recheck(), over]);
  return { over, stop };
}

/**
 * Calls `act` after some milliseconds.
 *
 * @returns a function that cancels the call
 */
function after(ms: number, act: () => void): () => void {
  if (!Number.isFinite(ms)) return () => {};
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
