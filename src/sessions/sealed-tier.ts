import type { CredentialName } from '../credentials/credential-name.ts';
import { type SharedBytes, type SharedPlace, sealingName } from '../runtime/shared-bytes.ts';
import { SingleFlight, type WaitUntil } from '../runtime/single-flight.ts';
import { type SharedSession, seal, unseal } from './sealing.ts';

export interface SealedTierOptions {
  /** The issuer of the store's sessions. */
  readonly issuer: string;
  readonly now: () => number;
}

const MAX_VALUE_BYTES = 384 * 1024;

/**
 * Sealed sessions in one place that isolates share: the location's cache, or KV. Only confirmed sessions are written.
 * No method throws. Each isolate runs one read at a time per name, however many requests need it.
 */
export class SealedTier {
  readonly place: SharedPlace;
  readonly #bytes: SharedBytes;
  readonly #issuer: string;
  readonly #reads: SingleFlight<SharedSession | undefined>;

  constructor(bytes: SharedBytes, { issuer, now }: SealedTierOptions) {
    this.place = bytes.place;
    this.#bytes = bytes;
    this.#issuer = issuer;
    this.#reads = new SingleFlight({ deadlineMs: bytes.readTimeoutMs, now });
  }

  /** Reads the session under a name; `undefined` if the place has none that opens, or does not answer in time. */
  async read(
    name: CredentialName,
    credentialValue: string,
    waitUntil: WaitUntil,
  ): Promise<SharedSession | undefined> {
    const read = () => this.#read(name, credentialValue);
    return (await this.#reads.join(name, 0, read, waitUntil)).value;
  }

  async #read(name: CredentialName, credentialValue: string): Promise<SharedSession | undefined> {
    const sealed = await this.#bytes.read(name);
    if (sealed === undefined) return undefined;
    const isSized = sealed.byteLength <= MAX_VALUE_BYTES;
    const under = sealingName(this.place, name);
    const shared = isSized ? await unseal(sealed, under, credentialValue, this.#issuer) : undefined;
    if (shared === undefined) this.#bytes.reportUnopened();
    return shared;
  }

  /** Stores a session for `forSeconds`, the time for which it is usable. */
  async write(
    name: CredentialName,
    credentialValue: string,
    shared: SharedSession,
    forSeconds: number,
  ): Promise<void> {
    const sealed = await seal(shared, sealingName(this.place, name), credentialValue);
    await this.#bytes.write(name, sealed, forSeconds);
  }

  /**
   * Deletes the stored session. This saves space and is no revocation: other isolates may still read the session.
   */
  forget(name: CredentialName): Promise<void> {
    return this.#bytes.remove(name);
  }
}
