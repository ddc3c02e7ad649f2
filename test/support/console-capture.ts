import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';

const SETTLE_MS = 2000;
const POLL_MS = 2;

/** Gathers what Workers write to their consoles, uncaught exceptions included. */
export class ConsoleCapture {
  readonly #ignoredPrefix: string;
  #lines: string[] = [];
  #marks: string[] = [];

  /** Lines that begin with `ignoredPrefix` are not kept. */
  constructor(ignoredPrefix: string) {
    this.#ignoredPrefix = ignoredPrefix;
  }

  /** Takes one line. */
  accept(line: string): void {
    if (line.startsWith(MARK)) this.#marks.push(line);
    else if (!line.startsWith(this.#ignoredPrefix)) this.#lines.push(line);
  }

  /**
   * Every line written before this call. Lines travel by pipe, so a mark is sent after them through
   * `write` and awaited on both of the runtime's streams.
   */
  async lines(write: (mark: string) => Promise<void>): Promise<string[]> {
    const mark = `${MARK}${randomUUID()}`;
    await write(mark);
    const until = Date.now() + SETTLE_MS;
    while (this.#marks.filter((seen) => seen === mark).length < 2) {
      if (Date.now() > until) throw new Error('the console mark did not come back');
      await sleep(POLL_MS);
    }
    this.#marks = [];
    return [...this.#lines];
  }

  /** Forgets what was gathered. */
  clear(): void {
    this.#lines = [];
  }
}

const MARK = '[console mark] ';
