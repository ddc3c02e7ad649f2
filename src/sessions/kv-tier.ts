import type { CredentialName } from '../credentials/credential-name.ts';
import { type KeyValueStore, readBounded } from '../runtime/kv.ts';
import { type Anchor, SingleFlight } from '../runtime/single-flight.ts';
import type { CheckedSession } from './checked-session.ts';
import { seal, unseal } from './sealing.ts';

export interface KvTierOptions {
  readonly readTimeoutMs: number;
  /** Told of every operation that failed; the tier itself carries on without it. */
  readonly onFailure: (operation: 'get' | 'put' | 'delete' | 'unseal') => void;
  readonly now: () => number;
}

/** The platform's least (Workers KV, "Limits"); a shorter life is kept inside the value. */
const MIN_EXPIRATION_TTL_SECONDS = 60;
const MAX_VALUE_BYTES = 384 * 1024;

/**
 * What isolates share: sealed sessions in Workers KV. Every failure of KV (errors, quota, silence, bytes
 * that are not ours) is a miss or a lost write, and is counted. Only confirmed sessions are ever written.
 * One read at a time per name in this isolate, however many ask.
 */
export class KvTier {
  readonly #store: KeyValueStore;
  readonly #options: KvTierOptions;
  readonly #reads: SingleFlight<CheckedSession | undefined>;

  constructor(store: KeyValueStore, options: KvTierOptions) {
    this.#store = store;
    this.#options = options;
    const { readTimeoutMs: deadlineMs, now } = options;
    this.#reads = new SingleFlight({ deadlineMs, now });
  }

  /** What is kept under a name; `undefined` when there is nothing, or nothing usable, in time. */
  async read(
    name: CredentialName,
    credentialValue: string,
    anchor: Anchor,
  ): Promise<CheckedSession | undefined> {
    const read = () => this.#read(name, credentialValue);
    return (await this.#reads.join(name, 0, read, anchor)).value;
  }

  async #read(name: CredentialName, credentialValue: string): Promise<CheckedSession | undefined> {
    const value = await readBounded(this.#store, name, this.#options);
    if (value === null) return undefined;
    const sealed = new Uint8Array(value);
    const isSized = sealed.byteLength <= MAX_VALUE_BYTES;
    const checked = isSized ? await unseal(sealed, name, credentialValue) : undefined;
    if (checked === undefined) this.#options.onFailure('unseal');
    return checked;
  }

  /** Writes a session for as many seconds as it can be of use. Never throws. */
  async write(
    name: CredentialName,
    credentialValue: string,
    checked: CheckedSession,
    forSeconds: number,
  ): Promise<void> {
    try {
      const sealed = await seal(checked, name, credentialValue);
      const expirationTtl = Math.max(MIN_EXPIRATION_TTL_SECONDS, Math.ceil(forSeconds));
      await this.#store.put(name, sealed.buffer, { expirationTtl });
    } catch {
      this.#options.onFailure('put');
    }
  }

  /** Deletes what is kept. Tidiness, not revocation: other places may go on seeing it. Never throws. */
  async forget(name: CredentialName): Promise<void> {
    try {
      await this.#store.delete(name);
    } catch {
      this.#options.onFailure('delete');
    }
  }
}
