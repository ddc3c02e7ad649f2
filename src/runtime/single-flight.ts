import { LATE, within } from './deadline.ts';
/** Keeps work running after the request that started it is gone: `ctx.waitUntil`. */
export type WaitUntil = (work: Promise<unknown>) => void;

export interface Flight<Value> {
  /** Milliseconds since the epoch. The result may miss changes that were made after this time. */
  readonly startedAt: number;
  readonly result: Promise<Value>;
}

export interface SingleFlightOptions {
  /** The longest time that the work takes. The work enforces this deadline itself. */
  readonly deadlineMs: number;
  readonly now: () => number;
}

/** The time after the deadline of the work until a flight counts as dead. */
const GRACE_MS = 500;

/**
 * Runs at most one piece of work per name in this isolate, however many requests ask for it.
 *
 * On Workers, a promise of another request settles only while that request lives. When the client of the request that
 * started the work resets the connection, joined requests would hang or fail, and so would every later request.
 * Therefore the work is anchored: it outlives its client. Joined requests wait under their own timer. A flight that
 * does not end in time is replaced, because the platform has ended its owner. The result must be plain data, since
 * requests share it. The work must never reject.
 */
export class SingleFlight<Value> {
  readonly #flights = new Map<string, Flight<Value>>();
  readonly #options: SingleFlightOptions;

  constructor(options: SingleFlightOptions) {
    this.#options = options;
  }

  /**
   * Returns the result of work that started at or after `minStartedAt`. If the flight under way started earlier, a new
   * flight begins after it has ended. So no request gets a result older than it asked for, and any number of requests
   * cause one call at a time.
   *
   * @returns the result, and whether another request's flight gave it
   */
  async join(
    name: string,
    minStartedAt: number,
    work: (startedAt: number) => Promise<Value>,
    waitUntil: WaitUntil,
  ): Promise<{ readonly value: Value; readonly joined: boolean }> {
    for (;;) {
      const flight = this.#flights.get(name);
      if (flight === undefined)
        return { value: await this.#start(name, work, waitUntil), joined: false };
      const value = await this.#wait(flight);
      if (value === LATE) this.#drop(name, flight);
      else if (flight.startedAt >= minStartedAt) return { value, joined: true };
    }
  }

  /** Returns whether work of this name is under way and does not count as dead. */
  has(name: string): boolean {
    const flight = this.#flights.get(name);
    return flight !== undefined && this.#options.now() < this.#latestEnd(flight);
  }

  #start(
    name: string,
    work: (startedAt: number) => Promise<Value>,
    waitUntil: WaitUntil,
  ): Promise<Value> {
    const startedAt = this.#options.now();
    const result = work(startedAt).finally(() => this.#drop(name, flight));
    const flight: Flight<Value> = { startedAt, result };
    this.#flights.set(name, flight);
    waitUntil(result);
    return result;
  }

  /** Waits under the caller's own timer, because the flight's promise may never settle. */
  async #wait(flight: Flight<Value>): Promise<Value | typeof LATE> {
    const remainingMs = Math.max(0, this.#latestEnd(flight) - this.#options.now());
    try {
      return await within(remainingMs, flight.result);
    } catch {
      return LATE; // the runtime refuses a promise "created by a request that has since ended"
    }
  }

  #latestEnd({ startedAt }: Flight<Value>): number {
    return startedAt + this.#options.deadlineMs + GRACE_MS;
  }

  /** Drops a flight, if it is still the current flight of that name. */
  #drop(name: string, flight: Flight<Value>): void {
    if (this.#flights.get(name) === flight) this.#flights.delete(name);
  }
}
