/** Time that passes only when it is told to, in the order of what is due. Timers of the code under test are its own. */
export class VirtualTime {
  #now: number;
  #sequence = 0;
  readonly #due = new Map<number, { readonly at: number; readonly run: () => void }>();

  constructor(startMs: number) {
    this.#now = startMs;
  }

  get now(): number {
    return this.#now;
  }

  /** Runs something later. The number cancels it. */
  schedule(run: () => void, delayMs: number): number {
    this.#sequence += 1;
    this.#due.set(this.#sequence, { at: this.#now + Math.max(0, delayMs), run });
    return this.#sequence;
  }

  cancel(id: number): void {
    this.#due.delete(id);
  }

  sleep(delayMs: number): Promise<void> {
    return new Promise((resolve) => this.schedule(resolve, delayMs));
  }

  /** Puts `setTimeout` and `clearTimeout` of the process under this clock until disposed of. */
  install(): Disposable {
    const { setTimeout, clearTimeout } = globalThis;
    const virtual = (run: () => void, delayMs = 0) => this.schedule(run, delayMs);
    Object.assign(globalThis, {
      setTimeout: virtual,
      clearTimeout: (id: unknown) => this.cancel(Number(id)),
    });
    return { [Symbol.dispose]: () => Object.assign(globalThis, { setTimeout, clearTimeout }) };
  }

  /** Lets everything happen that is due until then; what it sets off is settled before time goes on. */
  async runUntil(endMs: number): Promise<void> {
    for (;;) {
      await settle();
      const next = this.#next();
      if (next === undefined || next.at > endMs) break;
      this.#due.delete(next.id);
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = Math.max(this.#now, endMs);
  }

  #next(): { id: number; at: number; run: () => void } | undefined {
    let next: { id: number; at: number; run: () => void } | undefined;
    for (const [id, { at, run }] of this.#due) {
      if (next === undefined || at < next.at) next = { id, at, run };
    }
    return next;
  }
}

/** Every promise that can settle without time passing has settled when this has. */
export function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
