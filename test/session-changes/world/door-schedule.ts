/** One run of the world: everything that is drawn at random follows from it. */
export interface DoorSchedule {
  readonly seed: number;
  /** The request that ends sessions, by its index in the list of all. */
  readonly action: number;
  /** Milliseconds by which the clocks are wrong: of both isolates and of the log. */
  readonly skewsMs: readonly [number, number, number];
  /** Whether people change their own sessions in a browser, by cookie, or in an app, by token. */
  readonly isByCookie: boolean;
  readonly isStoreSlow: boolean;
  /** Probability of each failure of a call to the store; at most 1 in total. */
  readonly storeFaults: Readonly<Record<StoreFault, number>>;
  readonly logDelayMs: number;
  readonly logLoss: number;
  /** For so long the log is down, from the moment on at which the change is first made. */
  readonly logDownMs: number;
  readonly hasKv: boolean;
  readonly kvLoss: number;
  /** The longest between two requests of one client. */
  readonly pauseMs: number;
}

/**
 * Ways in which a call to the store comes to nothing: it does not arrive, it arrives and its answer is lost, the change is
 * made after nobody waits for it any more, it is answered with a failure, or by its limits.
 */
export type StoreFault = 'unreached' | 'unanswered' | 'late' | 'failing' | 'limited';

/** An answer that served or refused a person. */
export interface Seen {
  readonly who: string;
  /** The kind of credential it was given for. */
  readonly by: string;
  readonly isolate: number;
  readonly status: number;
  readonly at: number;
  /** Said to be given only because something failed. */
  readonly isLabelled: boolean;
  /** The address of the person in it. */
  readonly shows: 'first address' | 'new address' | undefined;
}

export interface DoorReport {
  readonly action: string;
  /** The time of the first answer with success; `undefined`: never, so there is no promise to keep. */
  readonly answeredAt: number | undefined;
  readonly tries: number;
  /** People whose session has ended then, by every credential. */
  readonly over: readonly string[];
  /** People who are shown with a new address then. */
  readonly renewed: readonly string[];
  /** People who must be served in every case. */
  readonly untouched: readonly string[];
  /** Answers before the success, and after it. */
  readonly before: readonly Seen[];
  readonly seen: readonly Seen[];
  /** Uncaught errors, and answers of a kind that no client may get. */
  readonly bugs: readonly string[];
}

export const LAG_MS = 5000;

/**
 * Answers that break the promise: somebody who is over is let in, somebody who was changed is shown as before, or somebody
 * who is untouched is told to be nobody.
 */
export function violations({ answeredAt, over, renewed, untouched, seen }: DoorReport): Seen[] {
  return seen.filter(({ who, status, at, isLabelled, shows }) => {
    if (untouched.includes(who)) return status === 401;
    const isLate = answeredAt !== undefined && at > answeredAt + LAG_MS;
    const isWrong = over.includes(who) || (renewed.includes(who) && shows === 'first address');
    return isLate && isWrong && status === 200 && !isLabelled;
  });
}
