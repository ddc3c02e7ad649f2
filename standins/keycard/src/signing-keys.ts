import { exportJWK, generateKeyPair, type JWK } from 'jose';

/** Keycard's zones sign with this alone. */
export const ALGORITHM = 'RS256';

export interface SigningKey {
  kid: string;
  privateKey: CryptoKey;
  publicJwk: JWK;
  privateJwk: JWK;
}

// Only finished keys are shared: a promise would belong to the request that began it.
let published: SigningKey[] = [];
let signing: SigningKey | undefined;

export interface RotationOptions {
  /** Whether the new key signs at once, or is only published. @default true */
  signs?: boolean;
  /** Number of older keys that stay published. @default all */
  keeps?: number;
}

/** Publishes one more key, newest first. */
export async function rotate({ signs = true, keeps }: RotationOptions = {}): Promise<SigningKey> {
  const key = await generateSigningKey();
  published = [key, ...published.slice(0, keeps ?? published.length)];
  if (signs) signing = key;
  return key;
}

export async function resolveSigningKey(): Promise<SigningKey> {
  if (signing) return signing;
  const generated = await generateSigningKey();
  if (signing) return signing; // another request finished first
  published = [...published, generated];
  signing = generated;
  return generated;
}

export async function readPublishedKeys(): Promise<readonly SigningKey[]> {
  await resolveSigningKey();
  return published;
}

/** A key that the zone does not publish. */
export async function generateSigningKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const kid = crypto.randomUUID();
  const described = { kid, alg: ALGORITHM, use: 'sig' };
  const publicJwk = { ...(await exportJWK(publicKey)), ...described };
  const privateJwk = { ...(await exportJWK(privateKey)), ...described };
  return { kid, privateKey, publicJwk, privateJwk };
}
