// Pure: no I/O, no clock.
import type { PublicJwk } from '../../tokens/json-web-key.ts';
import { jsonDocument } from './public-document.ts';

/** A public JWK (RFC 7517 section 4). */
type PublishedKey = Readonly<Record<string, unknown>>;

/**
 * Serves `/.postern/jwks.json`: one JWK set (RFC 7517 section 5) of the keys that verifiers behind Postern need. It
 * holds public keys only, and is the same for every client, so caches may keep it.
 */
export function createPublishedKeys(keys: readonly PublishedKey[]): () => Response {
  const body = `${JSON.stringify({ keys })}\n`;
  return function publishedKeys() {
    return jsonDocument(body, 'application/jwk-set+json');
  };
}

/** Makes the published form of a configured issuer's key. Kratos does not publish its tokenizer's keys itself. */
export function publishedKey({ kid, algorithm, jwk }: PublicJwk): PublishedKey {
  return { ...jwk, kid, alg: algorithm, use: 'sig' };
}
