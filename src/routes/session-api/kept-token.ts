import type {
  ServiceAccountFault,
  ServiceAccountToken,
} from '../../providers/keycard/service-account.ts';
import type { Result } from '../../runtime/result.ts';
import { SingleFlight, type WaitUntil } from '../../runtime/single-flight.ts';

type TokenResult = Result<ServiceAccountToken, ServiceAccountFault>;

export interface KeptTokenOptions {
  readonly request: (askedAt: number) => Promise<TokenResult>;
  /** The longest time that a request takes. The request sets this deadline itself. */
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** A token is replaced this long before it expires; if its lifetime is short, a tenth of the lifetime before. */
const MARGIN_MS = 60_000;
const MARGIN_SHARE = 0.1;

/**
 * Keeps the service account's token, in this isolate's memory only, until shortly before the token expires. Requests
 * that need a token at the same time share one call for it.
 */
export class KeptToken {
  readonly #options: KeptTokenOptions;
  readonly #flights: SingleFlight<TokenResult>;
  #token: ServiceAccountToken | undefined;

  constructor(options: KeptTokenOptions) {
    this.#options = options;
    this.#flights = new SingleFlight({ deadlineMs: options.timeoutMs, now: options.now });
  }

  /** @param newerThan a token that was refused: the result is a token that was requested after it */
  async read(waitUntil: WaitUntil, newerThan?: ServiceAccountToken): Promise<TokenResult> {
    const kept = this.#token;
    if (kept !== undefined && this.#isGood(kept, newerThan)) return { ok: true, value: kept };
    const minCheckedAt = newerThan === undefined ? 0 : newerThan.askedAt + 1;
    const { value } = await this.#flights.join(
      'token',
      minCheckedAt,
      (at) => this.#ask(at),
      waitUntil,
    );
    return value;
  }

  async #ask(askedAt: number): Promise<TokenResult> {
    const answer = await this.#options.request(askedAt);
    if (answer.ok) this.#token = answer.value;
    return answer;
  }

  #isGood({ askedAt, expiresAt }: ServiceAccountToken, newerThan?: ServiceAccountToken): boolean {
    const margin = Math.min(MARGIN_MS, (expiresAt - askedAt) * MARGIN_SHARE);
    const isNewer = newerThan === undefined || askedAt > newerThan.askedAt;
    return isNewer && this.#options.now() < expiresAt - margin;
  }
}
