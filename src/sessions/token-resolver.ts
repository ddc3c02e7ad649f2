import type { TokenCredential } from '../credentials/credential.ts';
import type { Anchor } from '../runtime/single-flight.ts';
import type { Resolution } from './resolution.ts';

/**
 * Tells whose session a token proves; `tokens/` implements it. A token has no store that could be asked: every
 * demand for freshness is met by holding it against its own times, its key and the revocation view, each time.
 */
export interface TokenResolver {
  resolve(token: Pick<TokenCredential, 'value'>, anchor: Anchor): Promise<Resolution>;
  /** Whether every issuer's tokens can be verified. */
  isReady(anchor: Anchor): Promise<boolean>;
}
