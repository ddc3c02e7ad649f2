import { installInstantCrypto } from '../../revocation/world/instant-crypto.ts';

/** No signature is verified in this world: every made token is valid. */
function publicKey({ kty }: JsonWebKey): object {
  const algorithm =
    kty === 'RSA'
      ? { name: 'RSASSA-PKCS1-v1_5', hash: { name: 'SHA-256' }, modulusLength: 2048 }
      : { name: 'ECDSA', namedCurve: 'P-256' };
  const usages = ['verify'];
  return {
    [Symbol.toStringTag]: 'CryptoKey',
    type: 'public',
    extractable: true,
    algorithm,
    usages,
  };
}

/** Instant crypto that imports any public key, accepts any signature and signs with empty bytes, until its disposal. */
export function installInstantSignatures(): Disposable {
  const inner = installInstantCrypto();
  const { subtle } = crypto;
  const { importKey, sign, verify } = subtle;
  Object.assign(subtle, {
    importKey: (...args: Parameters<typeof importKey>) =>
      args[0] === 'jwk'
        ? Promise.resolve(publicKey(args[1] as JsonWebKey)) // the members of that format
        : importKey.apply(subtle, args),
    sign: async () => new ArrayBuffer(32),
    verify: async () => true,
  });
  return {
    [Symbol.dispose]() {
      Object.assign(subtle, { importKey, sign, verify });
      inner[Symbol.dispose]();
    },
  };
}

/** A token with this header and these claims, and something in the place of its signature. */
export function unsignedToken(claims: object, header: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part(header)}.${part(claims)}.${Buffer.alloc(64).toString('base64url')}`;
}
