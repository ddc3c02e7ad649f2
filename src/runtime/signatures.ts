// Pure: no I/O, no clock.

const HASHES = { 256: 'SHA-256', 384: 'SHA-384', 512: 'SHA-512' } as const;

type Bits = keyof typeof HASHES;

/** A signature algorithm of JWS, as WebCrypto's `sign()` and `verify()` take it. */
export interface SignatureAlgorithm {
  readonly parameters: Readonly<SubtleCryptoSignAlgorithm>;
  /** The length of every signature; `undefined` if the key decides it. */
  readonly signatureBytes: number | undefined;
}

/**
 * The asymmetric algorithms of JWS by their names: RFC 7518 sections 3.3 to 3.5, RFC 8037 section 3.1, and RFC 9864. A
 * salt has the length of its hash (RFC 7518 section 3.5).
 */
export const SIGNATURE_ALGORITHMS = {
  ES256: ecdsa(256, 64),
  ES384: ecdsa(384, 96),
  ES512: ecdsa(512, 132),
  EdDSA: ed25519(),
  Ed25519: ed25519(),
  RS256: rsa('RSASSA-PKCS1-v1_5'),
  RS384: rsa('RSASSA-PKCS1-v1_5'),
  RS512: rsa('RSASSA-PKCS1-v1_5'),
  PS256: rsa('RSA-PSS', 32),
  PS384: rsa('RSA-PSS', 48),
  PS512: rsa('RSA-PSS', 64),
} as const satisfies Readonly<Record<string, SignatureAlgorithm>>;

function ecdsa(bits: Bits, signatureBytes: number): SignatureAlgorithm {
  return { parameters: { name: 'ECDSA', hash: HASHES[bits] }, signatureBytes };
}

function ed25519(): SignatureAlgorithm {
  return { parameters: { name: 'Ed25519' }, signatureBytes: 64 };
}

/** The hash is the imported key's own (Web Cryptography API, `RsaHashedKeyAlgorithm`). */
function rsa(name: string, saltLength?: number): SignatureAlgorithm {
  const parameters = saltLength === undefined ? { name } : { name, saltLength };
  return { parameters, signatureBytes: undefined };
}
