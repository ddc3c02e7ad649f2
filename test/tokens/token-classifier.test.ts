import { describe, expect, it } from 'vitest';
import { createTokenClassifier } from '../../src/tokens/token-classifier.ts';

const ISSUER = 'https://auth.example.test/';
const own = createTokenClassifier([{ issuer: ISSUER, audience: ['postern'] }]);

const HEADER = { alg: 'ES256', kid: 'k' };
/** Two characters of base64 that base64url spells otherwise come of this, and padding. */
const CLAIMS = { iss: ISSUER, aud: 'postern', sub: '\u00fb\u00ff\u00fe??>>' };
const spell = (value: object, encoding: 'base64' | 'base64url') =>
  Buffer.from(JSON.stringify(value)).toString(encoding);
const token = (claims: object = CLAIMS, encoding: 'base64' | 'base64url' = 'base64url') =>
  `${spell(HEADER, encoding)}.${spell(claims, encoding)}.c2ln`;

describe('createTokenClassifier()', () => {
  it('recognizes tokens of its issuers, and sessions among them, by their claims', () => {
    const tell = (claims: object) => [own.isIssuers(token(claims)), own.isSession(token(claims))];
    expect(tell(CLAIMS)).toEqual([true, true]);
    expect(tell({ ...CLAIMS, aud: ['other', 'postern'] })).toEqual([true, true]);
    expect(tell({ ...CLAIMS, aud: 'other' })).toEqual([true, false]);
    expect(tell({ ...CLAIMS, iss: 'https://other.test/' })).toEqual([false, false]);
    expect(tell({})).toEqual([false, false]);
  });

  it('reads base64 in either alphabet, padded or not, and in any number of parts', () => {
    for (const value of [
      token(CLAIMS, 'base64'),
      token({ ...CLAIMS, pad: '' }, 'base64'),
      token({ ...CLAIMS, pad: '1' }, 'base64'),
      `${token()}.more.parts`,
      token().replace(/[^.]*$/, ''),
    ])
      expect([own.isIssuers(value), own.isSession(value)], value).toEqual([true, true]);
  });

  it.each([
    '',
    'ory_st_abcdef',
    'a.b.c',
    `${spell(HEADER, 'base64url')}.!.c2ln`,
    token([] as object),
  ])('recognizes %j as no token of its issuers', (value) => {
    expect([own.isIssuers(value), own.isSession(value)]).toEqual([false, false]);
  });

  it('recognizes no token without a configured issuer', () => {
    const none = createTokenClassifier([]);
    expect([none.isIssuers(token()), none.isSession(token())]).toEqual([false, false]);
  });
});
