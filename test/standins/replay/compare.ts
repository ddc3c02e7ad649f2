import type { Correspondence } from './correspondence.ts';
import { splitText, timeOf } from './random-values.ts';
import type { HeaderPairs, RecordedResponse } from './recording.ts';

/** One place in which a replayed answer is not as recorded. */
export interface Difference {
  /** `status`, `header Vary`, or a path such as `body.identity.traits`. */
  readonly at: string;
  readonly recorded: string;
  readonly replayed: string;
}

/** The circumstances of the two exchanges. */
export interface Exchanges {
  readonly recordedAt: number;
  readonly replayedAt: number;
  readonly method: string;
}

/** Tolerance of times, which are compared relative to the moment of their exchange. */
const TOLERANCE_MS = 120_000;

/** Set by the server beneath Kratos and the one beneath the stand-in. */
const OF_THE_SERVER = new Set(['date', 'connection', 'content-length', 'transfer-encoding']);

const CUT = /…\(cut, \d+ characters in all\)$/;

/** Compares a replayed answer with the recorded one, and learns which random value stands for which. */
export class Comparison {
  readonly #known: Correspondence;
  readonly #exchanges: Exchanges;
  readonly #differences: Difference[] = [];

  constructor(known: Correspondence, exchanges: Exchanges) {
    this.#known = known;
    this.#exchanges = exchanges;
  }

  compare(recorded: RecordedResponse, replayed: RecordedResponse): Difference[] {
    this.#leaf('status', recorded.status, replayed.status);
    this.#headers(recorded.headers, replayed.headers);
    this.#body(recorded.body, replayed.body);
    return this.#differences;
  }

  #headers(recorded: HeaderPairs, replayed: HeaderPairs): void {
    const [wanted, got] = [headersOf(recorded), headersOf(replayed)];
    // Only the answer to HEAD has a length that its body does not tell. The texts are not equally long.
    if (this.#exchanges.method === 'HEAD') {
      this.#leaf('header content-length', hasLength(recorded), hasLength(replayed));
    }
    for (const name of union(wanted, got)) {
      this.#value(`header ${name}`, wanted.get(name), got.get(name));
    }
  }

  #body(recorded: string, replayed: string): void {
    const [wanted, got] = [parsed(recorded), parsed(replayed)];
    const isCut = CUT.test(recorded) && Array.isArray(wanted) && Array.isArray(got);
    this.#value('body', wanted, isCut ? got.slice(0, wanted.length) : got);
  }

  #value(at: string, recorded: unknown, replayed: unknown): void {
    if (isRecord(recorded) && isRecord(replayed)) {
      for (const name of union(
        new Map(Object.entries(recorded)),
        new Map(Object.entries(replayed)),
      ))
        this.#value(`${at}.${name}`, recorded[name], replayed[name]);
    } else if (Array.isArray(recorded) && Array.isArray(replayed)) {
      const length = Math.max(recorded.length, replayed.length);
      for (let index = 0; index < length; index++)
        this.#value(`${at}[${index}]`, recorded[index], replayed[index]);
    } else this.#leaf(at, recorded, replayed);
  }

  #leaf(at: string, recorded: unknown, replayed: unknown): void {
    if (typeof recorded === 'string' && typeof replayed === 'string') {
      const [wanted, got] = [jwtOf(recorded), jwtOf(replayed)];
      if (wanted && got) this.#value(at, wanted, got);
      else this.#text(at, recorded, replayed);
    } else if (typeof recorded === 'number' && typeof replayed === 'number') {
      if (!this.#isSameNumber(at, recorded, replayed)) this.#differ(at, recorded, replayed);
    } else if (recorded !== replayed) this.#differ(at, recorded, replayed);
  }

  #isSameNumber(at: string, recorded: number, replayed: number): boolean {
    const { recordedAt, replayedAt } = this.#exchanges;
    if (/\.(?:exp|iat|nbf)$/.test(at)) {
      return isNear(recorded * 1000 - recordedAt, replayed * 1000 - replayedAt);
    }
    // Nanoseconds since a flow expired.
    if (at === 'body.since') return isNear(recorded / 1e6, replayed / 1e6);
    return recorded === replayed;
  }

  #text(at: string, recorded: string, replayed: string): void {
    const [wanted, got] = [splitText(recorded), splitText(replayed)];
    if (wanted.template !== got.template) {
      this.#differ(at, recorded, replayed);
      return;
    }
    for (const [index, value] of wanted.values.entries()) {
      const other = got.values[index];
      if (other === undefined) return;
      // A form token is new in each form; requests take the one that the form had last.
      if (!value.recurs) this.#known.alias(value.text, other.text);
      const [then, now] = [timeOf(value), timeOf(other)];
      if (then !== undefined && now !== undefined) {
        const { recordedAt, replayedAt } = this.#exchanges;
        if (!isNear(then - recordedAt, now - replayedAt)) this.#differ(at, value.text, other.text);
      } else if (value.recurs) {
        const problem = this.#known.pair(value.text, other.text);
        if (problem !== undefined) this.#differ(at, value.text, `${other.text}: ${problem}`);
      }
    }
  }

  #differ(at: string, recorded: unknown, replayed: unknown): void {
    this.#differences.push({ at, recorded: shown(recorded), replayed: shown(replayed) });
  }
}

/** Header values by name in lower case. Those of several lines are joined, but for cookies. */
function headersOf(pairs: HeaderPairs): Map<string, string | readonly string[]> {
  const byName = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const lower = name.toLowerCase();
    if (!OF_THE_SERVER.has(lower)) byName.set(lower, [...(byName.get(lower) ?? []), value]);
  }
  return new Map(
    [...byName].map(([name, values]) => [name, name === 'set-cookie' ? values : values.join(', ')]),
  );
}

function hasLength(pairs: HeaderPairs): boolean {
  return pairs.some(([name]) => name.toLowerCase() === 'content-length');
}

function parsed(body: string): unknown {
  const whole = CUT.test(body) ? `${body.slice(0, body.lastIndexOf('},{"id":"'))}}]` : body;
  try {
    return JSON.parse(whole);
  } catch {
    // Not JSON: compared as text.
    return body;
  }
}

function jwtOf(text: string): { header: unknown; payload: unknown } | undefined {
  const [header = '', payload = '', signature] = text.split('.');
  if (!header.startsWith('eyJ') || signature === undefined) return undefined;
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString());
  return { header: read(header), payload: read(payload) };
}

function isNear(a: number, b: number): boolean {
  return Math.abs(a - b) <= TOLERANCE_MS;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function union(a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...a.keys(), ...b.keys()])].sort();
}

function shown(value: unknown): string {
  return value === undefined ? 'absent' : JSON.stringify(value);
}
