import type { Resolution } from './resolution.ts';

/** The read of KV and the check at the store of one request. The client gets the answer of the first to claim it. */
export class KvRace {
  readonly #start: () => Promise<Resolution | undefined>;
  #reading: Promise<Resolution | undefined> | undefined;
  #winner: 'kv' | 'store' | undefined;

  /** @param start reads KV; `undefined` if KV has no usable session */
  constructor(start: () => Promise<Resolution | undefined>) {
    this.#start = start;
  }

  /** Reads KV, once for the request. */
  read(): Promise<Resolution | undefined> {
    this.#reading ??= this.#start();
    return this.#reading;
  }

  /** Returns whether the answer is that of `racer`. A renewed cookie of a check that came second reaches no client. */
  claim(racer: 'kv' | 'store'): boolean {
    this.#winner ??= racer;
    return this.#winner === racer;
  }
}

/** For a request that cannot use what KV has: the store is the only racer. */
export const NO_RACE = new KvRace(async () => undefined);
