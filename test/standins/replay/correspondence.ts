import { randomValuesIn, replaceRandomValues } from './random-values.ts';

/** Pairs of random values: one of the recording, one of the replay. Each value is in one pair only. */
export class Correspondence {
  readonly #replayed = new Map<string, string>();
  readonly #recorded = new Map<string, string>();

  /** Notes a pair. Returns the sentence that says why it cannot be one, or undefined. */
  pair(recorded: string, replayed: string): string | undefined {
    const known = this.#replayed.get(recorded);
    if (known !== undefined && known !== replayed) return `another value stood for ${recorded}`;
    const other = this.#recorded.get(replayed);
    if (other !== undefined && other !== recorded) return `${replayed} stood for another value`;
    this.#replayed.set(recorded, replayed);
    this.#recorded.set(replayed, recorded);
    return undefined;
  }

  /** A pair for requests alone, where one value of the replay stands for several: a password, a code. */
  alias(recorded: string, replayed: string): void {
    this.#replayed.set(recorded, replayed);
  }

  get(recorded: string): string | undefined {
    return this.#replayed.get(recorded);
  }

  /** Random values of a recorded text that have no counterpart in the replay. */
  unknownIn(text: string): string[] {
    return randomValuesIn(text).filter((value) => this.#translateValue(value) === undefined);
  }

  has(recorded: string): boolean {
    return this.#replayed.has(recorded);
  }

  /** A recorded path, header or body with the replay's values in place of the recording's. */
  translate(text: string): string {
    const decoded = replaceRandomValues(text, (value) => this.#translateValue(value));
    const exact = this.#replayed.get(decoded);
    if (exact !== undefined) return exact;
    let translated = decoded;
    for (const [recorded, replayed] of this.#replayed)
      if (isWord(recorded)) translated = translated.replaceAll(recorded, replayed);
    return translated;
  }

  #translateValue(value: string): string | undefined {
    const known = this.#replayed.get(value);
    if (known !== undefined) return known;
    const lower = this.#replayed.get(value.toLowerCase());
    return lower?.toUpperCase();
  }
}

/** Passwords, codes and page tokens have no form that tells them from other text. */
function isWord(recorded: string): boolean {
  return /^(?:\d{6}|[\w-]*-pw|[\w+/]{80,200})$/.test(recorded);
}
