/** A zone with keys of many kinds, and tokens written by hand. */
import {
  constants,
  createHmac,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
} from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A `kid` of more than 255 characters. */
export const LONG_KID = 'k'.repeat(300);

/** A key that signs, and the members of its public JWK beside the key itself. */
interface SigningKey {
  readonly privateKey: KeyObject;
  readonly published?: Readonly<Record<string, unknown>>;
}

export interface SigningZone extends AsyncDisposable {
  /** Without a slash at the end. The metadata and the keys are there. */
  readonly issuer: string;
  /** Signs `header.payload` under an algorithm of RFC 7518 or RFC 8037. A key without a known name is not published. */
  sign(input: string, options: { readonly key: string; readonly alg: string }): string;
  /** The public key as PEM text: what an attacker would use as the secret of an HMAC. */
  publicPem(key: string): string;
  publicJwk(key: string): object;
}

const rsa = (modulusLength: number, publicExponent = 65_537) =>
  generateKeyPairSync('rsa', { modulusLength, publicExponent }).privateKey;
const ec = (namedCurve: string) => generateKeyPairSync('ec', { namedCurve }).privateKey;
const named = (alg: string, privateKey: KeyObject): SigningKey => ({
  privateKey,
  published: { alg, use: 'sig' },
});

/** Makes each key, by `kid`. */
const KEYS: Readonly<Record<string, () => SigningKey>> = {
  usual: () => named('RS256', rsa(2048)),
  rs384: () => named('RS384', rsa(2048)),
  rs512: () => named('RS512', rsa(2048)),
  ps256: () => named('PS256', rsa(2048)),
  ps384: () => named('PS384', rsa(2048)),
  ps512: () => named('PS512', rsa(2048)),
  es256: () => named('ES256', ec('P-256')),
  es384: () => named('ES384', ec('P-384')),
  es512: () => named('ES512', ec('P-521')),
  es256k: () => named('ES256K', ec('secp256k1')),
  eddsa: () => named('EdDSA', generateKeyPairSync('ed25519').privateKey),
  ed25519: () => named('Ed25519', generateKeyPairSync('ed25519').privateKey),
  ed448: () => named('EdDSA', generateKeyPairSync('ed448').privateKey),
  'rsa-1024': () => named('RS256', rsa(1024)),
  'rsa-4096': () => named('RS256', rsa(4096)),
  'rsa-e3': () => named('RS256', rsa(2048, 3)),
  'for-encryption': () => ({ privateKey: rsa(2048), published: { alg: 'RS256', use: 'enc' } }),
  'to-sign': () => ({ privateKey: rsa(2048), published: { alg: 'RS256', key_ops: ['sign'] } }),
  'rsa-without-alg': () => ({ privateKey: rsa(2048) }),
  'ec-without-alg': () => ({ privateKey: ec('P-256') }),
  'kid with spaces': () => named('RS256', rsa(2048)),
  kïd: () => named('RS256', rsa(2048)),
  [LONG_KID]: () => named('RS256', rsa(2048)),
};

export const ALL_KEYS = Object.keys(KEYS);

/** Starts a zone on a free port of this machine, with new keys of these names. */
export async function startSigningZone(kids: readonly string[]): Promise<SigningZone> {
  const keys = new Map(kids.map((kid) => [kid, createKey(kid)]));
  const unpublished: SigningKey = { privateKey: rsa(2048) };
  const keyOf = (kid: string) => keys.get(kid) ?? unpublished;
  const publicJwk = (kid: string) => ({
    ...createPublicKey(keyOf(kid).privateKey).export({ format: 'jwk' }),
    kid,
    ...keyOf(kid).published,
  });
  const jwks = { keys: kids.map(publicJwk) };
  const server = createServer((request, response) => {
    const metadata = {
      issuer,
      authorization_endpoint: `${issuer}/authorize`,
      token_endpoint: `${issuer}/token`,
      jwks_uri: `${issuer}/keys`,
      response_types_supported: ['code'],
    };
    const isKeys = request.url === '/keys';
    const isMetadata = request.url === '/.well-known/oauth-authorization-server';
    response.writeHead(isKeys || isMetadata ? 200 : 404, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify(isKeys ? jwks : metadata));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo; // of a TCP server that listens
  const issuer = `http://127.0.0.1:${port}`;
  return {
    issuer,
    publicJwk,
    publicPem: (kid) =>
      createPublicKey(keyOf(kid).privateKey).export({ format: 'pem', type: 'spki' }).toString(),
    sign: (input, { key, alg }) => `${input}.${signatureOf(input, keyOf(key).privateKey, alg)}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function createKey(kid: string): SigningKey {
  const make = KEYS[kid];
  if (make === undefined) throw new Error(`There is no key ${kid}.`);
  return make();
}

/** An HMAC (RFC 7518 section 3.2), as a part of a token. */
export function hmacOf(input: string, secret: string): string {
  return createHmac('sha256', secret).update(input).digest('base64url');
}

function signatureOf(input: string, key: KeyObject, alg: string): string {
  const bytes = Buffer.from(input);
  if (alg.startsWith('Ed')) return signBytes(null, bytes, key).toString('base64url');
  const hash = alg === 'RS1' ? 'sha1' : `sha${/\d{3}/.exec(alg)?.[0] ?? '256'}`;
  if (alg.startsWith('ES')) {
    return signBytes(hash, bytes, { key, dsaEncoding: 'ieee-p1363' }).toString('base64url');
  }
  const padding = alg.startsWith('PS')
    ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : {};
  return signBytes(hash, bytes, { key, ...padding }).toString('base64url');
}
