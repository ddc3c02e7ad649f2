// Pure: no I/O, no clock.

/**
 * Signature algorithms that an issuer may use: asymmetric ones only, because the keys are public. No HMAC, no `none`.
 */
export const ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
  'Ed25519',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
] as const;

export type Algorithm = (typeof ALGORITHMS)[number];

export function isAlgorithm(name: string): name is Algorithm {
  return (ALGORITHMS as readonly string[]).includes(name);
}

/** Whether two names mean the same algorithm: `EdDSA` is deprecated for `Ed25519`, with the same bytes (RFC 9864). */
export function isSameAlgorithm(one: Algorithm, other: Algorithm): boolean {
  return canonical(one) === canonical(other);
}

function canonical(name: Algorithm): Algorithm {
  return name === 'EdDSA' ? 'Ed25519' : name;
}
