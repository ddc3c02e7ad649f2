import { digestName } from '../credentials/credential-name.ts';
import { type KeyValueStore, readBounded, reportKvFailure } from '../runtime/kv.ts';
import type { Report } from '../runtime/report.ts';
import { parseStrictText } from '../runtime/strict-json.ts';
import { sealText, unsealText } from '../sessions/sealing.ts';
import type { Algorithm } from './algorithms.ts';
import type { PublicJwk } from './json-web-key.ts';
import { readKeySet } from './key-set.ts';

/** An issuer's keys as stored in KV, where all isolates share them. */
export interface StoredKeySet {
  readonly keys: readonly PublicJwk[];
  /** When the fetch of these keys started, in milliseconds since the epoch. */
  readonly fetchedAt: number;
}

export interface KeySetTierOptions {
  readonly issuer: string;
  /** The source of the keys. It is part of the KV key, so a changed configuration never reads old keys. */
  readonly source: string;
  readonly algorithms: readonly Algorithm[];
  /**
   * The secret from which the encryption key is derived. It stops anyone with write access to KV from adding keys.
   */
  readonly secret: string;
  readonly readTimeoutMs: number;
  /** Lifetime of a stored key set, in seconds. */
  readonly keepSeconds: number;
  readonly report: Report;
}

const BOUNDS = { maxDepth: 8, maxMembers: 8 };
const MAX_VALUE_BYTES = 96 * 1024;

/**
 * An issuer's keys in Workers KV, sealed (encrypted). A failed read of KV is a miss, a failed write is dropped, and
 * both are counted.
 */
export class KeySetTier {
  readonly #store: KeyValueStore;
  readonly #options: KeySetTierOptions;
  #name: string | undefined;

  constructor(store: KeyValueStore, options: KeySetTierOptions) {
    this.#store = store;
    this.#options = options;
  }

  /**
   * Reads the stored key set. Returns `undefined` if KV has no entry, does not answer in time, or holds a value that
   * Postern did not write. Never throws.
   */
  async read(): Promise<StoredKeySet | undefined> {
    const { readTimeoutMs, report, secret } = this.#options;
    const name = await this.#resolveName();
    const value = await readBounded(this.#store, name, { readTimeoutMs, report });
    if (value === null) return undefined;
    const sealed = new Uint8Array(value);
    const isSized = sealed.byteLength <= MAX_VALUE_BYTES;
    const text = isSized ? await unsealText(sealed, name, secret) : undefined;
    const stored = text === undefined ? undefined : this.#readStored(text);
    if (stored === undefined) reportKvFailure(report, 'unseal');
    return stored;
  }

  /** Stores a key set. A failure of KV is reported. */
  async write({ keys, fetchedAt }: StoredKeySet): Promise<void> {
    const { secret, keepSeconds, report } = this.#options;
    const name = await this.#resolveName();
    const text = JSON.stringify({
      fetchedAt,
      keys: keys.map(({ kid, algorithm, jwk }) => ({ ...jwk, kid, alg: algorithm })),
    });
    const sealed = await sealText(text, name, secret);
    try {
      await this.#store.put(name, sealed.buffer, { expirationTtl: keepSeconds });
    } catch {
      reportKvFailure(report, 'put');
    }
  }

  #readStored(text: string): StoredKeySet | undefined {
    const document = parseStrictText(text, BOUNDS);
    if (!document.ok || typeof document.value.fetchedAt !== 'number') return undefined;
    const keys = readKeySet(document.value, this.#options.algorithms);
    return keys.ok ? { keys: keys.value, fetchedAt: document.value.fetchedAt } : undefined;
  }

  async #resolveName(): Promise<string> {
    if (this.#name !== undefined) return this.#name;
    const { issuer, source, algorithms } = this.#options;
    this.#name = await digestName('v1k', [issuer, source, algorithms.join(' ')]);
    return this.#name;
  }
}
