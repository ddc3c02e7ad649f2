import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredentials } from '../../src/credentials/read-credentials.ts';

const A = 'A'.repeat(20);
const B = 'B'.repeat(20);
const C = 'C'.repeat(20);
const NAMES = ['ory_kratos_session'];

const OWN_SECRET = 'a-secret-that-callers-prove-themselves-with';
const read = (headers: Record<string, string>, sessionCookieNames = NAMES) => [
  ...readCredentials(new Headers(headers), {
    sessionCookieNames,
    tokenCookieNames: undefined,
    gatewaySecrets: new Set([OWN_SECRET]),
  }),
];
const cookies = (...values: string[]) =>
  values.map((value) => `ory_kratos_session=${value}`).join('; ');
const one = (value: string, carrier: object) => ({
  kind: 'candidates',
  candidates: [{ carrier, value }],
});
const several = (carrier: object, ...values: string[]) => ({
  kind: 'candidates',
  candidates: values.map((value) => ({ carrier, value })),
});
const TOKEN = { kind: 'session-token-header' };
const COOKIE = { kind: 'cookie', cookieName: 'ory_kratos_session' };
const BEARER = { kind: 'bearer' };
const unusable = (reason: string, carrier: object) => ({ kind: 'unusable', carrier, reason });
const named = (cookieName: string) => ({ kind: 'cookie', cookieName });

describe('readCredentials() returns the credentials in the order of Kratos', () => {
  it.each([
    [{}, []],
    [
      { Authorization: `Bearer ${C}`, Cookie: cookies(B), 'X-Session-Token': A },
      [one(A, TOKEN), one(B, COOKIE), one(C, BEARER)],
    ],
    [{ Cookie: cookies(B), Authorization: `Bearer ${C}` }, [one(B, COOKIE), one(C, BEARER)]],
    [{ Authorization: `Bearer ${C}` }, [one(C, BEARER)]],
    [{ 'X-Session-Token': '', Cookie: cookies(B) }, [one(B, COOKIE)]],
    [{ Cookie: cookies(''), Authorization: `Bearer ${C}` }, [one(C, BEARER)]],
    [{ Cookie: 'other=x; y', Authorization: `bEaReR ${C}` }, [one(C, BEARER)]],
    [{ Authorization: `Basic ${C}` }, []],
    [{ Authorization: 'Bearer' }, []],
    // RFC 9110 section 11.4: the scheme comes first, and one space at least follows it.
    [{ Authorization: `Digest bearer ${C}` }, []],
    [{ Authorization: `X-Bearer ${C}` }, []],
    [{ Authorization: `Bearer:${C}` }, []],
    [{ Authorization: C }, []],
  ])('%j', (headers, presentations) => {
    expect(read(headers)).toEqual(presentations);
  });

  it.each([
    ['X-Session-Token', { 'X-Session-Token': 'short' }, TOKEN],
    ['a quoted token', { 'X-Session-Token': `"${A}"` }, TOKEN],
    ['a bearer', { Authorization: 'Bearer short' }, BEARER],
    ['a quoted bearer', { Authorization: `Bearer "${A}"` }, BEARER],
    ['two spaces', { Authorization: `Bearer  ${C}` }, BEARER],
    ['a cookie', { Cookie: cookies('short') }, COOKIE],
    ['a cookie in two pairs of quotes', { Cookie: cookies(`""${A}""`) }, COOKIE],
    ['a cookie with half a pair', { Cookie: cookies(`"${A}`) }, COOKIE],
  ])('T5: reports an impossible credential as malformed: %s', (_, headers, carrier) => {
    expect(read(headers)).toEqual([unusable('credential_malformed', carrier)]);
  });

  it('T13: continues after an impossible credential', () => {
    const headers = {
      'X-Session-Token': 'short',
      Cookie: cookies('short'),
      Authorization: `Bearer ${C}`,
    };
    expect(read(headers)).toEqual([
      unusable('credential_malformed', TOKEN),
      unusable('credential_malformed', COOKIE),
      one(C, BEARER),
    ]);
  });

  it('reads each credential only on demand', () => {
    const asked: string[] = [];
    const headers = new Headers({ 'X-Session-Token': A, Cookie: cookies(B) });
    headers.get = (name) => {
      asked.push(name);
      return Headers.prototype.get.call(headers, name);
    };
    const settings = {
      sessionCookieNames: NAMES,
      tokenCookieNames: [],
      gatewaySecrets: new Set<string>(),
    };
    const [first] = readCredentials(headers, settings);
    expect(first).toEqual(one(A, TOKEN));
    expect(asked).toEqual(['x-session-token']);
  });

  it('ignores a bearer that is one of Postern’s secrets', () => {
    const Authorization = `Bearer ${OWN_SECRET}`;
    expect(read({ Authorization })).toEqual([]);
    expect(read({ Authorization, Cookie: cookies(A) })).toEqual([one(A, COOKIE)]);
  });
});

describe('readCredentials() and quotes', () => {
  it('T10: removes one pair of quotes from a cookie, and counts a quoted and a bare value as one', () => {
    expect(read({ Cookie: cookies(`"${A}"`) })).toEqual([one(A, COOKIE)]);
    expect(read({ Cookie: cookies(A, `"${A}"`) })).toEqual([one(A, COOKIE)]);
    expect(read({ Cookie: cookies('""') })).toEqual([]);
  });

  it('T10: measures the length without the quotes', () => {
    const longest = 'a'.repeat(4096);
    expect(read({ Cookie: cookies(`"${longest}"`) })).toEqual([one(longest, COOKIE)]);
    expect(read({ Cookie: cookies(`"${'a'.repeat(15)}"`) })).toMatchObject([{ kind: 'unusable' }]);
  });
});

describe('readCredentials() and several cookies', () => {
  it('T1: returns different values of one name in the order sent, and equal values once', () => {
    expect(read({ Cookie: cookies(A, B, A) })).toEqual([several(COOKIE, A, B)]);
    expect(read({ Cookie: cookies(A, A) })).toEqual([one(A, COOKIE)]);
  });

  it('T1: skips impossible values, and refuses more than three', () => {
    expect(read({ Cookie: cookies('short', A) })).toEqual([one(A, COOKIE)]);
    const four = cookies(A, B, C, 'D'.repeat(20));
    expect(read({ Cookie: four })).toEqual([
      {
        ...unusable('credential_ambiguous', COOKIE),
        crowd: several(COOKIE, A, B, C, 'D'.repeat(20)),
      },
    ]);
  });

  it('T13: returns the configured names in the order of the setting', () => {
    const Cookie = `one=${A}; two=${B}; one=${C}`;
    expect(read({ Cookie }, ['two', 'one'])).toEqual([
      one(B, named('two')),
      several(named('one'), A, C),
    ]);
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
  ])('T3: does not read %j as the session cookie', (cookie) => {
    expect(read({ Cookie: cookie })).toEqual([]);
  });
});

describe('readCredentials() and joined header lines', () => {
  it.each([
    [{ 'X-Session-Token': `${A}, ${B}` }, TOKEN],
    [{ 'X-Session-Token': `${A},` }, TOKEN],
    [{ Authorization: `Bearer ${A}, Bearer ${B}` }, BEARER],
  ])('T2: reports %j as conflicting', (headers, carrier) => {
    expect(read(headers)).toEqual([unusable('credential_conflicting', carrier)]);
  });

  it('T11: reads several Cookie lines as one header', () => {
    for (const header of [`theme=dark, ${cookies(A)}`, `${cookies(A)}, theme=dark`])
      expect(read({ Cookie: header })).toEqual([one(A, COOKIE)]);
    expect(read({ Cookie: `${cookies(A)}, ${cookies(A)}` })).toEqual([one(A, COOKIE)]);
    expect(read({ Cookie: `${cookies(A)}, ${cookies(B)}` })).toEqual([several(COOKIE, A, B)]);
    expect(read({ Cookie: `other=1,2; ${cookies(A)}` })).toEqual([one(A, COOKIE)]);
  });

  it('T12: reads no cookie with a prefixed name after a comma', () => {
    for (const name of ['__Host-s', '__Secure-s']) {
      expect(read({ Cookie: `theme=x, ${name}=${A}` }, [name])).toEqual([]);
      expect(read({ Cookie: `${name}=${B}, ${name}=${A}` }, [name])).toEqual([one(B, named(name))]);
    }
  });
});

describe('readCredentials() and the form of values', () => {
  it.each([
    [15, 'unusable'],
    [16, 'candidates'],
    [4096, 'candidates'],
    [4097, 'unusable'],
  ])('T5: a value of %i characters is %s', (length, kind) => {
    expect(read({ 'X-Session-Token': 'a'.repeat(length) })).toMatchObject([{ kind }]);
  });

  it('T4: returns the bytes as sent, without decoding', () => {
    const value = 'abc%3D==%2e%20%41!#$&()*+-./:<>?@[]^_`{|}~';
    expect(read({ 'X-Session-Token': value })).toEqual([one(value, TOKEN)]);
    expect(read({ Cookie: cookies(value) })).toEqual([one(value, COOKIE)]);
  });

  it('T5: never throws, and returns only visible ASCII of an allowed length', () => {
    const byte = fc.integer({ min: 1, max: 255 }).filter((code) => code !== 10 && code !== 13);
    const text = fc
      .array(fc.oneof(fc.constant(0x61), fc.constant(0x3b), fc.constant(0x2c), byte))
      .map((codes) => String.fromCharCode(...codes));
    fc.assert(
      fc.property(text, text, text, (token, cookie, bearer) => {
        const presentations = read({
          ...(token.trim() !== '' && { 'X-Session-Token': token }),
          Cookie: `ory_kratos_session=${cookie}`,
          Authorization: `Bearer ${bearer}`,
        });
        for (const presentation of presentations) {
          if (presentation.kind === 'unusable') continue;
          expect(presentation.candidates.length).toBeLessThanOrEqual(3);
          for (const { value } of presentation.candidates)
            expect(value).toMatch(/^[!#-+\--:<-[\]-~]{16,4096}$/);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
