import type { TokenCredential } from '../credentials/credential.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import { MemoryTier } from '../runtime/memory-cache.ts';
import type { Anchor } from '../runtime/single-flight.ts';
import { NOTHING_ASKED, type Resolution } from '../sessions/resolution.ts';
import { openToken } from './compact-jws.ts';
import type { TokenSession, TrustedIssuer } from './trusted-issuer.ts';
import type { TokenFailure } from './verify-token.ts';

export interface TokenSessionsOptions {
  readonly issuers: readonly TrustedIssuer[];
  readonly revocation: RevocationView;
  /** For so long after it was issued a token is believed while the revocation log cannot be read. */
  readonly believedUnheldMs: number;
  readonly now: () => number;
}

const MEMORY_LIMITS = { maxEntries: 5000, maxBytes: 8 * 1024 * 1024 };

const LOG_UNREADABLE = 'revocation-log';
/** There is no store to ask instead, so a view that is on its way is waited for: half the lag, and no longer than this. */
const MAX_VIEW_WAIT_MS = 2500;

/**
 * Token to session, without a call to anyone while the issuer's keys are known.
 *
 * Guarantees: an issuer that is not configured causes no call at all; a remembered token is held, each time,
 * against its own expiry, its key's place in the issuer's present key set, and the revocation view; keys that
 * cannot be had are never read as "signed out"; while the revocation log cannot be read, only young tokens are
 * believed, and the answer says so.
 */
export class TokenSessions {
  readonly #options: TokenSessionsOptions;
  readonly #issuers: ReadonlyMap<string, TrustedIssuer>;
  readonly #viewWaitMs: number;
  /** By the token itself, so that what is known needs no digest. */
  readonly #memory = new MemoryTier<TokenSession>(MEMORY_LIMITS);

  constructor(options: TokenSessionsOptions) {
    this.#options = options;
    this.#viewWaitMs = Math.min(options.revocation.lagMs / 2, MAX_VIEW_WAIT_MS);
    this.#issuers = new Map(options.issuers.map((issuer) => [issuer.issuer, issuer]));
  }

  /** Whose session a token proves. Never throws on account of the token. */
  async resolve({ value }: Pick<TokenCredential, 'value'>, anchor: Anchor): Promise<Resolution> {
    const { now } = this.#options;
    const refreshed = this.#refresh(anchor);
    if (refreshed !== undefined) await refreshed;
    const askedAt = now();
    const remembered = await this.#recall(value, anchor);
    if (remembered !== undefined) {
      // Its key may have been waited for longer than the view stays young.
      if (now() !== askedAt) await this.#refresh(anchor);
      return this.#conclude(value, remembered, 'memory');
    }
    const opened = openToken(value);
    if (!opened.ok) return refuse(opened.failure);
    const { iss } = opened.value.claims;
    const issuer = typeof iss === 'string' ? this.#issuers.get(iss) : undefined;
    if (issuer === undefined) return refuse('token_issuer_untrusted');
    const verified = await issuer.verify(opened.value, { now: now(), anchor });
    if (!verified.ok) return withoutSession(verified.failure);
    this.#memory.keep(value, verified.value, estimateBytes(value, verified.value));
    await this.#refresh(anchor); // as above
    return this.#conclude(value, verified.value, 'signature');
  }

  /** Whether every issuer's tokens can be verified. */
  async isReady(anchor: Anchor): Promise<boolean> {
    const issuers = [...this.#issuers.values()];
    const ready = await Promise.all(issuers.map(({ keys }) => keys.isReady(anchor)));
    return ready.every(Boolean);
  }

  #refresh(anchor: Anchor): Promise<void> | undefined {
    const { revocation, now } = this.#options;
    return revocation.refresh(now(), anchor, revocation.lagMs, this.#viewWaitMs);
  }

  /** What was verified before, while its key is still one of the issuer's. */
  async #recall(compact: string, anchor: Anchor): Promise<TokenSession | undefined> {
    const remembered = this.#memory.read(compact);
    if (remembered === undefined) return undefined;
    const { key, issuer } = remembered;
    const wanted = { kid: key.kid, algorithm: key.algorithm };
    const answer = await this.#issuers.get(issuer)?.keys.find(wanted, anchor);
    if (answer?.kind === 'key' && answer.key === key) return remembered;
    this.#memory.forget(compact);
    return undefined;
  }

  /** A proven token, held against what can have ended it since. */
  #conclude(compact: string, token: TokenSession, tier: 'memory' | 'signature'): Resolution {
    const { session, body, issuedAt, believedUntil } = token;
    const { revocation, believedUnheldMs } = this.#options;
    const now = this.#options.now(); // taken anew: the clock moves while keys are awaited
    const ended = now >= believedUntil;
    if (ended || issuedAt <= this.#notBefore(token)) {
      this.#memory.forget(compact);
      return refuse(ended ? 'token_expired' : 'token_revoked');
    }
    const isHeld = issuedAt >= revocation.trustedSince(now);
    if (!isHeld && now - issuedAt >= believedUnheldMs) return unheld();
    return {
      outcome: 'signed-in',
      session,
      body,
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

  /** The latest moment at or before which tokens are revoked that share anything with this one. */
  #notBefore({ session, issuer, subject, tokenId }: TokenSession): number {
    const { revocation } = this.#options;
    const named = {
      sessionId: session.id,
      issuer,
      ...(tokenId !== undefined && { tokenId }),
    };
    const byIdentity = revocation.tokenNotBefore({ ...named, identityId: session.identity.id });
    if (subject === session.identity.id) return byIdentity;
    return Math.max(byIdentity, revocation.tokenNotBefore({ ...named, identityId: subject }));
  }
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

/** A token has no store that could be asked while nobody knows what was revoked. */
function unheld(): Resolution {
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

/** An estimate of what an entry occupies: the token, the body, its parsed form, and the bookkeeping around them. */
function estimateBytes(compact: string, { body }: TokenSession): number {
  return 1024 + compact.length + 3 * body.length;
}
