// Pure: no I/O, no clock.
import type { PublicJwk } from './json-web-key.ts';

/** Long enough to spare verifiers the trip, short enough for a rotation. */
const MAX_AGE_SECONDS = 300;

/**
 * `/.postern/jwks.json`: the public keys that stand in the configuration, for verifiers behind Postern. Kratos
 * publishes none for its tokenizer. Only public members exist here to be published.
 */
export function createPublishedKeys(keys: readonly PublicJwk[]): () => Response {
  const body = JSON.stringify({
    keys: keys.map(({ kid, algorithm, jwk }) => ({ ...jwk, kid, alg: algorithm, use: 'sig' })),
  });
  return function publishedKeys() {
    return new Response(body, {
      headers: {
        'content-type': 'application/jwk-set+json',
        'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
        'access-control-allow-origin': '*',
        'x-content-type-options': 'nosniff',
      },
    });
  };
}
