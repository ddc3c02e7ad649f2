import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

/** Claims and header as given, `undefined` members left out. */
type Members = Readonly<Record<string, unknown>>;

/** An issuer with a key of its own, which signs any claims. */
export interface EventSigner {
  readonly publicJwk: JWK;
  sign(claims: Members, header?: Members): Promise<string>;
}

/** A signer whose key has this id. */
export async function createEventSigner(kid: string): Promise<EventSigner> {
  const { publicKey, privateKey } = await generateKeyPair('ES256');
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  return {
    publicJwk,
    sign: (claims, header = {}) => {
      const whole = withoutGaps({ alg: 'ES256', kid, ...header });
      // The header may be wrong on purpose; the library only asks for an algorithm.
      return new SignJWT(withoutGaps(claims))
        .setProtectedHeader(whole as { alg: string })
        .sign(privateKey);
    },
  };
}

function withoutGaps(members: Members): Record<string, unknown> {
  return Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined));
}
