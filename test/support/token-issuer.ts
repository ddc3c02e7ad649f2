/** Makes tokens by hand, so that a test can send what no library would write. */
import { webcrypto } from 'node:crypto';
import type { Json } from './runtime-worker.ts';

type NodeKey = webcrypto.CryptoKey;

export type TestAlgorithm = 'ES256' | 'RS256' | 'EdDSA';

/** Anything that goes into a part of a token: text and bytes as they are, everything else as its JSON. */
export type Part = string | Uint8Array | object;

export interface TokenParts {
  /** Over `alg`, `kid` and `typ`, when an object; the whole header when text or bytes. */
  readonly header?: Part;
  /** Over the usual claims, `undefined` takes one away; the whole payload when text or bytes. */
  readonly claims?: Part;
}

/** A holder of a key pair. */
export interface TestIssuer {
  readonly issuer: string;
  readonly kid: string;
  readonly algorithm: TestAlgorithm;
  /** With `kid`, `alg` and `use`. */
  readonly publicJwk: Readonly<Record<string, string>>;
  readonly privateJwk: Readonly<Record<string, string>>;
  /** A member of `ISSUERS` that takes its tokens for Kratos's, for the audience of {@link usualClaims}. */
  readonly settings: IssuerSettings;
  /** A signed token; the usual claims are those of Kratos's tokenizer, at this time. */
  token(now: number, parts?: TokenParts): Promise<string>;
  /** Signs `header.payload` as it is. */
  sign(signingInput: string): Promise<string>;
}

/** A member of `ISSUERS` with its keys inline. */
export interface IssuerSettings {
  readonly issuer: string;
  readonly preset: string;
  readonly audience: string;
  readonly algorithms: readonly string[];
  readonly keys: { readonly keys: readonly Readonly<Record<string, string>>[] };
  readonly [name: string]: Json;
}

const PARAMETERS = {
  ES256: { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
  RS256: {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: new Uint8Array([1, 0, 1]),
    hash: 'SHA-256',
  },
} as const;

/** A new issuer with a new key. */
export async function createTestIssuer({
  issuer = 'https://auth.example.test/',
  algorithm = 'ES256',
  kid = `key-${algorithm}`,
}: {
  readonly issuer?: string;
  readonly algorithm?: TestAlgorithm;
  readonly kid?: string;
} = {}): Promise<TestIssuer> {
  const parameters = PARAMETERS[algorithm];
  const usages = ['sign', 'verify'] as const;
  // The declared type speaks of one key, because the parameters are of several kinds; all of them make a pair.
  const pair = (await webcrypto.subtle.generateKey(parameters, true, usages)) as unknown as {
    readonly publicKey: NodeKey;
    readonly privateKey: NodeKey;
  };
  const described = { kid, alg: algorithm, use: 'sig' };
  const sign = async (signingInput: string) => {
    const bytes = Buffer.from(signingInput, 'latin1');
    const signature = await webcrypto.subtle.sign(parameters, pair.privateKey, bytes);
    return `${signingInput}.${encodePart(new Uint8Array(signature))}`;
  };
  const publicJwk = { ...(await exportKey(pair.publicKey)), ...described };
  return {
    issuer,
    kid,
    algorithm,
    publicJwk,
    settings: {
      issuer,
      preset: 'kratos',
      audience: 'postern',
      algorithms: [algorithm],
      keys: { keys: [publicJwk] },
    },
    privateJwk: { ...(await exportKey(pair.privateKey)), ...described },
    sign,
    token: (now, { header = {}, claims = {} } = {}) => {
      const wholeHeader = isWhole(header) ? header : { alg: algorithm, kid, typ: 'JWT', ...header };
      const payload = isWhole(claims) ? claims : { ...usualClaims(issuer, now), ...claims };
      return sign(`${encodePart(wholeHeader)}.${encodePart(payload)}`);
    },
  };
}

/** A member of `ISSUERS` for this Keycard zone, whose keys are found by discovery. */
export function zoneSettings(issuer: string) {
  return { issuer, preset: 'keycard', audience: 'postern', algorithms: ['RS256'], discovery: true };
}

/** The claims Kratos's tokenizer writes by default, and an audience. */
export function usualClaims(issuer: string, now: number) {
  const iat = Math.floor(now / 1000);
  return {
    jti: '0f4f6c3e-7c19-4d0b-9c43-6a4a9f3d2f55',
    iss: issuer,
    aud: 'postern',
    sub: '9a1b7c52-5a55-4e0e-8d1f-2f2f0d6f3d11',
    sid: 'c0ffee00-1111-4222-8333-444455556666',
    iat,
    nbf: iat,
    exp: iat + 600,
  };
}

/** Base64url of text, of bytes, or of the JSON of anything else. */
export function encodePart(part: Part): string {
  if (typeof part === 'string') return Buffer.from(part).toString('base64url');
  if (part instanceof Uint8Array) return Buffer.from(part).toString('base64url');
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

/** The three parts of a compact token. */
export function splitToken(token: string): [header: string, payload: string, signature: string] {
  const [header = '', payload = '', signature = ''] = token.split('.');
  return [header, payload, signature];
}

async function exportKey(key: NodeKey): Promise<Record<string, string>> {
  const jwk = await webcrypto.subtle.exportKey('jwk', key);
  const members = Object.entries(jwk).filter(([name]) => !['key_ops', 'ext', 'alg'].includes(name));
  return Object.fromEntries(members.map(([name, value]) => [name, String(value)]));
}

function isWhole(part: Part): part is string | Uint8Array {
  return typeof part === 'string' || part instanceof Uint8Array;
}
