import type { LocationCache } from '../../src/runtime/location-cache.ts';

export interface FakeLocationOptions {
  /** Waits before each operation takes effect. */
  readonly delay?: () => Promise<void>;
  /** Whether the operation rejects. */
  readonly isFailing?: () => boolean;
  /** Whether a write is lost without a word, as the platform may do. */
  readonly isLost?: () => boolean;
  /** Whether a read shows the value before the newest. */
  readonly isReplayed?: () => boolean;
  readonly now: () => number;
}

interface Stored {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly headers: Headers;
  readonly expiresAt: number;
}

/**
 * The cache of one data centre, as the Cache API has it: by URL, for `max-age`, and without promises. Only a GET's 200
 * with `max-age` is kept. Deleted and overwritten values can come back when a test says so.
 */
export class FakeLocation implements LocationCache {
  readonly #values = new Map<string, (Stored | undefined)[]>();
  readonly #options: FakeLocationOptions;
  readonly calls: string[] = [];

  constructor(options: FakeLocationOptions) {
    this.#options = options;
  }

  async match(url: string): Promise<Response | undefined> {
    await this.#begin('match');
    const versions = this.#values.get(url) ?? [];
    const stored = versions.at(this.#options.isReplayed?.() ? -2 : -1);
    if (stored === undefined || this.#options.now() >= stored.expiresAt) return undefined;
    return new Response(stored.bytes, { headers: stored.headers });
  }

  async put(url: string, response: Response): Promise<void> {
    const bytes = new Uint8Array(await response.arrayBuffer());
    await this.#begin('put');
    const maxAge = /max-age=(\d+)/.exec(response.headers.get('cache-control') ?? '')?.[1];
    if (maxAge === undefined || response.status !== 200) throw new Error('413');
    const expiresAt = this.#options.now() + Number(maxAge) * 1000;
    this.#write(url, { bytes, headers: response.headers, expiresAt });
  }

  async delete(url: string): Promise<boolean> {
    await this.#begin('delete');
    const isKnown = this.#values.has(url);
    this.#write(url, undefined);
    return isKnown;
  }

  /** The newest value under each URL. */
  entries(): Map<string, Stored> {
    const live = new Map<string, Stored>();
    for (const [url, versions] of this.#values) {
      const stored = versions.at(-1);
      if (stored !== undefined) live.set(url, stored);
    }
    return live;
  }

  /** Puts bytes under a URL, past any fault. */
  plant(url: string, bytes: Uint8Array<ArrayBuffer>): void {
    const headers = new Headers();
    this.#values.set(url, [{ bytes, headers, expiresAt: Infinity }]);
  }

  #write(url: string, stored: Stored | undefined): void {
    if (this.#options.isLost?.()) return;
    this.#values.set(url, [...(this.#values.get(url) ?? []).slice(-3), stored]);
  }

  async #begin(operation: string): Promise<void> {
    this.calls.push(operation);
    await this.#options.delay?.();
    if (this.#options.isFailing?.()) throw new Error('the cache failed');
  }
}
