import { digestName } from '../credentials/credential-name.ts';
import { type SharedBytes, sealingName } from '../runtime/shared-bytes.ts';
import { parseStrictText } from '../runtime/strict-json.ts';
import { sealText, unsealText } from '../sessions/sealing.ts';
import type { Algorithm } from './algorithms.ts';
import type { PublicJwk } from './json-web-key.ts';
import { readKeySet } from './key-set.ts';

/** An issuer's keys as isolates share them. */
export interface StoredKeySet {
  readonly keys: readonly PublicJwk[];
  /** When the fetch of these keys started, in milliseconds since the epoch. */
  readonly fetchedAt: number;
}

export interface KeySetTierOptions {
  readonly issuer: string;
  /** The source of the keys. It is part of the name, so a changed configuration never reads old keys. */
  readonly source: string;
  readonly algorithms: readonly Algorithm[];
  /**
   * The secret from which the encryption key is derived. It stops anyone with write access to a place from adding
   * keys.
   */
  readonly secret: string;
  /** Lifetime of a stored key set, in seconds. */
  readonly keepSeconds: number;
}

const BOUNDS = { maxDepth: 8, maxMembers: 8 };
const MAX_VALUE_BYTES = 96 * 1024;

/** An issuer's keys in the places that isolates share, sealed (encrypted). No method throws. */
export class KeySetTier {
  readonly #places: readonly SharedBytes[];
  readonly #options: KeySetTierOptions;
  #name: string | undefined;

  /** @param places the places, the nearest first */
  constructor(places: readonly SharedBytes[], options: KeySetTierOptions) {
    this.#places = places;
    this.#options = options;
  }

  /** The longest time that one read takes. */
  get readTimeoutMs(): number {
    return this.#places.reduce((sum, { readTimeoutMs }) => sum + readTimeoutMs, 0);
  }

  /**
   * Reads the nearest stored key set that was fetched after `since`, in milliseconds since the epoch. If there is
   * none, returns the newest one; `undefined` if no place has one that opens.
   */
  async read(since: number): Promise<StoredKeySet | undefined> {
    let newest: StoredKeySet | undefined;
    for (const place of this.#places) {
      const stored = await this.#read(place);
      if (stored !== undefined && stored.fetchedAt > (newest?.fetchedAt ?? -Infinity))
        newest = stored;
      if (newest !== undefined && newest.fetchedAt > since) break;
    }
    return newest;
  }

  /** Stores a key set in every place. */
  async write({ keys, fetchedAt }: StoredKeySet): Promise<void> {
    const { secret, keepSeconds } = this.#options;
    const name = await this.#resolveName();
    const text = JSON.stringify({
      fetchedAt,
      keys: keys.map(({ kid, algorithm, jwk }) => ({ ...jwk, kid, alg: algorithm })),
    });
    const write = async (bytes: SharedBytes) => {
      const sealed = await sealText(text, sealingName(bytes.place, name), secret);
      await bytes.write(name, sealed, keepSeconds);
    };
    await Promise.all(this.#places.map(write));
  }

  async #read(place: SharedBytes): Promise<StoredKeySet | undefined> {
    const name = await this.#resolveName();
    const sealed = await place.read(name);
    if (sealed === undefined) return undefined;
    const isSized = sealed.byteLength <= MAX_VALUE_BYTES;
    const text = isSized
      ? await unsealText(sealed, sealingName(place.place, name), this.#options.secret)
      : undefined;
    const stored = text === undefined ? undefined : this.#readStored(text);
    if (stored === undefined) place.reportUnopened();
    return stored;
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
