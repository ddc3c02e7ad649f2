import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredentials } from '../../src/credentials/read-credentials.ts';
import { isTokenForm } from '../../src/credentials/token-form.ts';
import { encodePart } from '../support/token-issuer.ts';

const TOKEN = `${encodePart({ alg: 'ES256', typ: 'JWT' })}.${encodePart({ iss: 'i' })}.c2lnbmF0dXJl`;
const OPAQUE = 'ory_st_abcdefghijklmnopqrstuvwxyz012345';

const present = (headers: Record<string, string>, tokenCookieNames?: readonly string[]) => [
  ...readCredentials(new Headers(headers), {
    sessionCookieNames: ['s'],
    tokenCookieNames,
    gatewaySecrets: new Set<string>(),
  }),
];
/** Of each place: the tokens, how another credential travels, or why there is none. */
const read = (headers: Record<string, string>) =>
  present(headers, ['t']).map((presentation) => {
    if (presentation.kind === 'unusable') return presentation.reason;
    const { kind, candidates } = presentation;
    return candidates.map(({ carrier, value }) => (kind === 'tokens' ? value : carrier.kind));
  });

describe('isTokenForm()', () => {
  it('recognizes a JWT by its header, even if it is malformed', () => {
    for (const token of [
      TOKEN,
      `${TOKEN}.more`,
      TOKEN.replace('.', '=.'),
      `${encodePart(' {"alg":1}')}.x.y`,
      `${encodePart('\ufeff{}')}.x.y`,
      `${encodePart('{not json')}..`,
      `${encodePart({ alg: 'ES256', pad: 'x'.repeat(500) })}.x.y`,
      `${encodePart({ alg: 'dir', enc: 'A128GCM' })}....`,
    ]) {
      expect(isTokenForm(token), token).toBe(true);
    }
  });

  it('recognizes no other text as a JWT', () => {
    for (const value of [
      OPAQUE,
      '...',
      'a.b.c',
      `${encodePart('[1]')}.x.y`,
      `${encodePart('[{}]')}.x.y`,
      `${encodePart('"{}"')}.x.y`,
      `${encodePart('\ufeff\ufeff{}')}.x.y`,
      encodePart({}),
      `${encodePart({})}.x`,
      '.e30.x',
    ]) {
      expect(isTokenForm(value), value).toBe(false);
    }
  });

  // RFC 4648 section 3.3: characters outside the alphabet, white space among them, are no base64.
  it('accepts no text around or inside the base64 of the header', () => {
    for (const outside of [' ', '\t', '%', '\u00e9', '"']) {
      for (const value of [
        `${outside}${TOKEN}`,
        TOKEN.replace('.', `${outside}.`),
        `${TOKEN.slice(0, 8)}${outside}${TOKEN.slice(8)}`,
      ]) {
        expect(isTokenForm(value), value).toBe(false);
      }
    }
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (value) => void isTokenForm(value)));
  });
});

describe('readCredentials() with tokens', () => {
  it('reads a bearer in JWT form as a token, and any other bearer as a credential of Kratos', () => {
    expect(read({ authorization: `Bearer ${TOKEN}` })).toEqual([[TOKEN]]);
    expect(read({ authorization: `bearer ${TOKEN}` })).toEqual([[TOKEN]]);
    expect(read({ authorization: `Bearer ${OPAQUE}` })).toEqual([['bearer']]);
  });

  it('reads X-Session-Token and the session cookie as credentials of Kratos, even in JWT form', () => {
    expect(read({ 'x-session-token': TOKEN })).toEqual([['session-token-header']]);
    expect(read({ cookie: `s=${TOKEN}` })).toEqual([['cookie']]);
  });

  it('reads a token cookie after the session cookie and before the bearer', () => {
    expect(read({ cookie: `t=${TOKEN}`, authorization: `Bearer ${OPAQUE}` })).toEqual([
      [TOKEN],
      ['bearer'],
    ]);
    expect(read({ cookie: `t=${TOKEN}; s=${OPAQUE}` })).toEqual([['cookie'], [TOKEN]]);
    expect(read({ cookie: `t=${TOKEN}; t=${TOKEN}x` })).toEqual([[TOKEN, `${TOKEN}x`]]);
    expect(read({ cookie: `a=1, t=${TOKEN}, t=${TOKEN}` })).toEqual([[TOKEN]]);
  });

  it('T10: removes the quotes of a token cookie', () => {
    expect(read({ cookie: `t="${TOKEN}"` })).toEqual([[TOKEN]]);
  });

  it('reads no tokens without a configured issuer', () => {
    expect(present({ authorization: `Bearer ${TOKEN}`, cookie: `t=${TOKEN}` })).toMatchObject([
      { kind: 'candidates', candidates: [{ value: TOKEN }] },
    ]);
  });

  it('refuses a token over 8 KiB, and accepts tokens longer than the limit for credentials of Kratos', () => {
    const long = `${encodePart({ alg: 'ES256' })}.${'a'.repeat(5000)}.b`;
    expect(read({ authorization: `Bearer ${long}` })).toEqual([[long]]);
    expect(read({ authorization: `Bearer ${long}${'c'.repeat(4000)}` })).toEqual([
      'token_too_long',
    ]);
    expect(read({ authorization: `Bearer ${'a'.repeat(5000)}` })).toEqual(['credential_malformed']);
  });

  // docs/tokens.md: "At most 8192 characters".
  it('reads a token of 8192 characters, and refuses a longer one', () => {
    const longest = `${TOKEN}${'A'.repeat(8192 - TOKEN.length)}`;
    expect(read({ authorization: `Bearer ${longest}` })).toEqual([[longest]]);
    expect(read({ cookie: `t=${longest}` })).toEqual([[longest]]);
    expect(read({ authorization: `Bearer ${longest}A` })).toEqual(['token_too_long']);
    expect(read({ cookie: `t=${longest}A` })).toEqual(['credential_malformed']);
  });
});
