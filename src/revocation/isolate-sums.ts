// Pure: no I/O; the clock is a parameter.
import type { IsolateCounts } from './isolate-counts.ts';

/**
 * The counts of an isolate as text, which it sends with a read of the log: a random name of {@link NAME_LENGTH} characters,
 * its location (an IATA code; `-` if not known), the age of its gateway in milliseconds, and its counts in their order,
 * separated by spaces.
 */
export type IsolateSums = string;

/** The sums of an isolate, and the time since they came. */
export interface KeptSums {
  readonly sums: IsolateSums;
  readonly sentMsAgo: number;
}

/** The least time between two sendings: they are for people, who do not need each number at once. */
const SEND_INTERVAL_MS = 10_000;
export const NAME_LENGTH = 8;
const MAX_LENGTH = 400;
/** Maximum number of isolates. Beyond it those that were silent for longest are dropped. */
export const MAX_ISOLATES = 1000;

export interface SumsSenderOptions {
  readonly counts: IsolateCounts;
  readonly location: string;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly now: () => number;
}

/** Makes a function that returns the sums of this isolate when they are due, and `undefined` otherwise. */
export function createSumsSender({
  counts,
  location,
  random,
  now,
}: SumsSenderOptions): () => IsolateSums | undefined {
  const name = random().toString(36).slice(2).padEnd(NAME_LENGTH, '0').slice(0, NAME_LENGTH);
  const beganAt = now();
  let sentAt = -Infinity;
  return () => {
    if (Math.abs(now() - sentAt) < SEND_INTERVAL_MS) return undefined;
    sentAt = now();
    return [name, location, sentAt - beganAt, ...Object.values(counts)].join(' ');
  };
}

/** The last sums of each isolate, in memory: isolates send them again. They are shown to operators, and never read here. */
export class SumsOfIsolates {
  readonly #now: () => number;
  /** In the order in which they came, by the isolate's name. */
  readonly #kept = new Map<string, { readonly sums: IsolateSums; readonly at: number }>();

  constructor(now: () => number) {
    this.#now = now;
  }

  /** Keeps the sums of an isolate. Never throws; any other value is ignored. */
  take(sums: unknown): void {
    if (typeof sums !== 'string' || sums.length > MAX_LENGTH) return;
    const name = sums.slice(0, NAME_LENGTH);
    this.#kept.delete(name);
    this.#kept.set(name, { sums, at: this.#now() });
    const [oldest = ''] = this.#kept.keys();
    if (this.#kept.size > MAX_ISOLATES) this.#kept.delete(oldest);
  }

  list(): KeptSums[] {
    const now = this.#now();
    return [...this.#kept.values()].map(({ sums, at }) => ({ sums, sentMsAgo: now - at }));
  }
}
