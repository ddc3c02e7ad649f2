import { digestName } from '../credentials/credential-name.ts';
import type { Authority } from '../http/authority.ts';
import type { RefreshLeaseStub } from '../revocation/refresh-leases.ts';
import { decodeBase64Url, encodeBase64Url } from '../runtime/base64url.ts';
import { LATE, within } from '../runtime/deadline.ts';
import { isObject, parseObject, textOf } from '../runtime/json.ts';
import { MemoryTier } from '../runtime/memory-cache.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import { sealText, unsealText } from '../sessions/sealing.ts';
import type { Tokens } from './authorization-server.ts';
import type { IssuerClient } from './issuer-client.ts';

/**
 * - `refreshed`: the new tokens. They are not verified yet.
 * - `refused`: the issuer has ended the sign-in.
 * - `spent`: the tokens were refreshed longer ago, and the browser should have newer ones.
 * - `unavailable`: the issuer or the log did not answer.
 * - `under-way`: the refresh takes longer than the caller may wait.
 */
export type RefreshOutcome =
  | { readonly kind: 'refreshed'; readonly tokens: Tokens }
  | { readonly kind: 'refused' | 'spent' | 'under-way' }
  | { readonly kind: 'unavailable'; readonly detail: string };

/** The tokens to refresh. */
export interface Refreshable {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** The time until which these tokens could be refreshed, in milliseconds since the epoch. */
  readonly refreshableUntil: number;
}

export interface RefreshTerms {
  readonly host: Authority;
  readonly waitUntil: WaitUntil;
  /** The longest wait for the refresh, in milliseconds. */
  readonly maxWaitMs: number;
}

export interface TokenRefreshOptions {
  readonly client: Pick<IssuerClient, 'issuer' | 'refresh'>;
  /** Opens a new connection to the log's object for each call. `undefined` if there is none. */
  readonly openLeases: (() => RefreshLeaseStub) | undefined;
  /** The deadline of one call to the issuer, in milliseconds. */
  readonly timeoutMs: number;
  readonly now: () => number;
}

/** A result is shared for this long with requests that still have the old cookies. */
const SHARE_MS = 30_000;
/** After a failure of the issuer, the same tokens are not sent again for this long. */
const RETRY_MS = 5000;
/** The deadline of one call to the log's object. */
const LEASE_TIMEOUT_MS = 1000;
/** The first pause before a busy lease is asked for again. Each pause is twice as long, up to the limit. */
const FIRST_PAUSE_MS = 50;
const MAX_PAUSE_MS = 400;
const MEMORY_LIMITS = { maxEntries: 500, maxBytes: 8 * 1024 * 1024 };

interface Remembered {
  readonly outcome: RefreshOutcome;
  readonly until: number;
}

/**
 * Refreshes the tokens of sign-ins, once for all isolates: the log's object gives one isolate a lease, and the others get
 * its result. The object keeps the result sealed under the refresh token.
 */
export class TokenRefresh {
  readonly #options: TokenRefreshOptions;
  readonly #memory = new MemoryTier<Remembered>(MEMORY_LIMITS);

  constructor(options: TokenRefreshOptions) {
    this.#options = options;
  }

  /** Refreshes tokens, or returns what another request got for them. Never throws because of the tokens. */
  async refresh(tokens: Refreshable, terms: RefreshTerms): Promise<RefreshOutcome> {
    const { client, now } = this.#options;
    const { accessToken, refreshToken } = tokens;
    const name = await digestName('v1r', [client.issuer, terms.host, refreshToken, accessToken]);
    const remembered = this.#memory.read(name);
    if (remembered !== undefined && now() < remembered.until) return remembered.outcome;
    const outcome = this.#leaseAndRefresh(name, tokens, terms);
    terms.waitUntil(outcome.catch(() => {})); // the caller gets the failure from `outcome`
    const inTime = await within(terms.maxWaitMs, outcome);
    return inTime === LATE ? { kind: 'under-way' } : inTime;
  }

  async #leaseAndRefresh(
    name: string,
    tokens: Refreshable,
    terms: RefreshTerms,
  ): Promise<RefreshOutcome> {
    const holder = crypto.randomUUID();
    const { now, timeoutMs } = this.#options;
    const giveUpAt = now() + terms.maxWaitMs;
    // The metadata may have to be fetched before the tokens.
    const request = { name, holder, leaseMs: 2 * timeoutMs + LEASE_TIMEOUT_MS };
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, MAX_PAUSE_MS)) {
      const answer = await this.#callLeases((leases) => leases.leaseRefresh(request));
      switch (answer?.kind) {
        case 'leased':
          return this.#refreshAndSettle({ name, holder }, tokens, terms);
        case 'result':
          return this.#open(answer.sealed, name, tokens);
        case 'spent':
          return this.#remember(name, { kind: 'spent' }, SHARE_MS);
        case undefined:
          return { kind: 'unavailable', detail: 'revocation-log' };
        case 'busy':
          if (now() + pauseMs > giveUpAt) return { kind: 'under-way' };
          await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  async #refreshAndSettle(
    lease: { readonly name: string; readonly holder: string },
    tokens: Refreshable,
    { host, waitUntil }: RefreshTerms,
  ): Promise<RefreshOutcome> {
    const { refreshToken, refreshableUntil } = tokens;
    const outcome = await this.#ask(refreshToken, host, waitUntil);
    const isFault = outcome.kind === 'unavailable';
    const shareMs = isFault ? RETRY_MS : SHARE_MS;
    // A refresh token that the issuer did not replace may be used again.
    const isKept = outcome.kind === 'refreshed' && outcome.tokens.refreshToken === refreshToken;
    const spentUntil = isFault || isKept ? undefined : refreshableUntil;
    const sealed = await sealText(JSON.stringify(outcome), lease.name, refreshToken);
    const result = { ...lease, sealed: encodeBase64Url(sealed), shareMs, spentUntil };
    // If the result cannot be shared, this request still has it.
    await this.#callLeases((leases) => leases.settleRefresh(result));
    return this.#remember(lease.name, outcome, shareMs);
  }

  async #ask(refreshToken: string, host: Authority, waitUntil: WaitUntil): Promise<RefreshOutcome> {
    const answer = await this.#options.client.refresh(refreshToken, host, waitUntil);
    if (answer.ok) return { kind: 'refreshed', tokens: answer.value };
    const { failure } = answer;
    if (failure.kind !== 'error') return { kind: 'unavailable', detail: failure.detail };
    // RFC 6749 section 5.2. Any other error is about the client, and says nothing about the sign-in.
    return failure.code === 'invalid_grant'
      ? { kind: 'refused' }
      : { kind: 'unavailable', detail: failure.code };
  }

  async #open(
    sealed: string,
    name: string,
    { refreshToken }: Refreshable,
  ): Promise<RefreshOutcome> {
    const bytes = new Uint8Array(decodeBase64Url(sealed));
    const text = await unsealText(bytes, name, refreshToken);
    const outcome = text === undefined ? undefined : readOutcome(text);
    // The time that is left is not known here, so the result is remembered for the shortest one.
    return outcome === undefined
      ? { kind: 'unavailable', detail: 'refresh-result' }
      : this.#remember(name, outcome, RETRY_MS);
  }

  #remember(name: string, outcome: RefreshOutcome, ms: number): RefreshOutcome {
    const until = this.#options.now() + ms;
    const bytes = 1024 + (outcome.kind === 'refreshed' ? 3 * outcome.tokens.accessToken.length : 0);
    this.#memory.keep(name, { outcome, until }, bytes);
    return outcome;
  }

  /** Calls the log's object; `undefined` if the call fails or is late. */
  async #callLeases<Answer>(
    call: (leases: RefreshLeaseStub) => Promise<Answer>,
  ): Promise<Answer | undefined> {
    const { openLeases } = this.#options;
    if (openLeases === undefined) return undefined;
    try {
      const answer = await within(LEASE_TIMEOUT_MS, call(openLeases()));
      return answer === LATE ? undefined : answer;
    } catch {
      return undefined; // only the call itself can fail here
    }
  }
}

/** Reads an outcome that an isolate of this deployment wrote; `undefined` for any other text. */
function readOutcome(text: string): RefreshOutcome | undefined {
  const read = parseObject(text);
  const tokens = isObject(read?.tokens) ? read.tokens : undefined;
  const accessToken = textOf(tokens?.accessToken);
  switch (read?.kind) {
    case 'refused':
      return { kind: 'refused' };
    case 'unavailable':
      return { kind: 'unavailable', detail: textOf(read.detail) ?? 'refresh' };
    case 'refreshed':
      return accessToken === undefined
        ? undefined
        : {
            kind: 'refreshed',
            tokens: { accessToken, refreshToken: textOf(tokens?.refreshToken) },
          };
    default:
      return undefined;
  }
}
