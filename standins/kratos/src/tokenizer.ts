import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import { sessionDocument } from './session.ts';
import type { TokenizerTemplate } from './settings.ts';
import type { SignedIn } from './store.ts';

type Algorithm = TokenizerTemplate['algorithm'];

const ALGORITHMS: readonly Algorithm[] = ['ES256', 'RS256', 'EdDSA'];
/** Kratos's schema default for a template's `ttl`. */
const DEFAULT_TTL_SECONDS = 60;

interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

// Only finished keys are shared: a promise would belong to the request that began it. The first key signs.
const keysOf = new Map<Algorithm, readonly SigningKey[]>();

export interface TokenizeOptions {
  publicUrl: string;
  now: number;
}

/**
 * A tokenized session: a JWT with Kratos's default claims, those of the template over them, and `sub` forced
 * again after that (`session/tokenizer.go`). There is no `aud` unless the template adds one.
 */
export async function tokenizeSession(
  { session, identity }: SignedIn,
  template: TokenizerTemplate,
  { publicUrl, now }: TokenizeOptions,
): Promise<string> {
  const { algorithm } = template;
  const key = await resolveSigningKey(algorithm);
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    jti: crypto.randomUUID(),
    iss: `${publicUrl}/`,
    exp: issuedAt + (template.ttlSeconds ?? DEFAULT_TTL_SECONDS),
    sid: session.id,
    nbf: issuedAt,
    iat: issuedAt,
    ...(template.mapsSession && {
      session: sessionDocument(session, identity, { publicUrl, now }),
    }),
    ...template.claims,
    sub: identity.id,
  };
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, kid: key.kid, typ: 'JWT' })
    .sign(key.privateKey);
}

/** The public halves of the signing keys. Kratos publishes none: its operator copies them from the config. */
export async function readPublicKeySet(): Promise<{ keys: JWK[] }> {
  for (const algorithm of ALGORITHMS) await resolveSigningKey(algorithm);
  return { keys: [...keysOf.values()].flat().map(({ publicJwk }) => publicJwk) };
}

/** Puts a new key in front, as an operator does who edits `jwks_url`; older keys stay unless told otherwise. */
export async function rotateKeys(options: { keepsOlder: boolean }): Promise<void> {
  for (const algorithm of ALGORITHMS) {
    const key = await generateSigningKey(algorithm);
    const older = options.keepsOlder ? (keysOf.get(algorithm) ?? []) : [];
    keysOf.set(algorithm, [key, ...older]);
  }
}

async function resolveSigningKey(algorithm: Algorithm): Promise<SigningKey> {
  const [known] = keysOf.get(algorithm) ?? [];
  if (known) return known;
  const generated = await generateSigningKey(algorithm);
  // Another request may have finished first, and a token may already have its key.
  const [first = generated] = keysOf.get(algorithm) ?? [];
  if (first === generated) keysOf.set(algorithm, [generated]);
  return first;
}

async function generateSigningKey(algorithm: Algorithm): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(algorithm);
  const kid = crypto.randomUUID();
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' };
  return { kid, privateKey, publicJwk };
}
