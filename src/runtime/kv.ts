import { LATE, within } from './deadline.ts';
import type { Report } from './report.ts';
import type { SharedBytes } from './shared-bytes.ts';

/** The part of Workers KV that Postern uses. A KV binding has this type without an adapter. */
export interface KeyValueStore {
  get(
    name: string,
    options: { type: 'arrayBuffer'; cacheTtl: number },
  ): Promise<ArrayBuffer | null>;
  put(name: string, value: ArrayBuffer, options: { expirationTtl: number }): Promise<void>;
  delete(name: string): Promise<void>;
}

/** For this long a location may serve a value that it read before. The platform allows no shorter time. */
const CACHE_TTL_SECONDS = 30;
/** The platform's minimum (Workers KV, "Limits"). A shorter lifetime is enforced by the times inside the value. */
const MIN_EXPIRATION_TTL_SECONDS = 60;

export interface KvBytesOptions {
  readonly readTimeoutMs: number;
  readonly report: Report;
}

/** Values in Workers KV. Every failure is reported. */
export class KvBytes implements SharedBytes {
  readonly place = 'kv';
  readonly readTimeoutMs: number;
  readonly #store: KeyValueStore;
  readonly #report: Report;

  constructor(store: KeyValueStore, { readTimeoutMs, report }: KvBytesOptions) {
    this.#store = store;
    this.readTimeoutMs = readTimeoutMs;
    this.#report = report;
  }

  async read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const value = await this.#get(name);
    return value === null ? undefined : new Uint8Array(value);
  }

  async #get(name: string): Promise<ArrayBuffer | null> {
    try {
      const options = { type: 'arrayBuffer', cacheTtl: CACHE_TTL_SECONDS } as const;
      const value = await within(this.readTimeoutMs, this.#store.get(name, options));
      if (value !== LATE) return value;
    } catch {
      // a failed read counts like a read that took too long
    }
    this.#fail('get');
    return null;
  }

  async write(name: string, value: Uint8Array<ArrayBuffer>, forSeconds: number): Promise<void> {
    const expirationTtl = Math.max(MIN_EXPIRATION_TTL_SECONDS, Math.ceil(forSeconds));
    try {
      await this.#store.put(name, value.buffer, { expirationTtl });
    } catch {
      this.#fail('put');
    }
  }

  async remove(name: string): Promise<void> {
    try {
      await this.#store.delete(name);
    } catch {
      this.#fail('delete');
    }
  }

  reportUnopened(): void {
    this.#fail('unseal');
  }

  #fail(operation: 'get' | 'put' | 'delete' | 'unseal'): void {
    this.#report({ event: 'kv-failure', operation });
  }
}
