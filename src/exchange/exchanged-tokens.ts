import { digestName } from '../credentials/credential-name.ts';
import { MemoryTier } from '../runtime/memory-cache.ts';
import { SingleFlight, type WaitUntil } from '../runtime/single-flight.ts';
import { type ExchangeAnswer, type ExchangedToken, exchangeFailure } from './exchange-answer.ts';
import type { TokenEndpoint } from './token-endpoint.ts';

export interface ExchangedTokensOptions {
  /** The token endpoints by issuer. Tokens of other issuers are not exchanged. */
  readonly endpoints: ReadonlyMap<string, Pick<TokenEndpoint, 'exchange'>>;
  /** The longest time that one exchange can take, with the search for the endpoint. */
  readonly deadlineMs: number;
  readonly now: () => number;
}

/** A caller's token that was accepted as a session. */
export interface SubjectToken {
  readonly value: string;
  readonly issuer: string;
  /** The token's `exp`, in milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The result of an exchange: the token for the resource, or the reason why there is none. */
export type Exchange =
  | {
      readonly kind: 'token';
      readonly value: string;
      /** The token was kept: no time has passed since the caller's token was accepted. */
      readonly isKept: boolean;
    }
  | { readonly kind: 'subject-expired' }
  | { readonly kind: 'no-endpoint' }
  | Exclude<ExchangeAnswer, { kind: 'token' }>;

/** An answer in memory. */
interface Kept {
  readonly answer: ExchangeAnswer;
  /** Milliseconds since the epoch; from this moment on the answer is not used. */
  readonly until: number;
}

const MEMORY_LIMITS = { maxEntries: 2000, maxBytes: 8 * 1024 * 1024 };
/** The estimate of an entry without its token: name, times and bookkeeping. */
const ENTRY_BYTES = 512;
/** A token is replaced this long before it expires; if its lifetime is short, a tenth of the lifetime before. */
const MARGIN_MS = 60_000;
const MARGIN_SHARE = 0.1;
/** A refusal is kept for this long, and a failure for as long as the client is told to wait. */
const REFUSAL_MS = 30_000;
const FAILURE_MS = 2000;

/**
 * The tokens that callers' tokens were exchanged for, in this isolate's memory only.
 *
 * Guarantees:
 * - An entry belongs to one caller's token at one issuer for one resource. Its name is a digest of the three.
 * - Concurrent requests that need the same token share one exchange. A refusal and a failure are kept for a while too, so
 *   that repeated requests do not cause as many calls.
 * - No token is used from its own `exp` or from that of the caller's token on.
 * - Marks of the revocation log do not reach this memory. So ask only for a token that was accepted for this request.
 */
export class ExchangedTokens {
  readonly #options: ExchangedTokensOptions;
  readonly #memory = new MemoryTier<Kept>(MEMORY_LIMITS);
  readonly #flights: SingleFlight<ExchangeAnswer>;

  constructor(options: ExchangedTokensOptions) {
    this.#options = options;
    this.#flights = new SingleFlight(options);
  }

  /** Returns a token for the resource, kept or exchanged. Never throws because of the issuer. */
  async exchange(subject: SubjectToken, resource: string, waitUntil: WaitUntil): Promise<Exchange> {
    const { endpoints, now } = this.#options;
    const endpoint = endpoints.get(subject.issuer);
    if (endpoint === undefined) return { kind: 'no-endpoint' };
    if (now() >= subject.expiresAt) return { kind: 'subject-expired' };
    const name = await nameOf(subject, resource);
    const kept = this.#recall(name);
    if (kept !== undefined) return asExchange(kept, true);
    const request = { subjectToken: subject.value, resource };
    const ask = async () => {
      const answer = await endpoint.exchange(request, waitUntil);
      this.#keep(name, answer);
      return answer;
    };
    const { value: answer } = await this.#flights.join(name, 0, ask, waitUntil);
    if (now() >= subject.expiresAt) return { kind: 'subject-expired' };
    const isLate = answer.kind === 'token' && now() >= answer.token.expiresAt;
    return isLate ? exchangeFailure('token-expired') : asExchange(answer, false);
  }

  /** Drops what is kept for a token that does not count any more. */
  async forget(subjectToken: string, resource: string): Promise<void> {
    for (const issuer of this.#options.endpoints.keys()) {
      this.#memory.forget(await nameOf({ value: subjectToken, issuer }, resource));
    }
  }

  #recall(name: string): ExchangeAnswer | undefined {
    const kept = this.#memory.read(name);
    if (kept === undefined || this.#options.now() < kept.until) return kept?.answer;
    this.#memory.forget(name);
    return undefined;
  }

  #keep(name: string, answer: ExchangeAnswer): void {
    const bytes = ENTRY_BYTES + (answer.kind === 'token' ? answer.token.value.length : 0);
    this.#memory.keep(name, { answer, until: this.#usableUntil(answer) }, bytes);
  }

  #usableUntil(answer: ExchangeAnswer): number {
    const now = this.#options.now();
    switch (answer.kind) {
      case 'token':
        return answer.token.expiresAt - marginOf(answer.token);
      case 'refused':
        return now + REFUSAL_MS;
      case 'failed':
        // The endpoint itself remembers a failure that concerns every exchange.
        return answer.concerns === 'client' ? now : now + FAILURE_MS;
    }
  }
}

function marginOf({ askedAt, expiresAt }: ExchangedToken): number {
  return Math.min(MARGIN_MS, (expiresAt - askedAt) * MARGIN_SHARE);
}

function asExchange(answer: ExchangeAnswer, isKept: boolean): Exchange {
  return answer.kind === 'token' ? { kind: 'token', value: answer.token.value, isKept } : answer;
}

function nameOf(
  { value, issuer }: Pick<SubjectToken, 'value' | 'issuer'>,
  resource: string,
): Promise<string> {
  return digestName('v1x', [issuer, resource, value]);
}
