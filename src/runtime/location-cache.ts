import { CacheLiveness } from './cache-liveness.ts';
import { LATE, within } from './deadline.ts';
import type { Report } from './report.ts';
import type { SharedBytes } from './shared-bytes.ts';

/** The part of a cache (Cache API) that Postern uses. The platform's `Cache` has this type without an adapter. */
export interface LocationCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete(url: string): Promise<boolean>;
}

export interface LocationBytesOptions {
  /** A host of the zone on which the Worker runs: that of `PUBLIC_URL`, never that of a request. */
  readonly host: string;
  readonly report: Report;
  readonly now: () => number;
}

/** After this time the request goes on without the cache. A read takes about 5 ms, and 1 in 300 more than 20 ms. */
const READ_TIMEOUT_MS = 25;
/** The result of a read that failed or was late. */
const UNANSWERED = Symbol('unanswered');
/** Values are smaller. A larger one was not written by Postern. */
const MAX_VALUE_BYTES = 384 * 1024;

/**
 * Values in the cache of this data centre (Cache API). The cache promises nothing: it may lose any value at any time,
 * and at some addresses it keeps none. Where it keeps none, this class does nothing for ten minutes.
 */
export class LocationBytes implements SharedBytes {
  readonly place = 'location';
  readonly readTimeoutMs = READ_TIMEOUT_MS;
  readonly #open: () => Promise<LocationCache>;
  readonly #options: LocationBytesOptions;
  readonly #liveness: CacheLiveness;
  #cache: LocationCache | undefined;

  /** @param open opens the cache by its name, apart from the one that `fetch` uses */
  constructor(open: () => Promise<LocationCache>, options: LocationBytesOptions) {
    this.#open = open;
    this.#options = options;
    const { report, now } = options;
    this.#liveness = new CacheLiveness({ report, now });
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const found = await this.#look(name);
    return found === UNANSWERED ? undefined : found;
  }

  async write(name: string, value: Uint8Array<ArrayBuffer>, forSeconds: number): Promise<void> {
    const seconds = Math.ceil(forSeconds);
    if (seconds < 1 || this.#liveness.isOff()) return;
    const headers = { 'cache-control': `max-age=${seconds}` };
    await this.#attempt('put', (cache) =>
      cache.put(this.#urlOf(name), new Response(value, { headers })),
    );
    await this.#probe(this.#liveness.notePut(name, seconds));
  }

  async remove(name: string): Promise<void> {
    if (this.#liveness.isOff()) return;
    this.#liveness.noteRemoved(name);
    await this.#attempt('delete', (cache) => cache.delete(this.#urlOf(name)));
  }

  reportUnopened(): void {
    this.#options.report({ event: 'location-failure', operation: 'unseal' });
  }

  /** Reads a value, unless the cache is switched off. */
  async #look(name: string): Promise<Uint8Array<ArrayBuffer> | undefined | typeof UNANSWERED> {
    if (this.#liveness.isOff()) return UNANSWERED;
    try {
      const value = await within(READ_TIMEOUT_MS, this.#match(name));
      if (value === LATE) this.#liveness.noteFailure('late');
      else this.#liveness.noteAnswer(value !== undefined);
      return value === LATE ? UNANSWERED : value;
    } catch {
      this.#liveness.noteFailure('match');
      return UNANSWERED;
    }
  }

  /** Reads values that this isolate wrote. If every read is answered and none finds its value, the cache keeps nothing. */
  async #probe(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    for (const name of names) if ((await this.#look(name)) !== undefined) return;
    this.#liveness.noteInert();
  }

  async #attempt(
    operation: 'put' | 'delete',
    act: (cache: LocationCache) => Promise<unknown>,
  ): Promise<void> {
    try {
      await act(await this.#opened());
    } catch {
      this.#liveness.noteFailure(operation);
    }
  }

  async #match(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const cache = await this.#opened();
    const response = await cache.match(this.#urlOf(name));
    if (response === undefined) return undefined;
    return response.body === null ? new Uint8Array() : readBounded(response.body);
  }

  async #opened(): Promise<LocationCache> {
    this.#cache ??= await this.#open();
    return this.#cache;
  }

  /** The key is a URL without a request: no header of a request can change what is stored. */
  #urlOf(name: string): string {
    return `https://${this.#options.host}/.postern/location/2/${name}`;
  }
}

/** Reads a body; `undefined` if it is longer than any value. */
async function readBounded(
  body: ReadableStream<Uint8Array>,
): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    length += chunk.byteLength;
    if (length > MAX_VALUE_BYTES) return undefined; // leaving the loop cancels the body
    chunks.push(chunk);
  }
  const whole = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.byteLength;
  }
  return whole;
}
