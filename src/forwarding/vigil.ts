/** What is to become of something that goes on after the answer to its request. */
export type Standing = 'pass' | 'deny' | 'cannot-tell';

/** A watch over somebody's session, for as long as what it let in goes on. */
export interface Vigil {
  /** Settles once, when the session is over or nobody can tell any more; never rejects. */
  readonly over: Promise<Exclude<Standing, 'pass'>>;
  /** To be called when there is nothing left to watch over. */
  stop(): void;
}

const MAX_INTERVAL_MS = 1000;

/** How old what a look relies on may be, in milliseconds: half the lag, the other half being for the looks. */
export function lookMaxAgeMs(lagMs: number): number {
  return lagMs / 2;
}

/**
 * Looks at a session again and again, and says when it is over. Resolves after the first look.
 *
 * A look relies on nothing older than {@link lookMaxAgeMs} when it begins, so what it proves holds for
 * the rest of the lag from then on, and no longer: a look that takes its time does not prolong what the one
 * before proved. Hence whatever was revoked is over no later than the lag after, by construction.
 *
 * @param look finds out once more, and may take as long as it does
 * @param lagMs `Infinity` where no revocation log is kept: then only what is looked up can end it
 */
export async function keepVigil(look: () => Promise<Standing>, lagMs: number): Promise<Vigil> {
  const { promise: over, resolve } = Promise.withResolvers<Exclude<Standing, 'pass'>>();
  let isLooking = false;
  let isOver = false;
  let forgetProof = () => {};
  const timer = setInterval(lookAgain, Math.min(MAX_INTERVAL_MS, lagMs / 4));
  const stop = () => {
    isOver = true;
    clearInterval(timer);
    forgetProof();
  };
  const end = (standing: Exclude<Standing, 'pass'>) => {
    stop();
    resolve(standing);
  };

  async function lookAgain(): Promise<void> {
    if (isLooking) return;
    isLooking = true;
    const forgetThis = after(lagMs - lookMaxAgeMs(lagMs), () => end('cannot-tell'));
    const standing = await look().catch((): Standing => 'cannot-tell');
    isLooking = false;
    if (isOver || standing !== 'pass') forgetThis();
    else {
      forgetProof();
      forgetProof = forgetThis;
    }
    if (!isOver && standing !== 'pass') end(standing);
  }

  await Promise.race([lookAgain(), over]);
  return { over, stop };
}

/** @returns what keeps it from being done */
function after(ms: number, act: () => void): () => void {
  if (!Number.isFinite(ms)) return () => {};
  const timer = setTimeout(act, ms);
  return () => clearTimeout(timer);
}
