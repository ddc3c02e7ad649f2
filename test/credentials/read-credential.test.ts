import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredential } from '../../src/credentials/read-credential.ts';

const A = 'A'.repeat(20);
const B = 'B'.repeat(20);
const C = 'C'.repeat(20);
const NAMES = ['ory_kratos_session'];

const read = (headers: Record<string, string>, names = NAMES) =>
  readCredential(new Headers(headers), names);
const cookies = (...values: string[]) =>
  values.map((value) => `ory_kratos_session=${value}`).join('; ');
const one = (value: string, carrier: object) => ({
  kind: 'candidates',
  candidates: [{ carrier, value }],
});
const TOKEN = { kind: 'session-token-header' };
const COOKIE = { kind: 'cookie', cookieName: 'ory_kratos_session' };
const BEARER = { kind: 'bearer' };
const unusable = (reason: string) => ({ kind: 'unusable', reason });

describe('readCredential() takes them in the order of Kratos', () => {
  it.each([
    [{}, { kind: 'none' }],
    [{ 'X-Session-Token': A, Cookie: cookies(B), Authorization: `Bearer ${C}` }, one(A, TOKEN)],
    [{ Cookie: cookies(B), Authorization: `Bearer ${C}` }, one(B, COOKIE)],
    [{ Authorization: `Bearer ${C}` }, one(C, BEARER)],
    [{ 'X-Session-Token': '', Cookie: cookies(B) }, one(B, COOKIE)],
    [{ Cookie: cookies(''), Authorization: `Bearer ${C}` }, one(C, BEARER)],
    [{ Cookie: 'other=x; y', Authorization: `bEaReR ${C}` }, one(C, BEARER)],
    [{ Authorization: `Basic ${C}` }, { kind: 'none' }],
    [{ Authorization: 'Bearer' }, { kind: 'none' }],
  ])('%j', (headers, presentation) => {
    expect(read(headers)).toEqual(presentation);
  });

  it.each([
    ['X-Session-Token', { 'X-Session-Token': 'short', Cookie: cookies(B) }],
    ['a bearer', { Authorization: 'Bearer short' }],
    ['a cookie', { Cookie: cookies('short') }],
    ['two spaces', { Authorization: `Bearer  ${C}` }],
    ['a cookie in two pairs of quotes', { Cookie: cookies(`""${A}""`) }],
    ['a cookie with half a pair', { Cookie: cookies(`"${A}`) }],
    ['a quoted token', { 'X-Session-Token': `"${A}"` }],
    ['a quoted bearer', { Authorization: `Bearer "${A}"` }],
  ])('T5: does not look past what cannot be one: %s', (_, headers) => {
    expect(read(headers)).toEqual(unusable('credential_malformed'));
  });

  it('looks past a cookie that cannot be one for a bearer, as Kratos does', () => {
    const headers = { Cookie: cookies('short'), Authorization: `Bearer ${C}` };
    expect(read(headers)).toEqual(one(C, BEARER));
  });
});

describe('readCredential() and quotes', () => {
  it('T10: takes one pair off a cookie, and counts a value once however it is spelt', () => {
    expect(read({ Cookie: cookies(`"${A}"`) })).toEqual(one(A, COOKIE));
    expect(read({ Cookie: cookies(A, `"${A}"`) })).toEqual(one(A, COOKIE));
    expect(read({ Cookie: cookies('""'), Authorization: `Bearer ${C}` })).toEqual(one(C, BEARER));
  });

  it('T10: counts the length without them', () => {
    expect(read({ Cookie: cookies(`"${'a'.repeat(4096)}"`) }).kind).toBe('candidates');
    expect(read({ Cookie: cookies(`"${'a'.repeat(15)}"`) }).kind).toBe('unusable');
  });
});

describe('readCredential() and several cookies', () => {
  it('T1: gives different values in the order sent, equal ones once', () => {
    expect(read({ Cookie: cookies(A, B, A) })).toMatchObject({
      kind: 'candidates',
      candidates: [{ value: A }, { value: B }],
    });
    expect(read({ Cookie: cookies(A, A) })).toEqual(one(A, COOKIE));
  });

  it('T1: passes over those that cannot be one, and calls more than three nobody’s', () => {
    expect(read({ Cookie: cookies('short', A) })).toEqual(one(A, COOKIE));
    const four = cookies(A, B, C, 'D'.repeat(20));
    expect(read({ Cookie: four })).toEqual(unusable('credential_ambiguous'));
  });

  it('reads every configured name', () => {
    expect(read({ Cookie: `one=${A}; two=${B}` }, ['two', 'one'])).toMatchObject({
      candidates: [
        { carrier: { cookieName: 'one' }, value: A },
        { carrier: { cookieName: 'two' }, value: B },
      ],
    });
  });

  it.each([
    `Ory_Kratos_Session=${A}`,
    `xory_kratos_session=${A}`,
    `ory_kratos_session.0=${A}`,
    `ory%5Fkratos_session=${A}`,
    `"ory_kratos_session"=${A}`,
    `ory_kratos_session`,
    `\u00a0ory_kratos_session=${A}`,
    `=ory_kratos_session=${A}`,
  ])('T3: does not take %j for the session’s', (cookie) => {
    expect(read({ Cookie: cookie })).toEqual({ kind: 'none' });
  });
});

describe('readCredential() and joined header lines', () => {
  it.each([
    [{ 'X-Session-Token': `${A}, ${B}` }],
    [{ 'X-Session-Token': `${A},` }],
    [{ Authorization: `Bearer ${A}, Bearer ${B}` }],
  ])('T2: calls %j conflicting', (headers) => {
    expect(read(headers)).toEqual(unusable('credential_conflicting'));
  });

  it('T11: reads lines of cookies as one header', () => {
    for (const header of [`theme=dark, ${cookies(A)}`, `${cookies(A)}, theme=dark`])
      expect(read({ Cookie: header })).toEqual(one(A, COOKIE));
    expect(read({ Cookie: `${cookies(A)}, ${cookies(A)}` })).toEqual(one(A, COOKIE));
    expect(read({ Cookie: `${cookies(A)}, ${cookies(B)}` })).toEqual(
      read({ Cookie: cookies(A, B) }),
    );
    expect(read({ Cookie: `other=1,2; ${cookies(A)}` })).toEqual(one(A, COOKIE));
  });

  it('T12: takes no cookie of a prefixed name from behind a comma', () => {
    const names = ['__Host-s', '__Secure-s'];
    for (const name of names) {
      expect(read({ Cookie: `theme=x, ${name}=${A}` }, names)).toEqual({ kind: 'none' });
      expect(read({ Cookie: `${name}=${B}, ${name}=${A}` }, names)).toMatchObject({
        candidates: [{ value: B }],
      });
    }
  });
});

describe('readCredential() and form', () => {
  it.each([
    [15, 'unusable'],
    [16, 'candidates'],
    [4096, 'candidates'],
    [4097, 'unusable'],
  ])('T5: a value of %i characters is %s', (length, kind) => {
    expect(read({ 'X-Session-Token': 'a'.repeat(length) }).kind).toBe(kind);
  });

  it('T4: hands on the bytes as sent, nothing decoded', () => {
    const value = 'abc%3D==%2e%20%41!#$&()*+-./:<>?@[]^_`{|}~';
    expect(read({ 'X-Session-Token': value })).toEqual(one(value, TOKEN));
    expect(read({ Cookie: cookies(value) })).toEqual(one(value, COOKIE));
  });

  it('T5: never throws, and gives nothing but visible ASCII of a credential’s length', () => {
    const byte = fc.integer({ min: 1, max: 255 }).filter((code) => code !== 10 && code !== 13);
    const text = fc
      .array(fc.oneof(fc.constant(0x61), fc.constant(0x3b), fc.constant(0x2c), byte))
      .map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(text, text, text, (token, cookie, bearer) => {
        const presentation = read({
          ...(token.trim() !== '' && { 'X-Session-Token': token }),
          Cookie: `ory_kratos_session=${cookie}`,
          Authorization: `Bearer ${bearer}`,
        });
        if (presentation.kind !== 'candidates') return;
        expect(presentation.candidates.length).toBeLessThanOrEqual(3);
        for (const { value } of presentation.candidates)
          expect(value).toMatch(/^[!#-+\--:<-[\]-~]{16,4096}$/);
      }),
      { numRuns: 1000 },
    );
  });
});
