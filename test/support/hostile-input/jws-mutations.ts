/** Compact tokens that no verifier may accept, made from the parts of a good one. */
import { encodePart } from '../token-issuer.ts';
import { JSON_TEXTS } from './json-texts.ts';

export interface JwsMutation {
  /** The section that decides, and what the token shows. */
  readonly name: string;
  /** `header.payload` as it is signed, so that the signature fits; `undefined`: the good token's. */
  readonly signingInput: string | undefined;
  /** Changes the token after it was signed. */
  readonly change: ((token: string) => string) | undefined;
}

/** Values of every JSON type. */
const VALUES = [
  null,
  true,
  false,
  0,
  1,
  -1,
  1.5,
  '',
  'x',
  'exp',
  [],
  ['exp'],
  ['b64'],
  [null],
  {},
  { a: 1 },
];

/** Algorithms other than ES256, in the spellings of RFC 7518 section 3.1 and others. */
const ALGORITHMS = [
  ...[
    'none',
    'None',
    'NONE',
    'nOnE',
    '',
    ' ',
    'HS256',
    'HS384',
    'HS512',
    'hs256',
    'RS256',
    'RS384',
    'RS512',
    'PS256',
    'PS384',
    'PS512',
  ],
  ...[
    'ES384',
    'ES512',
    'ES256K',
    'es256',
    'ES256 ',
    ' ES256',
    'ES256\u0000',
    'EdDSA',
    'Ed25519',
    'dir',
    'RSA-OAEP',
    'A128KW',
    'ECDH-ES',
  ],
];

/** Members by which a token brings its own key, hides its content or changes its form. */
const FOREIGN = [
  'crit',
  'b64',
  'jku',
  'jwk',
  'x5u',
  'x5c',
  'x5t',
  'x5t#S256',
  'zip',
  'enc',
  'cty',
  'p2c',
  'p2s',
  'epk',
  'apu',
  'iv',
  'tag',
  'url',
  'nonce',
];

/** Characters that lenient decoders of base64url skip or translate: RFC 4648 sections 3.1, 3.2 and 5. */
const INSERTED = [
  '=',
  '==',
  '===',
  '+',
  '/',
  ' ',
  '\n',
  '\r\n',
  '\t',
  '\u0000',
  '%3D',
  '.',
  ',',
  '~',
  '\u00e9',
  '\ufeff',
  '-=',
  '*',
];

const PLACES = ['start', 'middle', 'end'] as const;

/** @param header of the good token, with `alg`: `ES256` */
export function jwsMutations(
  header: Readonly<Record<string, unknown>>,
  claims: object,
): JwsMutation[] {
  const [goodHeader, goodPayload] = [encodePart(header), encodePart(claims)];
  const withHeader = (name: string, text: string | Uint8Array) =>
    signed(name, `${encodePart(text)}.${goodPayload}`);
  const withMember = (section: string, member: string, value: unknown) =>
    withHeader(
      `${section}: ${member} ${JSON.stringify(value)}`,
      JSON.stringify({ ...header, [member]: value }),
    );
  const json = JSON.stringify(header);
  return [
    ...ALGORITHMS.map((alg) => withMember('RFC 8725 section 3.1', 'alg', alg)),
    ...VALUES.map((value) => withMember('RFC 7515 section 4.1.1', 'alg', value)),
    ...FOREIGN.flatMap((name) =>
      VALUES.map((value) => withMember('RFC 7515 section 4.1', name, value)),
    ),
    ...Object.keys(header).map((name) =>
      withHeader(
        `RFC 7515 section 4: ${name} twice`,
        `${json.slice(0, -1)},${JSON.stringify(name)}:${JSON.stringify(header[name])}}`,
      ),
    ),
    withHeader(
      'RFC 7515 section 4: alg twice, once escaped',
      `${json.slice(0, -1)},"\\u0061lg":"ES256"}`,
    ),
    ...[
      '',
      ' ',
      '[]',
      '"ES256"',
      'null',
      `[${json}]`,
      `${json}${json}`,
      `${json},`,
      `\ufeff${json}`,
      json.slice(0, -1),
      `${json}\u0000`,
    ].map((text) => withHeader(`RFC 7515 section 5.2 step 3: header ${text.slice(0, 20)}`, text)),
    ...JSON_TEXTS.map(({ name, bytes }) => withHeader(`RFC 8259 section ${name}`, bytes)),
    ...INSERTED.flatMap((text) =>
      PLACES.flatMap((place) => [
        signed(
          `RFC 4648: ${JSON.stringify(text)} at the ${place} of the header`,
          `${insert(goodHeader, text, place)}.${goodPayload}`,
        ),
        signed(
          `RFC 4648: ${JSON.stringify(text)} at the ${place} of the payload`,
          `${goodHeader}.${insert(goodPayload, text, place)}`,
        ),
        changed(`RFC 4648: ${JSON.stringify(text)} at the ${place} of the signature`, (token) => {
          const { start, signature } = splitSignature(token);
          return start + insert(signature, text, place);
        }),
      ]),
    ),
    ...['A', '-', '_'].map((letter) =>
      changed(`RFC 4648 section 3.5: ${letter} as last letter`, (token) =>
        token.endsWith(letter) ? `${token}${letter}` : token.slice(0, -1) + letter,
      ),
    ),
    ...[0, 1, 2, 4, 5, 6, 20].map((count) =>
      changed(`RFC 7515 section 7.1: ${count} parts`, (token) =>
        [...token.split('.'), ...Array(20).fill('AAAA')].slice(0, count).join('.'),
      ),
    ),
    ...[0, 1, 2].map((place) =>
      changed(`RFC 7515 section 7.1: part ${place} empty`, (token) =>
        token.split('.').with(place, '').join('.'),
      ),
    ),
    ...[0, 1, 32, 63, 65, 128].map((length) =>
      changed(`RFC 7518 section 3.4: a signature of ${length} bytes`, (token) => {
        const { start, signature } = splitSignature(token);
        const bytes = Buffer.alloc(length, Buffer.from(signature, 'base64url'));
        return start + bytes.toString('base64url');
      }),
    ),
    changed(
      'RFC 7518 section 3.4: r and s are 0',
      (token) => splitSignature(token).start + encodePart(Buffer.alloc(64)),
    ),
    changed('RFC 7515 section 7.2: flattened JSON', (token) => {
      const [head, payload, signature] = token.split('.');
      return JSON.stringify({ protected: head, payload, signature });
    }),
  ];
}

function signed(name: string, signingInput: string): JwsMutation {
  return { name, signingInput, change: undefined };
}

function changed(name: string, change: (token: string) => string): JwsMutation {
  return { name, signingInput: undefined, change };
}

function insert(part: string, text: string, place: (typeof PLACES)[number]): string {
  const index = { start: 0, middle: Math.ceil(part.length / 2), end: part.length }[place];
  return part.slice(0, index) + text + part.slice(index);
}

/** The signature, and all that precedes it. */
function splitSignature(token: string): { start: string; signature: string } {
  const end = token.lastIndexOf('.') + 1;
  return { start: token.slice(0, end), signature: token.slice(end) };
}
