import { describe, expect, it } from 'vitest';
import { findIdleSettings } from '../../cli/idle-settings.ts';
import { readConfig } from '../../src/config/config.ts';

const ZONE = 'https://zone-1.keycard.cloud';

function idle(settings: object): string[] {
  const config = readConfig({
    REVOCATIONS: {},
    PUBLIC_URL: 'https://app.example.com',
    KRATOS_PUBLIC_URL: 'https://auth.example.com',
    ISSUERS: [
      {
        issuer: ZONE,
        preset: 'keycard',
        audience: 'postern',
        algorithms: ['RS256'],
        discovery: true,
        client_id: 'gate',
      },
    ],
    CLIENT_SECRETS: { [ZONE]: 'a-secret-of-the-client' },
    ...settings,
  });
  if (!config.ok) throw new Error(config.failure.join());
  return findIdleSettings(config.value, new Set());
}
const rule = { path: '/api', session: 'required', exchange: 'https://api.example.com' };

describe('findIdleSettings()', () => {
  it('names no setting of a good exchange', () => {
    expect(idle({ RULES: [rule] })).toEqual([]);
  });

  it.each([
    ['a client that no rule needs', {}, /^ISSUERS\.0\.client_id does nothing/],
    [
      'credentials that are not forwarded',
      { RULES: [{ ...rule, forward_credentials: true }] },
      /^RULES\.0\.forward_credentials does nothing/,
    ],
    [
      'a secret of a client that is not there',
      { RULES: [rule], CLIENT_SECRETS: { [ZONE]: 'a-secret', [`${ZONE}/`]: 'a-secret' } },
      /^CLIENT_SECRETS has a secret that does nothing/,
    ],
    [
      'an exchange that other proxies do not get',
      { RULES: [rule], FORWARD_AUTH_SECRETS: ['x'.repeat(32)] },
      /^RULES\.0\.exchange is not served through forward-auth/,
    ],
  ])('names %s', (_, settings, expected) => {
    expect(idle(settings)).toEqual([expect.stringMatching(expected)]);
  });
});
