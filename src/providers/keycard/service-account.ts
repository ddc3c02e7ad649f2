import { isB64Token } from '../../http/bearer.ts';
import { MAX_SERVICE_TOKEN_BYTES } from '../../http/body-limits.ts';
import { BROKEN_OFF, readBoundedText, TOO_LONG } from '../../http/read-bounded-text.ts';
import { parseObject } from '../../runtime/json.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import { SingleFlight, type WaitUntil } from '../../runtime/single-flight.ts';
import { type RetryHeaders, retryHeaders } from '../pass-through.ts';
import type { UpstreamFault } from '../upstream.ts';

/** A service account's access token. It is plain data, so that requests can share it. */
export interface ServiceAccountToken {
  readonly value: string;
  /** The time at which the token was requested, in milliseconds since the epoch. */
  readonly askedAt: number;
  /** Milliseconds since the epoch. */
  readonly expiresAt: number;
}

/** The token endpoint asks to try again later. It is plain data, so that requests can share it. */
export interface EndpointBusy {
  readonly status: 429 | 503;
  readonly headers: RetryHeaders;
}

export type ServiceAccountFailure = UpstreamFault | EndpointBusy;

export interface ServiceAccountOptions {
  readonly tokenUrl: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** The deadline for the whole call. */
  readonly timeoutMs: number;
  readonly fetch: (request: Request) => Promise<Response>;
  readonly now: () => number;
}

type TokenResult = Result<ServiceAccountToken, ServiceAccountFailure>;

/** A token is replaced this long before it expires; if its lifetime is short, a tenth of the lifetime before. */
const MARGIN_MS = 60_000;
const MARGIN_SHARE = 0.1;
/** The lifetime of a token when the endpoint names none (RFC 6749 section 5.1 recommends that it does). */
const DEFAULT_LIFETIME_SECONDS = 300;
const MAX_LIFETIME_SECONDS = 24 * 3600;

/**
 * Postern's service account at Keycard. It keeps its token, in this isolate's memory only, until shortly before the token expires. Requests
 * that need a token at the same time share one call for it.
 */
export class ServiceAccount {
  readonly #options: ServiceAccountOptions;
  readonly #flights: SingleFlight<TokenResult>;
  #token: ServiceAccountToken | undefined;

  constructor(options: ServiceAccountOptions) {
    this.#options = options;
    this.#flights = new SingleFlight({ deadlineMs: options.timeoutMs, now: options.now });
  }

  /** @param newerThan a token that was refused: the result is a token that was requested after it */
  async readToken(waitUntil: WaitUntil, newerThan?: ServiceAccountToken): Promise<TokenResult> {
    const kept = this.#token;
    if (kept !== undefined && this.#isGood(kept, newerThan)) return success(kept);
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
    const answer = await requestToken(this.#options, askedAt);
    if (answer.ok) this.#token = answer.value;
    return answer;
  }

  #isGood({ askedAt, expiresAt }: ServiceAccountToken, newerThan?: ServiceAccountToken): boolean {
    const margin = Math.min(MARGIN_MS, (expiresAt - askedAt) * MARGIN_SHARE);
    const isNewer = newerThan === undefined || askedAt > newerThan.askedAt;
    return isNewer && this.#options.now() < expiresAt - margin;
  }
}

/**
 * Requests a token from Keycard by the client credentials grant (RFC 6749 section 4.4), as Keycard's SDKs do: HTTP
 * Basic and a form. Never throws. When Keycard refuses Postern's own credentials, the fault is Postern's and not the
 * caller's.
 */
async function requestToken(options: ServiceAccountOptions, askedAt: number): Promise<TokenResult> {
  const signal = AbortSignal.timeout(options.timeoutMs);
  const received = await receive(new Request(tokenRequest(options), { signal }), options);
  if (received === undefined) {
    return failed(signal.aborted ? 'upstream_timeout' : 'upstream_unreachable');
  }
  const { status, text, headers } = received;
  if (status === 429 || status === 503) return failed({ status, headers });
  const token = status === 200 && text !== TOO_LONG ? readToken(text, askedAt) : undefined;
  return token === undefined ? failed('upstream_not_valid') : success(token);
}

interface Received {
  readonly status: number;
  readonly text: string | typeof TOO_LONG;
  readonly headers: RetryHeaders;
}

/** Sends a request and reads the whole answer; `undefined` if the network fails or the signal ends the call. */
async function receive(
  request: Request,
  { fetch }: Pick<ServiceAccountOptions, 'fetch'>,
): Promise<Received | undefined> {
  const response = await fetch(request).catch(() => undefined); // only the network can fail here
  if (response === undefined) return undefined;
  const text = await readBoundedText(response, MAX_SERVICE_TOKEN_BYTES);
  return text === BROKEN_OFF
    ? undefined
    : { status: response.status, text, headers: retryHeaders(response) };
}

function tokenRequest({ tokenUrl, clientId, clientSecret }: ServiceAccountOptions): Request {
  return new Request(tokenUrl, {
    method: 'POST',
    headers: {
      accept: 'application/json',
      authorization: `Basic ${btoa(`${clientId}:${clientSecret}`)}`,
      'content-type': 'application/x-www-form-urlencoded',
    },
    body: 'grant_type=client_credentials',
    redirect: 'manual',
    cache: 'no-store',
  });
}

function readToken(text: string, askedAt: number): ServiceAccountToken | undefined {
  const { access_token: value, token_type: type, expires_in: lifetime } = parseObject(text) ?? {};
  const isBearer = type === undefined || (typeof type === 'string' && /^bearer$/i.test(type));
  if (typeof value !== 'string' || !isB64Token(value) || !isBearer) return undefined;
  const seconds =
    typeof lifetime === 'number' && lifetime > 0 ? lifetime : DEFAULT_LIFETIME_SECONDS;
  return { value, askedAt, expiresAt: askedAt + Math.min(seconds, MAX_LIFETIME_SECONDS) * 1000 };
}
