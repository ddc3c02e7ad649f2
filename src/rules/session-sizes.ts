// No I/O, no clock.
import type { JsonObject, JsonValue } from '../runtime/json.ts';

/**
 * A source of an expression's value: a part of the session, or, if `isItem` is set, the items of that part in a loop.
 */
export interface Source {
  readonly path: readonly string[];
  readonly isItem: boolean;
  /** Whether the value is somewhere within the part: which member it is shows only at the evaluation. */
  readonly isWithin?: boolean;
}

/** A loop around an expression. */
export interface Loop {
  readonly range: readonly Source[];
  /** Whether the loop walks the items of a part of the session. Else each character may become an item (`split`). */
  readonly isOfItems: boolean;
}

/** Comparing this many characters costs as much as visiting one item. */
export const CHARACTERS_PER_STEP = 32;
/** The longest text, in characters, that costs no more than one step in one comparison. */
const MAX_SHORT_TEXT = 1024;

interface Size {
  /** The number of items and members, at every level. */
  readonly nodes: number;
  readonly characters: number;
}

/** Measures parts of one session, each part once. */
export class SessionSizes {
  readonly #session: JsonObject;
  readonly #known = new Map<string, Size>();

  constructor(session: JsonObject) {
    this.#session = session;
  }

  /** Returns the most rounds that a loop can take. */
  items({ range, isOfItems }: Loop): number {
    return sum(range, (source) => {
      const value = this.#read(source);
      // A loop over an object walks its names in CEL.
      if (isOfItems && !source.isItem && !source.isWithin)
        return Object.keys(typeof value === 'object' ? (value ?? {}) : {}).length;
      const { nodes, characters } = this.#measure(source);
      return nodes + characters;
    });
  }

  /** Returns whether the session has a part. */
  has(source: Source): boolean {
    return this.#read(source) !== undefined;
  }

  characters(sources: readonly Source[]): number {
    return sum(sources, (source) => this.#measure(source).characters);
  }

  /**
   * Returns the steps of one walk through these parts.
   *
   * @param isLookUp whether only one name is looked up when the part is an object
   */
  steps(sources: readonly Source[], isLookUp = false): number {
    return sum(sources, (source) => {
      const value = this.#read(source);
      if (isLookUp && !source.isItem && !source.isWithin && !Array.isArray(value)) return 0;
      const { nodes, characters } = this.#measure(source);
      const isShort = !source.isItem && nodes === 0 && characters <= MAX_SHORT_TEXT;
      return isShort ? 0 : nodes + characters / CHARACTERS_PER_STEP;
    });
  }

  #measure(source: Source): Size {
    const name = JSON.stringify(source.path);
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    const size = measure(this.#read(source));
    this.#known.set(name, size);
    return size;
  }

  #read({ path }: Source): JsonValue | undefined {
    let value: JsonValue | undefined = this.#session;
    for (const name of path) {
      if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name))
        return undefined;
      value = (value as JsonObject)[name]; // a list has no member that a condition names by text
    }
    return value;
  }
}

/** Measures a value without recursion: the person decides how deep their traits go, and the stack is limited. */
function measure(value: JsonValue | undefined): Size {
  const size = { nodes: 0, characters: 0 };
  const waiting = [value];
  while (waiting.length > 0) {
    const part = waiting.pop();
    if (typeof part === 'string') size.characters += part.length;
    if (typeof part !== 'object' || part === null) continue;
    if (!Array.isArray(part)) for (const name of Object.keys(part)) size.characters += name.length;
    for (const member of Object.values(part)) {
      size.nodes += 1;
      waiting.push(member);
    }
  }
  return size;
}

function sum<Item>(items: readonly Item[], of: (item: Item) => number): number {
  return items.reduce((total, item) => total + of(item), 0);
}
