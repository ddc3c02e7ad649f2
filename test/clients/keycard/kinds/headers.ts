/** Kinds of token by the members of their header, and by their keys and signatures. */
import { encodePart } from '../../../support/token-issuer.ts';
import { hmacOf, LONG_KID } from '../signing-zone.ts';
import { type Mint, type TokenKind, type TokenText, usualClaims, write } from './kind.ts';
import type { StricterRule } from './stricter.ts';

const signed = (alg: string, key = alg.toLowerCase(), stricter?: StricterRule): TokenKind => ({
  name: `alg ${alg}, key ${key.slice(0, 20)}`,
  ...(stricter !== undefined && { stricter }),
  make: (mint) => write(mint, { alg, key }),
});

const headed = (
  name: string,
  header: TokenText['header'] | ((mint: Mint) => object | string | Uint8Array),
  stricter?: StricterRule,
): TokenKind => ({
  name: `header: ${name}`,
  ...(stricter !== undefined && { stricter }),
  make: (mint) => {
    const text = typeof header === 'function' ? header(mint) : header;
    return write(mint, text === undefined ? {} : { header: text });
  },
});

const unsigned = ({ zone, now }: Mint, header: object) =>
  `${encodePart(header)}.${encodePart(usualClaims(zone, now))}`;

export const KEY_KINDS: readonly TokenKind[] = [
  { name: 'usual', make: (mint) => write(mint) },
  ...['RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'].map((alg) =>
    signed(alg),
  ),
  signed('EdDSA'),
  signed('Ed25519'),
  signed('Ed25519', 'eddsa'),
  signed('EdDSA', 'ed25519'),
  signed('EdDSA', 'ed448', 'strong key'),
  signed('ES256K'),
  signed('RS1', 'usual'),
  signed('RS384', 'usual', 'key for one algorithm'),
  signed('PS256', 'usual', 'key for one algorithm'),
  signed('RS256', 'ps256', 'key for one algorithm'),
  signed('RS256', 'rsa-1024', 'strong key'),
  signed('RS256', 'rsa-4096'),
  signed('RS256', 'rsa-e3'),
  signed('RS256', 'for-encryption', 'key for verifying'),
  signed('RS256', 'to-sign', 'key for verifying'),
  signed('RS256', 'rsa-without-alg', 'key for one algorithm'),
  signed('ES256', 'ec-without-alg'),
  signed('RS256', 'unpublished'),
  signed('RS256', 'kid with spaces', 'names in the header'),
  signed('RS256', 'kïd', 'names in the header'),
  signed('RS256', LONG_KID, 'names in the header'),
  { name: 'second zone', make: (mint) => write(mint, { from: mint.second }) },
  {
    name: 'second zone, key without alg where one algorithm is left',
    make: (mint) => write(mint, { from: mint.second, key: 'rsa-without-alg' }),
  },
  {
    name: 'second zone, an algorithm that only the first has',
    make: (mint) => write(mint, { from: mint.second, alg: 'PS256' }),
  },
  {
    name: 'iss of the second zone, key of the first',
    make: (mint) => write(mint, { claims: { iss: mint.second.issuer } }),
  },
  {
    name: 'signed with another key of the zone',
    make: (mint) => write(mint, { key: 'rsa-4096', header: { kid: 'usual' } }),
  },
  {
    name: 'a claim changed after signing',
    make: (mint) => {
      const [header, , signature] = write(mint).split('.');
      const claims = { ...usualClaims(mint.zone, mint.now), sub: 'user_admin' };
      return `${header}.${encodePart(claims)}.${signature}`;
    },
  },
  {
    name: 'the signature cut short',
    make: (mint) => write(mint).slice(0, -40),
  },
  {
    name: 'ES256 with the signature in DER',
    make: (mint) => {
      const [header, payload, signature = ''] = write(mint, { key: 'es256', alg: 'ES256' }).split(
        '.',
      );
      return `${header}.${payload}.${derOf(Buffer.from(signature, 'base64url')).toString('base64url')}`;
    },
  },
  {
    name: 'ES256 with a signature of zeros',
    make: (mint) =>
      `${unsigned(mint, { alg: 'ES256', kid: 'es256' })}.${encodePart(new Uint8Array(64))}`,
  },
  {
    name: 'alg none, no signature',
    make: (mint) => `${unsigned(mint, { alg: 'none', kid: 'usual' })}.`,
  },
  {
    name: 'alg none, a signature',
    make: (mint) => `${unsigned(mint, { alg: 'none', kid: 'usual' })}.${encodePart('x')}`,
  },
  {
    name: 'alg nOnE',
    make: (mint) => `${unsigned(mint, { alg: 'nOnE', kid: 'usual' })}.${encodePart('x')}`,
  },
  ...['es256', 'usual'].map((kid) => ({
    name: `HMAC with the public key ${kid} as the secret`,
    make: (mint: Mint) => {
      const input = unsigned(mint, { alg: 'HS256', kid });
      return `${input}.${hmacOf(input, mint.zone.publicPem(kid))}`;
    },
  })),
  {
    name: 'an unsigned token for a user, as Keycard’s token exchange takes it',
    make: () =>
      `${encodePart({ typ: 'vnd.kc.su+jwt', alg: 'none' })}.${encodePart({ sub: 'a@example.com' })}.`,
  },
];

export const HEADER_KINDS: readonly TokenKind[] = [
  ...['at+jwt', 'application/at+jwt', 'AT+JWT', 'JWT', 'jwt'].map((typ) =>
    headed(`typ ${typ}`, { typ }),
  ),
  headed('no typ', { typ: undefined }),
  ...['logout+jwt', 'secevent+jwt', 'dpop+jwt', 'JOSE'].map((typ) =>
    headed(`typ ${typ}`, { typ }, 'type'),
  ),
  headed('typ with a space', { typ: 'at+jwt ' }, 'names in the header'),
  headed('typ is a number', { typ: 7 }),
  headed('typ null', { typ: null }),
  headed('typ empty', { typ: '' }, 'names in the header'),
  headed('no kid', { kid: undefined }),
  headed('kid empty', { kid: '' }),
  headed('kid null', { kid: null }),
  headed('kid a number', { kid: 0 }),
  headed('kid a list', { kid: ['usual'] }),
  headed('kid unknown', { kid: 'unheard-of' }),
  headed('kid is a path', { kid: '../../dev/null' }),
  headed('kid in capitals', { kid: 'USUAL' }),
  headed('no alg', { alg: undefined }),
  headed('alg null', { alg: null }),
  headed('alg a list', { alg: ['RS256'] }),
  headed('alg in lower case', { alg: 'rs256' }),
  headed('crit names exp', { crit: ['exp'] }),
  headed('crit names b64', { crit: ['b64'], b64: false }),
  headed('crit empty', { crit: [] }, 'header members'),
  headed('b64 true', { b64: true }, 'header members'),
  headed('b64 false', { b64: false }),
  headed('zip', { zip: 'DEF' }),
  headed('cty JWT', { cty: 'JWT' }, 'header members'),
  headed('enc', { enc: 'A256GCM' }),
  headed('jku', ({ zone }) => ({ ...usualHeader, jku: `${zone.issuer}/keys` }), 'header members'),
  headed('jwk', ({ zone }) => ({ ...usualHeader, jwk: zone.publicJwk('usual') })),
  headed('jwk of the attacker', ({ second }) => ({
    ...usualHeader,
    jwk: second.publicJwk('usual'),
  })),
  headed(
    'x5u',
    ({ zone }) => ({ ...usualHeader, x5u: `${zone.issuer}/certificate` }),
    'header members',
  ),
  headed('x5c', { x5c: ['MIIB'] }, 'header members'),
  headed('x5t', { x5t: 'dGh1bWI' }, 'header members'),
  headed('a member of no standard', { nonce: 'n' }),
  headed('alg twice', '{"alg":"none","alg":"RS256","kid":"usual"}', 'no repeated member'),
  headed('kid twice', '{"alg":"RS256","kid":"other","kid":"usual"}', 'no repeated member'),
  headed('alg spelled with an escape', '{"\\u0061lg":"RS256","kid":"usual"}'),
  headed('white space in the JSON', ' { "alg" : "RS256" ,\n"kid":"usual"} '),
  headed('a list', '["RS256"]'),
  headed('not JSON', 'RS256'),
  headed('JSON with a comma too many', '{"alg":"RS256","kid":"usual",}'),
];

const usualHeader = { alg: 'RS256', kid: 'usual', typ: 'at+jwt' };

/** The DER form of an ECDSA signature (RFC 3279 section 2.2.3), which JWS does not use. */
function derOf(raw: Buffer): Buffer {
  const numbers = [raw.subarray(0, 32), raw.subarray(32)].map((number) => {
    const positive = Buffer.concat([Buffer.from([0]), number]);
    return Buffer.concat([Buffer.from([2, positive.length]), positive]);
  });
  const body = Buffer.concat(numbers);
  return Buffer.concat([Buffer.from([0x30, body.length]), body]);
}
