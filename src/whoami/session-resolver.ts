import type { Credential, TokenCredential } from '../credentials/credential.ts';
import type { Resolution } from './resolution.ts';
import type { Demand, Sessions } from './sessions.ts';
import type { Anchor } from './single-flight.ts';

/** Tells whose session a token proves; implemented by `tokens/`. */
export interface TokenResolver {
  resolve(credential: TokenCredential, anchor: Anchor): Promise<Resolution>;
}

/** What Kratos answers to a template it does not know, for a session that cannot be tokenized once more. */
const TOKENIZED_ALREADY =
  '{"error":{"code":400,"status":"Bad Request","reason":"The session is a token already and cannot be tokenized.","message":"The request was malformed or contained invalid parameters"}}\n';

/**
 * Whose a credential is, whatever its kind. A token has no store that could be asked: every demand for
 * freshness is met by holding it against its own times, its key and the revocation view, each time.
 */
export class SessionResolver {
  readonly #sessions: Sessions;
  readonly #tokens: TokenResolver;

  constructor(sessions: Sessions, tokens: TokenResolver) {
    this.#sessions = sessions;
    this.#tokens = tokens;
  }

  resolve(credential: Credential, demand: Demand, anchor: Anchor): Promise<Resolution> {
    return credential.kind === 'jwt'
      ? this.#tokens.resolve(credential, anchor)
      : this.#sessions.resolve(credential, demand, anchor);
  }

  /** With nothing kept by the store's tiers: for `tokenize_as` and for clients that said `no-store`. */
  async resolveUnstored(
    credential: Credential,
    anchor: Anchor,
    options: { readonly tokenizeAs?: string } = {},
  ): Promise<Resolution> {
    if (credential.kind === 'kratos') {
      return this.#sessions.resolveUnstored(credential, anchor, options);
    }
    const resolution = await this.#tokens.resolve(credential, anchor);
    if (resolution.outcome !== 'signed-in' || options.tokenizeAs === undefined) return resolution;
    const { provenance } = resolution;
    return { outcome: 'rejected', status: 400, body: TOKENIZED_ALREADY, provenance };
  }
}
