import type { SignInCredential } from '../credentials/credential.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import type { Report } from '../runtime/report.ts';
import { NOTHING_ASKED, type Resolution } from '../sessions/resolution.ts';
import type { Resolvers, TokenTerms } from '../sessions/resolve-credentials.ts';
import type { Tokens } from './authorization-server.ts';
import type { OpenedSignIn, SealedSignIns } from './sealed-sign-ins.ts';
import { readClaims, type SignInClaims } from './sign-in.ts';
import type { TokenRefresh } from './token-refresh.ts';

export interface SignInSessionsOptions {
  readonly issuer: string;
  readonly sealed: SealedSignIns;
  readonly tokens: Resolvers['tokens'];
  readonly refresh: Pick<TokenRefresh, 'refresh'>;
  readonly revocation: Pick<RevocationView, 'lagMs' | 'refresh' | 'tokensDeniedUntil'>;
  /**
   * A sign-in is refreshed at most this long after its last token was issued. Marks are kept for longer, so a sign-in that
   * a mark has ended can never be refreshed again.
   */
  readonly maxIdleMs: number;
  /** The deadline of one call to the issuer, in milliseconds. */
  readonly timeoutMs: number;
  readonly now: () => number;
  readonly report: Report;
}

type Refused = Extract<Resolution, { outcome: 'not-signed-in' }>;

/** A token is refreshed this long before it expires, or after half of its lifetime if that is later. */
const REFRESH_AHEAD_MS = 30_000;
/** The longest wait for a refresh while the old token is still good. */
const AHEAD_WAIT_MS = 2000;

/**
 * Resolves the sealed cookies of a browser to the session that their access token proves. The token is verified as a
 * bearer is, and is refreshed shortly before it expires.
 *
 * Guarantees:
 * - A mark on the sign-in, its session or its subject ends the sign-in for good: a token that was refreshed after the mark
 *   does not count either.
 * - Tokens are refreshed once for all isolates ({@link TokenRefresh}).
 * - A refreshed token of another subject or issuer is refused.
 * - While the issuer does not answer, the old token counts until it expires. After that the result is unknown.
 */
export class SignInSessions {
  readonly #options: SignInSessionsOptions;

  constructor(options: SignInSessionsOptions) {
    this.#options = options;
  }

  /** Resolves sealed cookies. Never throws because of the cookies. */
  async resolve(credential: SignInCredential, terms: TokenTerms): Promise<Resolution> {
    const { sealed, now } = this.#options;
    const signIn = await sealed.open(credential, terms.host);
    if (signIn === undefined) return refused('session_inactive');
    const { refreshToken, claims } = signIn;
    // New tokens that do not reach the browser would be lost, and the old ones with them.
    const mayRefresh = refreshToken !== undefined && !terms.isRecheck;
    return !mayRefresh || now() < refreshAt(claims)
      ? this.#resolveToken(signIn, terms)
      : this.#refresh({ ...signIn, refreshToken }, terms);
  }

  async #resolveToken(signIn: OpenedSignIn, terms: TokenTerms): Promise<Resolution> {
    const { tokens } = this.#options;
    const resolution = await tokens.resolve({ value: signIn.accessToken }, terms);
    const isEnded = resolution.outcome === 'signed-in' && this.#hasEnded(signIn);
    return isEnded ? refused('token_revoked') : resolution;
  }

  async #refresh(
    signIn: OpenedSignIn & { readonly refreshToken: string },
    terms: TokenTerms,
  ): Promise<Resolution> {
    const { refresh, revocation, maxIdleMs, timeoutMs, now } = this.#options;
    const { accessToken, refreshToken, claims } = signIn;
    const refreshableUntil = claims.issuedAt + maxIdleMs;
    if (now() >= refreshableUntil) return refused('token_expired');
    await revocation.refresh(now(), terms.waitUntil, revocation.lagMs, AHEAD_WAIT_MS);
    if (this.#hasEnded(signIn)) return refused('token_revoked');
    const isGood = now() < claims.expiresAt;
    const maxWaitMs = isGood ? AHEAD_WAIT_MS : 2 * timeoutMs;
    const outcome = await refresh.refresh(
      { accessToken, refreshToken, refreshableUntil },
      { ...terms, maxWaitMs },
    );
    switch (outcome.kind) {
      case 'refreshed':
        return this.#resolveRefreshed(outcome.tokens, signIn, terms);
      case 'refused':
        return refused('session_inactive');
      case 'spent':
        // The browser may have newer cookies of the same names by now, so these are not cleared.
        return isGood
          ? this.#resolveToken(signIn, terms)
          : refused('token_expired', { mayClearCookie: false });
      case 'unavailable':
        return isGood ? this.#resolveToken(signIn, terms) : unknown(outcome.detail);
      case 'under-way':
        return isGood ? this.#resolveToken(signIn, terms) : unknown('timeout');
    }
  }

  async #resolveRefreshed(
    tokens: Tokens,
    signIn: OpenedSignIn,
    terms: TokenTerms,
  ): Promise<Resolution> {
    const { sealed, issuer, report } = this.#options;
    const claims = readClaims(tokens.accessToken);
    if (claims?.issuer !== issuer || claims.subject !== signIn.claims.subject) {
      report({ event: 'sign-in-changed-subject', issuer });
      return refused('session_inactive');
    }
    const refreshed = { ...signIn, ...tokens, claims };
    const resolution = await this.#resolveToken(refreshed, terms);
    if (resolution.outcome !== 'signed-in') return resolution;
    const setCookies = await sealed.seal(refreshed, terms.host);
    if (setCookies === undefined) report({ event: 'sign-in-too-large', issuer });
    return { ...resolution, setCookies: setCookies ?? [] };
  }

  /** Whether a mark that names the sign-in was made after it began. */
  #hasEnded({ id, signedInAt, claims }: OpenedSignIn): boolean {
    const { issuer, subject, sessionId = id, tokenId, applicationIds } = claims;
    const { revocation } = this.#options;
    const named = {
      issuer,
      identityId: subject,
      ...(tokenId !== undefined && { tokenId }),
      ...(applicationIds !== undefined && { applicationIds }),
    };
    return [id, sessionId].some(
      (name) => signedInAt <= revocation.tokensDeniedUntil({ ...named, sessionId: name }),
    );
  }
}

/** Returns the time from which a token is refreshed, in milliseconds since the epoch. */
function refreshAt({ issuedAt, expiresAt }: SignInClaims): number {
  return Math.max(expiresAt - REFRESH_AHEAD_MS, (issuedAt + expiresAt) / 2);
}

function refused(reason: Refused['reason'], { mayClearCookie = true } = {}): Resolution {
  const provenance = NOTHING_ASKED;
  return { outcome: 'not-signed-in', reason, body: undefined, mayClearCookie, provenance };
}

function unknown(fault: string): Resolution {
  return {
    outcome: 'unknown',
    reason: 'sign_in_unavailable',
    retryAfterSeconds: undefined,
    provenance: { ...NOTHING_ASKED, forwarded: 'miss', fault },
  };
}
