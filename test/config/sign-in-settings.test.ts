import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const ISSUER = {
  issuer: 'https://zone1.keycard.cloud',
  preset: 'keycard',
  audience: ['https://app.example.test', 'https://b.example.test/mcp', 'https://b.example.test/'],
  algorithms: ['RS256'],
  discovery: true,
  client_id: 'site',
  sign_in: {},
};
const COMPLETE = {
  PUBLIC_URL: 'https://app.example.test',
  HOSTS: ['b.example.test', 'c.example.test'],
  KRATOS_PUBLIC_URL: 'https://kratos.example.test',
  REVOCATIONS: {},
  ISSUERS: [ISSUER],
  SIGN_IN_SECRETS: ['x'.repeat(32)],
};

function read(settings: object) {
  const config = readConfig({ ...COMPLETE, ...settings });
  return config.ok ? config.value.SIGN_IN : config.failure;
}

describe('sign_in', () => {
  it('has a resource for each host at which the tokens are good', () => {
    const signIn = read({});
    expect(signIn).toMatchObject({ scopes: ['openid'], isLoginPage: true, maxIdleSeconds: 86_400 });
    expect([...(signIn && 'resources' in signIn ? signIn.resources : [])]).toEqual([
      ['app.example.test', 'https://app.example.test'],
      ['b.example.test', 'https://b.example.test/'],
    ]);
  });

  it.each<[string, object, RegExp]>([
    [
      'without a client',
      { ISSUERS: [{ ...ISSUER, client_id: undefined }] },
      /^ISSUERS.0.client_id: /,
    ],
    ['without a secret to seal with', { SIGN_IN_SECRETS: undefined }, /^SIGN_IN_SECRETS: /],
    ['without the log', { REVOCATION: 'off' }, /^REVOCATION: /],
    [
      'at two issuers',
      { ISSUERS: [ISSUER, { ...ISSUER, issuer: 'https://zone2.keycard.cloud' }] },
      /^ISSUERS.1.sign_in: /,
    ],
    [
      'with a secret alone',
      { ISSUERS: [{ ...ISSUER, sign_in: undefined }], CLIENT_SECRETS: { [ISSUER.issuer]: 's' } },
      /^SIGN_IN_SECRETS: /,
    ],
    [
      'with an unknown member',
      { ISSUERS: [{ ...ISSUER, sign_in: { scope: 'x' } }] },
      /^ISSUERS.0.sign_in/,
    ],
    [
      'with two scopes in one text',
      { ISSUERS: [{ ...ISSUER, sign_in: { scopes: ['a b'] } }] },
      /scopes/,
    ],
  ])('%s is an error that names the setting', (_, settings, expected) => {
    const problems = read(settings);
    expect(problems).toEqual([expect.stringMatching(expected)]);
    expect(String(problems)).not.toContain('xxxx');
  });

  it('is not the login page if LOGIN_URL names another', () => {
    expect(read({ LOGIN_URL: 'https://login.example.test' })).toMatchObject({ isLoginPage: false });
  });
});
