import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readCredential } from '../../src/credentials/read-credential.ts';
import { isTokenForm } from '../../src/credentials/token-form.ts';
import { encodePart } from '../support/token-issuer.ts';

const TOKEN = `${encodePart({ alg: 'ES256', typ: 'JWT' })}.${encodePart({ iss: 'i' })}.c2lnbmF0dXJl`;
const OPAQUE = 'ory_st_abcdefghijklmnopqrstuvwxyz012345';

const read = (headers: Record<string, string>) => {
  const presentation = readCredential(new Headers(headers), ['s'], ['t']);
  if (presentation.kind === 'tokens') return presentation.candidates.map(({ value }) => value);
  if (presentation.kind !== 'candidates') return presentation;
  return presentation.candidates.map(({ carrier }) => carrier.kind);
};

describe('isTokenForm()', () => {
  it('knows a JWT by its header, however badly written', () => {
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

  it('takes nothing else for one', () => {
    for (const value of [
      OPAQUE,
      '...',
      'a.b.c',
      `${encodePart('[1]')}.x.y`,
      encodePart({}),
      `${encodePart({})}.x`,
      '.e30.x',
    ]) {
      expect(isTokenForm(value), value).toBe(false);
    }
  });

  it('never throws', () => {
    fc.assert(fc.property(fc.string(), (value) => void isTokenForm(value)));
  });
});

describe('readCredential() with tokens', () => {
  it('reads a bearer in JWT form as a token, and any other as Kratos’s', () => {
    expect(read({ authorization: `Bearer ${TOKEN}` })).toEqual([TOKEN]);
    expect(read({ authorization: `bearer ${TOKEN}` })).toEqual([TOKEN]);
    expect(read({ authorization: `Bearer ${OPAQUE}` })).toEqual(['bearer']);
  });

  it('leaves X-Session-Token and the session cookie to Kratos, whatever is in them', () => {
    expect(read({ 'x-session-token': TOKEN })).toEqual(['session-token-header']);
    expect(read({ cookie: `s=${TOKEN}` })).toEqual(['cookie']);
  });

  it('reads a token cookie after the session cookie and before the bearer', () => {
    expect(read({ cookie: `t=${TOKEN}`, authorization: `Bearer ${OPAQUE}` })).toEqual([TOKEN]);
    expect(read({ cookie: `t=${TOKEN}; s=${OPAQUE}` })).toEqual(['cookie']);
    expect(read({ cookie: `t=${TOKEN}; t=${TOKEN}x` })).toEqual([TOKEN, `${TOKEN}x`]);
    expect(read({ cookie: `a=1, t=${TOKEN}, t=${TOKEN}` })).toEqual([TOKEN]);
  });

  it('T10: takes the quotes off a token cookie', () => {
    expect(read({ cookie: `t="${TOKEN}"` })).toEqual([TOKEN]);
  });

  it('knows of no tokens where no issuer is trusted', () => {
    const presentation = readCredential(new Headers({ authorization: `Bearer ${TOKEN}` }), ['s']);
    expect(presentation).toMatchObject({ kind: 'candidates', candidates: [{ value: TOKEN }] });
  });

  it('refuses a token over 8 KiB, and allows one that Kratos’s credentials may not be as long as', () => {
    const long = `${encodePart({ alg: 'ES256' })}.${'a'.repeat(5000)}.b`;
    expect(read({ authorization: `Bearer ${long}` })).toEqual([long]);
    expect(read({ authorization: `Bearer ${long}${'c'.repeat(4000)}` })).toMatchObject({
      reason: 'token_too_long',
    });
    expect(read({ authorization: `Bearer ${'a'.repeat(5000)}` })).toMatchObject({
      reason: 'credential_malformed',
    });
  });
});
