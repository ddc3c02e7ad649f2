// Pure: no I/O, no clock.
import * as v from 'valibot';

const member = (bytes: number, expected: string) =>
  v.pipe(
    v.string(expected),
    v.regex(/^[A-Za-z0-9_-]+$/, expected),
    v.length(Math.ceil((bytes * 8) / 6), expected),
  );
const COORDINATE = 'a base64url value of 32 bytes';
const KEY_ID = 'a kid of 1 to 128 characters of A-Z a-z 0-9 . _ -';
const common = {
  kid: v.pipe(v.string(KEY_ID), v.regex(/^[A-Za-z0-9._-]{1,128}$/, KEY_ID)),
};

const EXPECTED_KEY =
  'a private JWK: { "kty": "EC", "crv": "P-256", "alg": "ES256", "kid", "x", "y", "d" } or { "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "kid", "x", "d" }';

/** One signing key. All other members are dropped, so that private members are never published. */
const signingKey = v.variant(
  'crv',
  [
    v.object(
      {
        ...common,
        kty: v.literal('EC', '"EC"'),
        crv: v.literal('P-256'),
        alg: v.optional(v.literal('ES256', '"ES256"'), 'ES256'),
        x: member(32, COORDINATE),
        y: member(32, COORDINATE),
        d: member(32, COORDINATE),
      },
      EXPECTED_KEY,
    ),
    v.object(
      {
        ...common,
        kty: v.literal('OKP', '"OKP"'),
        crv: v.literal('Ed25519'),
        alg: v.optional(v.picklist(['EdDSA', 'Ed25519'], '"EdDSA"'), 'EdDSA'),
        x: member(32, COORDINATE),
        d: member(32, COORDINATE),
      },
      EXPECTED_KEY,
    ),
  ],
  EXPECTED_KEY,
);

export type SigningKey = v.InferOutput<typeof signingKey>;

const EXPECTED_SET =
  'a JWK set of 1 to 8 private keys, { "keys": [...] }: the first signs, all are published';

/** The value of ASSERTION_KEYS. */
export const signingKeys = v.pipe(
  v.object({ keys: v.array(signingKey, EXPECTED_SET) }, EXPECTED_SET),
  v.transform(({ keys }) => keys),
  v.minLength(1, EXPECTED_SET),
  v.maxLength(8, EXPECTED_SET),
  v.check((keys) => new Set(keys.map(({ kid }) => kid)).size === keys.length, 'a kid for each key'),
);

/** A public JWK (RFC 7517), for verification. */
export type PublicKey = Readonly<Record<string, string>>;

/** Returns the public half of a key. */
export function publicKey(key: SigningKey): PublicKey {
  const { d: _private, ...rest } = key;
  return { ...rest, use: 'sig' };
}
