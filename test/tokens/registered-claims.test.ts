import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/runtime/json.ts';
import { type ClaimRules, checkRegisteredClaims } from '../../src/tokens/registered-claims.ts';

const NOW = 1_800_000_000_000;
const IAT = NOW / 1000;
const CLAIMS = { iss: 'i', aud: 'a', sub: 's', iat: IAT, nbf: IAT, exp: IAT + 600 };
const RULES: ClaimRules = {
  issuer: 'i',
  audience: ['a'],
  required: ['exp', 'iat'],
  forbidden: ['events'],
  markers: {},
  clockToleranceSeconds: 5,
  maxLifetimeSeconds: 3600,
};

const check = (claims: object, rules: Partial<ClaimRules> = {}) => {
  const result = checkRegisteredClaims(
    { ...CLAIMS, ...claims } as JsonObject,
    { ...RULES, ...rules },
    NOW,
  ); // JSON values only
  return result.ok ? 'good' : result.failure;
};

describe('checkRegisteredClaims()', () => {
  it('returns the times in milliseconds', () => {
    expect(checkRegisteredClaims(CLAIMS, RULES, NOW)).toEqual({
      ok: true,
      value: { issuedAt: NOW, expiresAt: NOW + 600_000 },
    });
  });

  it('gives a token without exp the longest allowed lifetime, with the tolerance', () => {
    const age = (seconds: number) =>
      check({ exp: undefined, nbf: undefined, iat: IAT - seconds }, { required: ['iat'] });
    expect([age(3600), age(3605), age(3606)]).toEqual(['good', 'good', 'token_expired']);
  });

  it('J30: refuses a restricting claim that is null or of another type', () => {
    for (const [name, values] of [
      ['exp', [null, '1800000600', {}]],
      ['nbf', [null, '0', []]],
      ['iat', [null, false]],
      ['aud', [null, 7, {}, [null], [['a']], '']],
      ['iss', [null, 7, ['i'], '']],
      ['cnf', [null, 'thumbprint', 7, [], '']],
    ] as const) {
      for (const value of values) {
        expect([name, value, check({ [name]: value })]).not.toEqual([name, value, 'good']);
      }
    }
  });

  it('refuses invalid times in every claim', () => {
    for (const name of ['iat', 'nbf', 'exp']) {
      for (const value of [
        0,
        -1,
        -0,
        2 ** 33,
        1e15,
        Infinity,
        Number.NaN,
        '9',
        null,
        [],
        [IAT],
        true,
        {},
      ]) {
        expect([name, value, check({ [name]: value })]).toEqual([
          name,
          value,
          'token_claim_invalid',
        ]);
      }
    }
  });

  it('refuses a start in the future, by iat or by nbf alone', () => {
    expect(check({ iat: IAT + 5, exp: IAT + 600 })).toBe('good');
    expect(check({ iat: IAT + 6, exp: IAT + 600 })).toBe('token_not_yet_valid');
    expect(check({ nbf: IAT + 5 })).toBe('good');
    expect(check({ nbf: IAT + 6 })).toBe('token_not_yet_valid');
    expect(check({ nbf: undefined })).toBe('good');
  });

  it('refuses a lifetime that is longer than allowed', () => {
    expect(check({ exp: IAT + 3600 })).toBe('good');
    expect(check({ exp: IAT + 3601 })).toBe('token_lifetime_too_long');
    expect(check({ iat: IAT - 3000, exp: IAT + 601 })).toBe('token_lifetime_too_long');
    expect(check({ iat: undefined, exp: IAT + 3601 }, { required: ['exp'] })).toBe(
      'token_lifetime_too_long',
    );
  });

  it('requires an expected audience, and refuses every audience if none is expected', () => {
    expect(check({ aud: ['x', 'a'] })).toBe('good');
    // RFC 7519 section 4.1.3: the one who processes the token identifies itself with one of the values.
    expect(check({ aud: 'b' }, { audience: ['a', 'b'] })).toBe('good');
    expect(check({ aud: ['x'] })).toBe('token_audience_mismatch');
    expect(check({ aud: undefined })).toBe('token_claim_missing');
    expect(check({ aud: undefined }, { audience: false })).toBe('good');
    expect(check({ aud: 'a' }, { audience: false })).toBe('token_audience_mismatch');
  });

  it('requires the value and the type of markers', () => {
    const markers = { tpl: 'postern', level: 2, on: true };
    expect(check(markers, { markers })).toBe('good');
    expect(check({ ...markers, level: '2' }, { markers })).toBe('token_claim_invalid');
    expect(check({ ...markers, on: undefined, tpl: 'x' }, { markers })).toBe('token_claim_invalid');
    expect(check({ tpl: 'postern', level: 2 }, { markers })).toBe('token_claim_missing');
  });

  it('reads own claims only', () => {
    expect(check({}, { required: ['toString'] })).toBe('token_claim_missing');
    expect(check({}, { forbidden: ['constructor'] })).toBe('good');
    expect(check({}, { markers: { valueOf: 'x' } })).toBe('token_claim_missing');
  });

  it('accepts a time exactly if it is a possible number of seconds', () => {
    fc.assert(
      fc.property(fc.oneof(fc.double(), fc.integer()), (exp) => {
        const isTime = Number.isFinite(exp) && exp > 0 && exp < 2 ** 33;
        expect(check({ exp }) === 'token_claim_invalid').toBe(!isTime || exp * 1000 <= NOW);
      }),
    );
  });
});
