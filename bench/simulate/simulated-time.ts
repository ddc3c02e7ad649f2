import { SYNCHRONOUS_CRYPTO } from './synchronous-crypto.ts';

interface Timer {
  readonly at: number;
  readonly id: number;
  readonly fire: () => void;
}

/** Events that are known beforehand, in the order of time. */
export interface Timetable {
  /** When the next one is due; `Infinity` after the last. */
  nextAt(): number;
  /** Makes the next one happen. */
  fire(): void;
}

export const NOTHING_PLANNED: Timetable = { nextAt: () => Infinity, fire: () => undefined };

const realSetImmediate = setImmediate;

/**
 * A clock that jumps from event to event. Between two events all work that need not wait runs, to the last promise.
 * The simulated code takes no real time: its timers are this clock's and its cryptography is synchronous.
 */
export class SimulatedTime {
  #now: number;
  #nextId = 1;
  readonly #heap: Timer[] = [];
  readonly #cancelled = new Set<number>();

  constructor(startMs: number) {
    this.#now = startMs;
  }

  readonly now = (): number => this.#now;

  /** Runs `fire` after this number of milliseconds; the returned function cancels it. */
  after(delayMs: number, fire: () => void): number {
    const id = this.#nextId++;
    this.#push({ at: this.#now + Math.max(0, delayMs), id, fire });
    return id;
  }

  cancel(id: number): void {
    this.#cancelled.add(id);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.after(delayMs, resolve));
  }

  /** Makes everything happen that is planned or comes of it, with this clock in the place of the real one. */
  async run(timetable: Timetable = NOTHING_PLANNED): Promise<void> {
    const restore = this.#takeOver();
    try {
      for (;;) {
        const at = Math.min(this.#heap[0]?.at ?? Infinity, timetable.nextAt());
        if (at === Infinity) break;
        this.#now = Math.max(this.#now, at);
        while (timetable.nextAt() <= this.#now) timetable.fire();
        while ((this.#heap[0]?.at ?? Infinity) <= this.#now) this.#fireFirst();
        await settle();
      }
    } finally {
      restore();
    }
  }

  #fireFirst(): void {
    const timer = this.#pop();
    if (timer !== undefined && !this.#cancelled.delete(timer.id)) timer.fire();
  }

  /** The rooms use the platform's timers and cryptography by their global names. */
  #takeOver(): () => void {
    const names = ['setTimeout', 'clearTimeout', 'crypto'] as const;
    const before = names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name));
    const values = {
      setTimeout: (fire: () => void, delayMs = 0) => this.after(delayMs, fire),
      clearTimeout: (id: number) => this.cancel(id),
      crypto: SYNCHRONOUS_CRYPTO,
    };
    for (const name of names) {
      Object.defineProperty(globalThis, name, {
        value: values[name],
        configurable: true,
        writable: true,
      });
    }
    return () =>
      names.forEach((name, index) => {
        Object.defineProperty(globalThis, name, before[index] ?? {});
      });
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let index = heap.length;
    heap.push(timer);
    while (index > 0) {
      const parent = (index - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || !isBefore(timer, above)) break;
      heap[index] = above;
      index = parent;
    }
    heap[index] = timer;
  }

  #pop(): Timer | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    let index = 0;
    for (;;) {
      const [left, right] = [2 * index + 1, 2 * index + 2];
      const [a, b] = [heap[left], heap[right]];
      const [child, below] = a && b && isBefore(b, a) ? [right, b] : [left, a];
      if (below === undefined || !isBefore(below, last)) break;
      heap[index] = below;
      index = child;
    }
    heap[index] = last;
    return first;
  }
}

/** Of timers due together the one set first goes first. */
function isBefore(a: Timer, b: Timer): boolean {
  return a.at < b.at || (a.at === b.at && a.id < b.id);
}

/** Every promise that can go on has gone on: the next turn of the event loop comes after all of them. */
function settle(): Promise<void> {
  return new Promise((resolve) => realSetImmediate(resolve));
}
