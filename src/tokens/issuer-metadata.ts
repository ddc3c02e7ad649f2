import type { JsonObject } from '../runtime/json.ts';
import { SingleFlight, type WaitUntil } from '../runtime/single-flight.ts';
import { type KeyEndpoint, METADATA_FRESH_MS } from './key-endpoint.ts';

export interface IssuerMetadataOptions {
  readonly endpoint: Pick<KeyEndpoint, 'fetchMetadata'>;
  /** The longest time that one call of the endpoint can take. */
  readonly deadlineMs: number;
  readonly now: () => number;
}

/** After a failure, the endpoint is not asked again for this long. */
export const METADATA_RETRY_MS = 30_000;
const FLIGHT = 'metadata';

/**
 * The metadata of one issuer (RFC 8414 section 2), for clients that ask the site for it. It comes from memory. An
 * isolate asks the issuer at most once an hour, or once in 30 seconds while the issuer fails, for any number of requests.
 * While the issuer fails, the last good metadata stays in use.
 */
export class IssuerMetadata {
  readonly #options: IssuerMetadataOptions;
  readonly #flights: SingleFlight<undefined>;
  #known: { readonly document: JsonObject; readonly readAt: number } | undefined;
  #retryAt = 0;

  constructor(options: IssuerMetadataOptions) {
    this.#options = options;
    this.#flights = new SingleFlight(options);
  }

  /** Returns the document; `undefined` if none could be fetched yet. Never throws. */
  async read(waitUntil: WaitUntil): Promise<JsonObject | undefined> {
    const now = this.#options.now();
    const isFresh = this.#known !== undefined && now - this.#known.readAt < METADATA_FRESH_MS;
    if (!isFresh && now >= this.#retryAt) {
      await this.#flights.join(FLIGHT, 0, () => this.#fetch(), waitUntil);
    }
    return this.#known?.document;
  }

  async #fetch(): Promise<undefined> {
    const { endpoint, now } = this.#options;
    const fetched = await endpoint.fetchMetadata();
    if (fetched.ok) this.#known = fetched.value;
    else this.#retryAt = now() + METADATA_RETRY_MS;
  }
}
