import type { TokenCredential } from '../credentials/credential.ts';
import type { Authority } from '../http/authority.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import { MemoryTier } from '../runtime/memory-cache.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import { NOTHING_ASKED, type Resolution } from '../sessions/resolution.ts';
import type { TokenTerms } from '../sessions/resolve-credentials.ts';
import { openToken } from './compact-jws.ts';
import type { KeyAnswer } from './issuer-keys.ts';
import type { TokenSession, TrustedIssuer } from './trusted-issuer.ts';
import type { TokenFailure } from './verify-token.ts';

export interface TokenSessionsOptions {
  readonly issuers: readonly TrustedIssuer[];
  readonly revocation: RevocationView;
  /** Maximum age of a token that is accepted while the revocation log cannot be read, in milliseconds since `iat`. */
  readonly maxAgeWithoutLogMs: number;
  readonly now: () => number;
}

const MEMORY_LIMITS = { maxEntries: 5000, maxBytes: 8 * 1024 * 1024 };

const LOG_UNREADABLE = 'revocation-log';
/**
 * A token has no store to ask instead, so the request waits for a refresh of the view: half the lag, and at most this
 * long.
 */
const MAX_VIEW_WAIT_MS = 2500;

/**
 * Resolves tokens to sessions. No network call is needed while the issuer's keys are known.
 *
 * Guarantees:
 * - A token of an issuer that is not configured causes no call.
 * - A cached token is checked at each use: its expiry, its key in the issuer's current key set, and the revocation
 *   view.
 * - Keys that cannot be fetched are never read as "signed out".
 * - While the revocation log cannot be read, only young tokens are accepted, and the answer says so.
 */
export class TokenSessions {
  readonly #options: TokenSessionsOptions;
  readonly #issuers: ReadonlyMap<string, TrustedIssuer>;
  readonly #viewWaitMs: number;
  /** The key is the token itself, so a cache hit needs no digest. */
  readonly #memory = new MemoryTier<TokenSession>(MEMORY_LIMITS);

  constructor(options: TokenSessionsOptions) {
    this.#options = options;
    this.#viewWaitMs = Math.min(options.revocation.lagMs / 2, MAX_VIEW_WAIT_MS);
    this.#issuers = new Map(options.issuers.map((issuer) => [issuer.issuer, issuer]));
  }

  /** Resolves a token that was verified before, if nothing has to be awaited; otherwise returns `undefined`. */
  recall(
    { value }: Pick<TokenCredential, 'value'>,
    { host, waitUntil }: TokenTerms,
  ): Resolution | undefined {
    const remembered = this.#memory.read(value);
    const { revocation, now } = this.#options;
    // A view that is too old is for `resolve()`, which waits for the new one.
    if (remembered === undefined || revocation.trustedSince(now()) > 0) return undefined;
    if (this.#refresh(waitUntil) !== undefined) return undefined;
    const answer = this.#keyOf(remembered, waitUntil);
    return isKey(answer, remembered)
      ? this.#conclude(value, remembered, { host, tier: 'memory' })
      : undefined;
  }

  /** Resolves a token to the session that it proves. Never throws because of the token. */
  async resolve(
    { value }: Pick<TokenCredential, 'value'>,
    { host, waitUntil }: TokenTerms,
  ): Promise<Resolution> {
    const { now } = this.#options;
    const refreshed = this.#refresh(waitUntil);
    if (refreshed !== undefined) await refreshed;
    const askedAt = now();
    const isKnown = this.#memory.read(value) !== undefined;
    const remembered = isKnown ? await this.#recall(value, waitUntil) : undefined;
    if (remembered !== undefined) {
      // The wait for the key may have outlasted the freshness of the view.
      if (now() !== askedAt) await this.#refresh(waitUntil);
      return this.#conclude(value, remembered, { host, tier: 'memory' });
    }
    const opened = openToken(value);
    if (!opened.ok) return refuse(opened.failure);
    const { iss } = opened.value.claims;
    const issuer = typeof iss === 'string' ? this.#issuers.get(iss) : undefined;
    if (issuer === undefined) return refuse('token_issuer_untrusted');
    const verified = await issuer.verify(opened.value, { now: now(), waitUntil });
    if (!verified.ok) return withoutSession(verified.failure);
    this.#memory.keep(value, verified.value, estimateBytes(value, verified.value));
    await this.#refresh(waitUntil); // for the same reason
    return this.#conclude(value, verified.value, { host, tier: 'signature' });
  }

  /** Whether every issuer has keys to verify its tokens with. */
  async isReady(waitUntil: WaitUntil): Promise<boolean> {
    const issuers = [...this.#issuers.values()];
    const ready = await Promise.all(issuers.map(({ keys }) => keys.isReady(waitUntil)));
    return ready.every(Boolean);
  }

  #refresh(waitUntil: WaitUntil): Promise<void> | undefined {
    const { revocation, now } = this.#options;
    return revocation.refresh(now(), waitUntil, revocation.lagMs, this.#viewWaitMs);
  }

  /** Reads a verified token from the cache, if its key is still in the issuer's key set. */
  async #recall(compact: string, waitUntil: WaitUntil): Promise<TokenSession | undefined> {
    const remembered = this.#memory.read(compact);
    if (remembered === undefined) return undefined;
    if (isKey(await this.#keyOf(remembered, waitUntil), remembered)) return remembered;
    this.#memory.forget(compact);
    return undefined;
  }

  /** Finds the key of a verified token in its issuer's key set as it is now. */
  #keyOf({ key, issuer }: TokenSession, waitUntil: WaitUntil) {
    const wanted = { kid: key.kid, algorithm: key.algorithm };
    return this.#issuers.get(issuer)?.keys.find(wanted, waitUntil);
  }

  /** Checks a verified token against the host that is asked, its expiry and the revocation view. */
  #conclude(
    compact: string,
    token: TokenSession,
    { host, tier }: { readonly host: Authority; readonly tier: 'memory' | 'signature' },
  ): Resolution {
    const { session, body, issuedAt, acceptedUntil } = token;
    if (!token.hosts.has(host)) return refuse('token_audience_mismatch');
    const { revocation, maxAgeWithoutLogMs } = this.#options;
    const now = this.#options.now(); // read again: the clock moves while keys are awaited
    const ended = now >= acceptedUntil;
    if (ended || issuedAt <= this.#lastMark(token)) {
      this.#memory.forget(compact);
      return refuse(ended ? 'token_expired' : 'token_revoked');
    }
    const isHeld = issuedAt >= revocation.trustedSince(now);
    if (!isHeld && now - issuedAt >= maxAgeWithoutLogMs) return ageWithoutLog();
    return {
      outcome: 'signed-in',
      session,
      body,
      token: compact,
      logPosition: revocation.position(),
      setCookies: [],
      cacheForSeconds: undefined,
      provenance: {
        ...NOTHING_ASKED,
        tier,
        ageSeconds: Math.max(0, Math.floor((now - issuedAt) / 1000)),
        ttlSeconds: Math.floor((session.expiresAt - now) / 1000),
        ...(!isHeld && { forwarded: 'stale', fault: LOG_UNREADABLE }),
      },
    };
  }

  /** The latest revocation time of any mark that names this token. Tokens issued at or before it are revoked. */
  #lastMark({ session, issuer, subject, tokenId, applicationIds }: TokenSession): number {
    const { revocation } = this.#options;
    const named = {
      sessionId: session.id,
      issuer,
      ...(tokenId !== undefined && { tokenId }),
      ...(applicationIds !== undefined && { applicationIds }),
    };
    const byIdentity = revocation.tokensDeniedUntil({ ...named, identityId: session.identity.id });
    if (subject === session.identity.id) return byIdentity;
    return Math.max(byIdentity, revocation.tokensDeniedUntil({ ...named, identityId: subject }));
  }
}

function isKey(answer: KeyAnswer | Promise<KeyAnswer> | undefined, { key }: TokenSession): boolean {
  return answer !== undefined && 'key' in answer && answer.key === key;
}

function withoutSession(failure: TokenFailure): Resolution {
  if (failure.kind === 'refused') return refuse(failure.reason);
  const { reason, detail, retryAfterSeconds } = failure;
  return {
    outcome: 'unknown',
    reason,
    retryAfterSeconds,
    provenance: { ...NOTHING_ASKED, forwarded: 'miss', fault: detail },
  };
}

/**
 * The 503 answer for a token that cannot be checked without the revocation log. A token has no store to ask instead.
 */
function ageWithoutLog(): Resolution {
  return {
    outcome: 'unknown',
    reason: 'store_unavailable',
    retryAfterSeconds: undefined,
    provenance: { ...NOTHING_ASKED, forwarded: 'stale', fault: LOG_UNREADABLE },
  };
}

function refuse(reason: Extract<Resolution, { outcome: 'not-signed-in' }>['reason']): Resolution {
  const mayClearCookie = true;
  const provenance = NOTHING_ASKED;
  return { outcome: 'not-signed-in', reason, body: undefined, mayClearCookie, provenance };
}

/** Estimates the size of a cache entry: the token, the body, its parsed form and bookkeeping. */
function estimateBytes(compact: string, { body }: TokenSession): number {
  return 1024 + compact.length + 3 * body.length;
}
