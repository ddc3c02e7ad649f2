import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { createSite } from '../../src/app/compose-site.ts';
import { readConfig } from '../../src/config/config.ts';
import { SitePages } from '../../src/pages/site-pages.ts';

const REQUIRED = {
  PUBLIC_URL: 'https://app.example.test',
  KRATOS_PUBLIC_URL: 'https://kratos.example.test',
  REVOCATIONS: {},
  IDENTITY_HEADERS: { 'X-User-Id': 'identity.id' },
};
const PARTS = {
  lookUp: {
    sessions: { resolve: () => expect.fail('no request') },
    tokens: { resolve: () => expect.fail('no request') },
    readCredentials: () => [],
  },
  revocation: { lagMs: 5000, refresh: () => undefined, trustedSince: () => 0 },
  now: () => 0,
  pages: new SitePages({}, { reportBug: (error) => expect.fail(String(error)), now: () => 0 }),
  resources: { metadataUrlFor: () => undefined },
};

function siteOf(settings: Record<string, unknown> = {}) {
  const config = readConfig({ ...REQUIRED, ...settings });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  return createSite(config.value, PARTS);
}

describe('createSite()', () => {
  it('makes assertions only if keys are configured', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = { ...privateKey.export({ format: 'jwk' }), kid: 'k', alg: 'ES256' };
    const ASSERTION_KEYS = JSON.stringify({ keys: [key] });
    expect(siteOf().identifier.headerNames).toEqual(['X-User-Id']);
    expect(siteOf({ ASSERTION_KEYS }).identifier.headerNames).toEqual([
      'X-User-Id',
      'X-Session-Assertion',
    ]);
  });

  it('counts every cookie that may hold a credential', () => {
    const settings = { SESSION_COOKIE_NAMES: ['s'], TOKEN_COOKIE_NAMES: ['t'] };
    const issuer = {
      issuer: 'https://issuer.example.test/',
      preset: 'kratos',
      audience: 'site',
      algorithms: ['ES256'],
      jwks_url: 'https://issuer.example.test/keys',
    };
    const { credentialCookies } = siteOf({ ...settings, ISSUERS: JSON.stringify([issuer]) });
    expect(credentialCookies).toEqual(['s', 't']);
  });
});
