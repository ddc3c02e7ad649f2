import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';
import type { TokenizerTemplate } from './settings.ts';
import type { SignedIn } from './store.ts';

const ALGORITHM = 'ES256';
/** Kratos's schema default for a template's `ttl`. */
const DEFAULT_TTL_SECONDS = 60;

interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
}

// Only the finished key is shared: a promise would belong to the request that began it.
let signingKey: SigningKey | undefined;

export interface TokenizeOptions {
  publicUrl: string;
  now: number;
}

/**
 * A tokenized session: an ES256 JWT with Kratos's default claims, those of the template over them, and
 * `sub` forced again after that (`session/tokenizer.go`). There is no `aud` unless the template adds one.
 */
export async function tokenizeSession(
  { session, identity }: SignedIn,
  template: TokenizerTemplate,
  { publicUrl, now }: TokenizeOptions,
): Promise<string> {
  const key = await resolveSigningKey();
  const issuedAt = Math.floor(now / 1000);
  const claims = {
    jti: crypto.randomUUID(),
    iss: `${publicUrl}/`,
    exp: issuedAt + (template.ttlSeconds ?? DEFAULT_TTL_SECONDS),
    sid: session.id,
    nbf: issuedAt,
    iat: issuedAt,
    ...template.claims,
    sub: identity.id,
  };
  return await new SignJWT(claims)
    .setProtectedHeader({ alg: ALGORITHM, kid: key.kid, typ: 'JWT' })
    .sign(key.privateKey);
}

/** The public half of the signing key. Kratos publishes none: its operator copies it from the config. */
export async function readPublicKeySet(): Promise<{ keys: JWK[] }> {
  return { keys: [(await resolveSigningKey()).publicJwk] };
}

async function resolveSigningKey(): Promise<SigningKey> {
  if (signingKey) return signingKey;
  const generated = await generateSigningKey();
  // Another request may have finished first; its key is already in somebody's token.
  signingKey ??= generated;
  return signingKey;
}

async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM);
  const kid = crypto.randomUUID();
  const publicJwk = { ...(await exportJWK(publicKey)), kid, alg: ALGORITHM, use: 'sig' };
  return { kid, privateKey, publicJwk };
}
