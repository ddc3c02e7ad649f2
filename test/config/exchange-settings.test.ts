import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const ZONE = 'https://zone-1.keycard.cloud';
const API = 'https://api.example.com';
const SECRET = 'a-secret-of-the-client';
const issuer = (changes: object = {}) => ({
  issuer: ZONE,
  preset: 'keycard',
  audience: 'postern',
  algorithms: ['RS256'],
  discovery: true,
  client_id: 'gate',
  ...changes,
});
const rule = (changes: object = {}) => ({
  path: '/api/*',
  session: 'required',
  exchange: API,
  ...changes,
});

const read = (settings: object) =>
  readConfig({
    REVOCATIONS: {},
    PUBLIC_URL: 'https://app.example.com',
    KRATOS_PUBLIC_URL: 'https://auth.example.com',
    ISSUERS: JSON.parse(JSON.stringify([issuer()])),
    CLIENT_SECRETS: JSON.stringify({ [ZONE]: SECRET }),
    RULES: [rule()],
    ...settings,
  });
const problems = (settings: object): string[] => {
  const config = read(settings);
  return config.ok ? [] : config.failure;
};
const without = (name: string) => ({
  ISSUERS: JSON.parse(JSON.stringify([issuer({ [name]: undefined })])),
});

describe('exchange', () => {
  it('needs an issuer with a client, and the secret of the client', () => {
    expect(problems({})).toEqual([]);
  });

  it('keeps the spelling of the resource', () => {
    for (const exchange of [API, `${API}/`, `${API}/v2/`, 'http://127.0.0.1:8080/x']) {
      expect(read({ RULES: [rule({ exchange })] })).toMatchObject({
        value: { RULES: [{ exchange }] },
      });
    }
  });

  it.each([
    ['no issuer', { ISSUERS: [], CLIENT_SECRETS: {} }],
    ['no client', { ...without('client_id'), CLIENT_SECRETS: {} }],
  ])('is an error with %s, which says what to add', (_, settings) => {
    expect(problems(settings)).toEqual([
      expect.stringMatching(
        /^RULES\.0\.exchange: .*Add client_id .*CLIENT_SECRETS.* remove exchange; got no such issuer\.$/,
      ),
    ]);
  });

  it.each(['none', 'optional', 'public'])('is an error with session = "%s"', (session) => {
    expect(problems({ RULES: [rule({ session })] })).toEqual([
      expect.stringMatching(/^RULES\.0\.session: expected .*required/),
    ]);
  });
});

describe('client_id', () => {
  it('is an error without its secret, whose value no message has', () => {
    const found = problems({ CLIENT_SECRETS: { [`${ZONE}/`]: SECRET } });
    expect(found).toEqual([
      expect.stringMatching(/^ISSUERS\.0\.client_id: expected the secret .* CLIENT_SECRETS/),
    ]);
    expect(JSON.stringify(found)).not.toContain(SECRET);
  });

  it('is an error where no token endpoint can be found', () => {
    const jwks_url = `${ZONE}/jwks`;
    const kratos = { preset: 'kratos' };
    for (const changes of [{ discovery: undefined, jwks_url }, kratos]) {
      const ISSUERS = JSON.parse(JSON.stringify([issuer(changes)]));
      expect(problems({ ISSUERS })).toContainEqual(
        expect.stringMatching(/^ISSUERS\.0\.client_id: .*discovery = true/),
      );
    }
  });

  it.each(['', 'a b', 'é', 1, null, 'x'.repeat(513)])('%j is an error', (client_id) => {
    expect(problems({ ISSUERS: [issuer({ client_id })] })).toContainEqual(
      expect.stringMatching(/^ISSUERS\.0\.client_id: expected a client id/),
    );
  });
});
