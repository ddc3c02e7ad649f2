import type { SignInCredential } from '../credentials/credential.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import { NOTHING_ASKED, type Resolution } from '../sessions/resolution.ts';
import type { Resolvers, TokenTerms } from '../sessions/resolve-credentials.ts';
import type { OpenedSignIn, SealedSignIns } from './sealed-sign-ins.ts';

export interface SignInSessionsOptions {
  readonly sealed: SealedSignIns;
  readonly tokens: Resolvers['tokens'];
  readonly revocation: Pick<RevocationView, 'tokensDeniedUntil'>;
}

/**
 * Resolves the sealed cookies of a browser to the session that their access token proves. The token is verified as a
 * bearer is. Besides, a mark on the sign-in, its session or its subject ends the sign-in for good: a token that the
 * issuer refreshed later does not count either.
 */
export class SignInSessions {
  readonly #options: SignInSessionsOptions;

  constructor(options: SignInSessionsOptions) {
    this.#options = options;
  }

  /** Resolves sealed cookies. Never throws because of the cookies. */
  async resolve(credential: SignInCredential, terms: TokenTerms): Promise<Resolution> {
    const signIn = await this.#options.sealed.open(credential, terms.host);
    if (signIn === undefined) return refused('session_inactive');
    return this.#resolveToken(signIn, terms);
  }

  async #resolveToken(signIn: OpenedSignIn, terms: TokenTerms): Promise<Resolution> {
    const { tokens } = this.#options;
    const resolution = await tokens.resolve({ value: signIn.accessToken }, terms);
    const isEnded = resolution.outcome === 'signed-in' && this.#hasEnded(signIn);
    return isEnded ? refused('token_revoked') : resolution;
  }

  /** Whether a mark that names the sign-in was made after it began. */
  #hasEnded({ id, signedInAt, claims }: OpenedSignIn): boolean {
    const { issuer, subject, sessionId = id, tokenId } = claims;
    const { revocation } = this.#options;
    const own = { issuer, sessionId: id, identityId: subject };
    const named = { issuer, sessionId, identityId: subject, ...(tokenId && { tokenId }) };
    return [own, named].some((each) => signedInAt <= revocation.tokensDeniedUntil(each));
  }
}

function refused(reason: 'session_inactive' | 'token_revoked'): Resolution {
  return {
    outcome: 'not-signed-in',
    reason,
    body: undefined,
    mayClearCookie: true,
    provenance: NOTHING_ASKED,
  };
}
