import type { CredentialName } from '../credentials/credential-name.ts';
import { type KeyValueStore, readBounded, reportKvFailure } from '../runtime/kv.ts';
import type { Report } from '../runtime/report.ts';
import { SingleFlight, type WaitUntil } from '../runtime/single-flight.ts';
import type { CheckedSession } from './resolution.ts';
import { seal, unseal } from './sealing.ts';

export interface KvTierOptions {
  /** The issuer of the store's sessions. */
  readonly issuer: string;
  readonly readTimeoutMs: number;
  /** The shortest time between two writes of one session that does not change. */
  readonly writeIntervalSeconds: number;
  readonly report: Report;
  readonly now: () => number;
}

/** The platform's minimum (Workers KV, "Limits"). A shorter lifetime is enforced by the times inside the value. */
const MIN_EXPIRATION_TTL_SECONDS = 60;
const MAX_VALUE_BYTES = 384 * 1024;

/**
 * Sealed sessions in Workers KV, shared by all isolates. Only confirmed sessions are written.
 *
 * Every failure is counted: errors, quota, timeouts, and values that Postern did not write. A failed read is a miss,
 * and a failed write is dropped. Each isolate runs one read at a time per name, however many requests need it.
 */
export class KvTier {
  readonly writeIntervalSeconds: number;
  readonly #store: KeyValueStore;
  readonly #options: KvTierOptions;
  readonly #reads: SingleFlight<CheckedSession | undefined>;

  constructor(store: KeyValueStore, options: KvTierOptions) {
    this.#store = store;
    this.#options = options;
    this.writeIntervalSeconds = options.writeIntervalSeconds;
    const { readTimeoutMs: deadlineMs, now } = options;
    this.#reads = new SingleFlight({ deadlineMs, now });
  }

  /**
   * Reads the session stored under a name. Returns `undefined` if KV has no entry, no usable entry, or does not
   * answer in time.
   */
  async read(
    name: CredentialName,
    credentialValue: string,
    waitUntil: WaitUntil,
  ): Promise<CheckedSession | undefined> {
    const read = () => this.#read(name, credentialValue);
    return (await this.#reads.join(name, 0, read, waitUntil)).value;
  }

  async #read(name: CredentialName, credentialValue: string): Promise<CheckedSession | undefined> {
    const value = await readBounded(this.#store, name, this.#options);
    if (value === null) return undefined;
    const sealed = new Uint8Array(value);
    const isSized = sealed.byteLength <= MAX_VALUE_BYTES;
    const { issuer, report } = this.#options;
    const checked = isSized ? await unseal(sealed, name, credentialValue, issuer) : undefined;
    if (checked === undefined) reportKvFailure(report, 'unseal');
    return checked;
  }

  /** Stores a session for `forSeconds`, the time for which it is usable. A failure of KV is reported. */
  async write(
    name: CredentialName,
    credentialValue: string,
    checked: CheckedSession,
    forSeconds: number,
  ): Promise<void> {
    const sealed = await seal(checked, name, credentialValue);
    const expirationTtl = Math.max(MIN_EXPIRATION_TTL_SECONDS, Math.ceil(forSeconds));
    try {
      await this.#store.put(name, sealed.buffer, { expirationTtl });
    } catch {
      reportKvFailure(this.#options.report, 'put');
    }
  }

  /**
   * Deletes the stored session. This saves space and is no revocation: other locations may still read the session.
   * Never throws.
   */
  async forget(name: CredentialName): Promise<void> {
    try {
      await this.#store.delete(name);
    } catch {
      reportKvFailure(this.#options.report, 'delete');
    }
  }
}
