/** Kinds of token by their text: base64url, JSON, lengths. */
import { encodePart } from '../../../support/token-issuer.ts';
import { type Mint, type TokenKind, usualClaims, usualJson, write } from './kind.ts';
import type { StricterRule } from './stricter.ts';

const changed = (
  name: string,
  change: (token: string, mint: Mint) => string,
  stricter?: StricterRule,
): TokenKind => ({
  name: `text: ${name}`,
  ...(stricter !== undefined && { stricter }),
  make: (mint) => change(write(mint), mint),
});

const payload = (
  name: string,
  text: (mint: Mint) => string | Uint8Array,
  stricter?: StricterRule,
): TokenKind => ({
  name: `payload: ${name}`,
  ...(stricter !== undefined && { stricter }),
  make: (mint) => write(mint, { claims: text(mint) }),
});

const more = (name: string, text: string, stricter?: StricterRule) =>
  payload(name, (mint) => usualJson(mint, text), stricter);

/** Signs parts that are not canonical base64url, so that only their spelling is wrong. */
const spelled = (
  name: string,
  spell: (part: string) => string,
  stricter?: StricterRule,
): TokenKind => ({
  name: `text: ${name}`,
  ...(stricter !== undefined && { stricter }),
  make: ({ zone, now }) => {
    const header = encodePart({ alg: 'RS256', kid: 'usual' });
    const claims = encodePart({ ...usualClaims(zone, now), pad: 'xx' });
    return zone.sign(`${header}.${spell(claims)}`, { key: 'usual', alg: 'RS256' });
  },
});

const nested = (levels: number) => `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`;

export const FORM_KINDS: readonly TokenKind[] = [
  changed('padding at the signature', (token) => `${token}==`),
  changed('a character of base64', (token) => `${token.slice(0, -1)}+`),
  changed('a space inside', (token) => `${token.slice(0, 60)} ${token.slice(60)}`),
  changed('two parts', (token) => token.split('.').slice(0, 2).join('.')),
  changed('four parts', (token) => `${token}.${encodePart('x')}`),
  changed('five parts, as a JWE', (token) => `${token}.${encodePart('x')}.${encodePart('y')}`),
  changed('an empty part', (token) => token.replace(/\.[^.]*\./, '..')),
  changed('a dot at the end', (token) => `${token}.`),
  changed('bits left over in the signature', (token) => withSpareBits(token)),
  spelled('padding in the payload', (part) => `${part}${'='.repeat((4 - (part.length % 4)) % 4)}`),
  spelled('padding in the payload too long', (part) => `${part}====`),
  spelled('a star in the payload', (part) => `${part.slice(0, 8)}*${part.slice(8)}`),
  { name: 'no token at all', make: () => 'x' },
  { name: 'a long text without a dot', make: () => 'a'.repeat(3000) },
];

export const JSON_KINDS: readonly TokenKind[] = [
  more('sub twice', ',"sub":"user_admin"', 'no repeated member'),
  more('sub twice, once with an escape', ',"\\u0073ub":"user_admin"', 'no repeated member'),
  more('exp twice', ',"exp":1'),
  more('aud twice', ',"aud":"https://app.example.test"', 'no repeated member'),
  more('a member of a claim twice', ',"x":{"a":1,"a":2}', 'no repeated member'),
  more('NaN', ',"x":NaN', 'numbers'),
  more('Infinity', ',"x":-Infinity', 'numbers'),
  more('a number beyond a double', ',"x":1e999', 'numbers'),
  more('a whole number of 400 digits', `,"x":${'9'.repeat(400)}`, 'numbers'),
  more('a whole number of 20 digits', `,"x":${'9'.repeat(20)}`),
  more('a comment', ',/* x */"x":1'),
  more('a comma too many', ','),
  more('a control character in a text', ',"x":"\u0001"'),
  more('half of a surrogate pair in a value', ',"x":"\\ud800"'),
  more('half of a surrogate pair in the name of a claim', ',"\\ud800":1'),
  more('half of a surrogate pair in the name of a member', ',"x":{"\\ud800":1}'),
  more(
    'half of a surrogate pair in authorization_details',
    ',"authorization_details":[{"\\udfff":1}]',
  ),
  more(
    'half of a surrogate pair in authorization_details, in a value',
    ',"authorization_details":[{"a":"\\udfff"}]',
  ),
  more('half of a surrogate pair in resource', ',"resource":"\\ud800"'),
  more('half of a surrogate pair in scp', ',"scp":["\\ud800"]'),
  payload('half of a surrogate pair in a second aud', (mint) =>
    JSON.stringify({
      ...usualClaims(mint.zone, mint.now),
      aud: ['https://app.example.test', '\ud800'],
    }),
  ),
  payload('half of a surrogate pair in scope', (mint) =>
    JSON.stringify({ ...usualClaims(mint.zone, mint.now), scope: 'read \ud800' }),
  ),
  more('a pair of surrogates', ',"x":"\\ud83d\\ude00"'),
  more('NUL in a text', ',"x":"\\u0000"'),
  more('nested 7 levels', `,"x":${nested(7)}`),
  more('nested 20 levels', `,"x":${nested(20)}`, 'limits'),
  more('nested 2,000 levels', `,"x":${'['.repeat(2000)}${']'.repeat(2000)}`),
  more('80 claims', Array.from({ length: 80 }, (_, index) => `,"c${index}":1`).join(''), 'limits'),
  more('a claim of 4,000 characters', `,"x":"${'x'.repeat(4000)}"`),
  more('a claim of 9,000 characters', `,"x":"${'x'.repeat(9000)}"`, 'limits'),
  payload('white space around', (mint) => `\n\t ${usualJson(mint, '')} \r\n`),
  payload('a byte order mark', (mint) => `\ufeff${usualJson(mint, '')}`),
  payload('bytes that are not UTF-8', (mint) =>
    Buffer.concat([
      Buffer.from(usualJson(mint, ',"x":"').slice(0, -1)),
      Buffer.from([0xff, 0x22, 0x7d]),
    ]),
  ),
  payload('UTF-16', (mint) => Buffer.from(usualJson(mint, ''), 'utf16le')),
  payload('a list around the claims', (mint) => `[${usualJson(mint, '')}]`),
  payload('a text', () => '"claims"'),
  payload('null', () => 'null'),
  payload('nothing', () => '{}'),
  payload('text after the claims', (mint) => `${usualJson(mint, '')} {}`),
];

/** Sets a bit of the last character that decoders drop. */
function withSpareBits(token: string): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const last = alphabet.indexOf(token.at(-1) ?? '');
  return `${token.slice(0, -1)}${alphabet[last + 1]}`;
}
