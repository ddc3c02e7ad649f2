import { LATE, within } from './deadline.ts';
/** Keeps work going after the request that started it is gone: `ctx.waitUntil`. */
export type Anchor = (work: Promise<unknown>) => void;

export interface Flight<Value> {
  /** Milliseconds since the epoch; the work knows nothing later than this. */
  readonly startedAt: number;
  readonly result: Promise<Value>;
}

export interface SingleFlightOptions {
  /** No work takes longer: it carries this deadline itself. */
  readonly deadlineMs: number;
  readonly now: () => number;
}

/** Beyond the deadline of the work itself, before a flight is given up as dead. */
const GRACE_MS = 500;

/** The flight did not come back within its deadline: its owner was ended by the platform. */

/**
 * At most one piece of work per name in this isolate, however many ask.
 *
 * On Workers a promise of another request settles only while that request lives; when its client resets the
 * connection, joiners would hang or fail, and so would every later request. Hence: the owner's work is
 * anchored (it outlives its client), joiners wait under their own timer, and a flight that does not come
 * back is replaced. Only plain data may be shared; the work must never reject.
 */
export class SingleFlight<Value> {
  readonly #flights = new Map<string, Flight<Value>>();
  readonly #options: SingleFlightOptions;

  constructor(options: SingleFlightOptions) {
    this.#options = options;
  }

  /**
   * The result of work that started at or after `asOf`: the flight under way if it is young enough, else
   * one more, begun after the one under way has ended. A requester that wants the present never gets the
   * past, and any number of them still cause one call at a time.
   *
   * @returns the result, and whether it was another request's
   */
  async join(
    name: string,
    asOf: number,
    work: (startedAt: number) => Promise<Value>,
    anchor: Anchor,
  ): Promise<{ readonly value: Value; readonly joined: boolean }> {
    for (;;) {
      const flight = this.#flights.get(name);
      if (flight === undefined)
        return { value: await this.#start(name, work, anchor), joined: false };
      const value = await this.#wait(flight);
      if (value === LATE) this.#drop(name, flight);
      else if (flight.startedAt >= asOf) return { value, joined: true };
    }
  }

  /** Whether work of this name is under way, and not given up as dead. */
  has(name: string): boolean {
    const flight = this.#flights.get(name);
    return flight !== undefined && this.#options.now() < this.#latestEnd(flight);
  }

  #start(
    name: string,
    work: (startedAt: number) => Promise<Value>,
    anchor: Anchor,
  ): Promise<Value> {
    const startedAt = this.#options.now();
    const result = work(startedAt).finally(() => this.#drop(name, flight));
    const flight: Flight<Value> = { startedAt, result };
    this.#flights.set(name, flight);
    anchor(result);
    return result;
  }

  /** Waits under the waiter's own timer; the flight's own promise may never settle. */
  async #wait(flight: Flight<Value>): Promise<Value | typeof LATE> {
    const remainingMs = Math.max(0, this.#latestEnd(flight) - this.#options.now());
    try {
      return await within(remainingMs, flight.result);
    } catch {
      return LATE; // "created by a request that has since ended"
    }
  }

  #latestEnd({ startedAt }: Flight<Value>): number {
    return startedAt + this.#options.deadlineMs + GRACE_MS;
  }

  /** Drops a flight only while it is still the one of that name. */
  #drop(name: string, flight: Flight<Value>): void {
    if (this.#flights.get(name) === flight) this.#flights.delete(name);
  }
}
