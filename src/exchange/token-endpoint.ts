import { MAX_SERVICE_TOKEN_BYTES } from '../http/body-limits.ts';
import { BROKEN_OFF, readBoundedText } from '../http/read-bounded-text.ts';
import { readRetryAfterSeconds } from '../http/retry-after.ts';
import type { Report } from '../runtime/report.ts';
import { failed, type Result } from '../runtime/result.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { IssuerMetadata } from '../tokens/issuer-metadata.ts';
import { type MetadataOwner, readMetadataUrl } from '../tokens/metadata-url.ts';
import {
  type ExchangeAnswer,
  type ExchangeFailure,
  exchangeFailure,
  type ReceivedAnswer,
  readExchangeAnswer,
} from './exchange-answer.ts';

export interface TokenEndpointOptions extends MetadataOwner {
  /** The client that Postern is at the issuer. */
  readonly client: { readonly id: string; readonly secret: string };
  readonly metadata: Pick<IssuerMetadata, 'read'>;
  /** The deadline for the whole call of the endpoint. */
  readonly timeoutMs: number;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly now: () => number;
  readonly report: Report;
}

/** A token, and the resource that another one is wanted for. */
export interface ExchangeRequest {
  readonly subjectToken: string;
  readonly resource: string;
}

/** After the issuer has refused Postern's client, it is not asked again for this long. */
const CLIENT_PAUSE_SECONDS = 30;
const MAX_PAUSE_SECONDS = 300;

/**
 * The token endpoint of one issuer, at the address in the issuer's metadata. After an answer that concerns every exchange (429,
 * or a refusal of Postern's client), the endpoint is left alone for a while.
 */
export class TokenEndpoint {
  readonly #options: TokenEndpointOptions;
  #pause: { readonly until: number; readonly failure: ExchangeFailure } | undefined;

  constructor(options: TokenEndpointOptions) {
    this.#options = options;
  }

  /** Asks for one exchange (RFC 8693). Each failure is reported. Never throws. */
  async exchange(request: ExchangeRequest, waitUntil: WaitUntil): Promise<ExchangeAnswer> {
    const askedAt = this.#options.now();
    if (this.#pause !== undefined && askedAt < this.#pause.until) {
      const { until, failure } = this.#pause;
      return { ...failure, retryAfterSeconds: Math.ceil((until - askedAt) / 1000) };
    }
    const answer = await this.#ask(request, askedAt, waitUntil);
    if (answer.kind === 'failed') this.#note(answer);
    return answer;
  }

  async #ask(
    request: ExchangeRequest,
    askedAt: number,
    waitUntil: WaitUntil,
  ): Promise<ExchangeAnswer> {
    const url = await this.#locate(waitUntil);
    if (!url.ok) return exchangeFailure(url.failure);
    const signal = AbortSignal.timeout(this.#options.timeoutMs);
    const received = await this.#receive(
      new Request(url.value, { ...this.#init(request), signal }),
    );
    if (received === undefined) return exchangeFailure(signal.aborted ? 'timeout' : 'unreachable');
    const answer = readExchangeAnswer(received, askedAt);
    const isUnchanged = answer.kind === 'token' && answer.token.value === request.subjectToken;
    return isUnchanged ? exchangeFailure('token-unchanged') : answer;
  }

  async #locate(waitUntil: WaitUntil): Promise<Result<string, string>> {
    const document = await this.#options.metadata.read(waitUntil);
    if (document === undefined) return failed('metadata');
    const url = readMetadataUrl(document.token_endpoint, this.#options);
    return url.ok ? url : failed(`metadata-token-endpoint-${url.failure}`);
  }

  /** The parameters of RFC 8693 section 2.1, as Keycard's SDKs send them (`packages/oauth/src/tokenExchange.ts`). */
  #init({ subjectToken, resource }: ExchangeRequest): RequestInit {
    const { id, secret } = this.#options.client;
    return {
      method: 'POST',
      headers: {
        accept: 'application/json',
        authorization: `Basic ${btoa(`${formEncode(id)}:${formEncode(secret)}`)}`,
      },
      body: new URLSearchParams({
        grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
        resource,
        subject_token: subjectToken,
        subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      }),
      redirect: 'manual',
      cache: 'no-store',
    };
  }

  /** Sends a request and reads the whole answer; `undefined` if the network fails or the signal ends the call. */
  async #receive(request: Request): Promise<ReceivedAnswer | undefined> {
    const response = await this.#options.fetch(request).catch(() => undefined); // only the network can fail here
    if (response === undefined) return undefined;
    const text = await readBoundedText(response, MAX_SERVICE_TOKEN_BYTES);
    if (text === BROKEN_OFF) return undefined;
    const retryAfterSeconds = readRetryAfterSeconds(response.headers, MAX_PAUSE_SECONDS);
    return { status: response.status, text, retryAfterSeconds };
  }

  #note(failure: ExchangeFailure): void {
    const { issuer, now, report } = this.#options;
    const { detail, concerns, retryAfterSeconds } = failure;
    report({ event: 'token-exchange-failure', issuer, detail });
    if (concerns === 'token') return;
    const seconds = retryAfterSeconds ?? (detail === '429' ? 1 : CLIENT_PAUSE_SECONDS);
    this.#pause = { until: now() + seconds * 1000, failure };
  }
}

/** Encodes a client's id or secret for HTTP Basic (RFC 6749 section 2.3.1): an id may have a colon. */
function formEncode(text: string): string {
  return new URLSearchParams({ '': text }).toString().slice(1);
}
