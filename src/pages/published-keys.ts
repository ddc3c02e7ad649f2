// Pure: no I/O, no clock.

/** A public JWK (RFC 7517 section 4). */
type PublicKey = Readonly<Record<string, unknown>>;

/** A key leaves the set some time after it has stopped to sign; verifiers may keep the set this long. */
const MAX_AGE_SECONDS = 300;

/**
 * `/.postern/jwks.json`: one JWK set (RFC 7517 section 5) of all the keys that are to be verified with, in the order
 * given. It holds nothing but what is public, and is the same for everyone, so caches may keep it.
 */
export function publishedKeys(sets: readonly (readonly PublicKey[])[]): Response {
  return new Response(`${JSON.stringify({ keys: sets.flat() })}\n`, {
    headers: {
      'content-type': 'application/jwk-set+json',
      'cache-control': `public, max-age=${MAX_AGE_SECONDS}`,
      'x-content-type-options': 'nosniff',
    },
  });
}
