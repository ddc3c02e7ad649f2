import { beforeAll, describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { createTestIssuer, type TestIssuer } from '../support/token-issuer.ts';

let ec: TestIssuer;
let rsa: TestIssuer;
let good: Record<string, unknown>;

beforeAll(async () => {
  [ec, rsa] = await Promise.all([
    createTestIssuer({ algorithm: 'ES256' }),
    createTestIssuer({ algorithm: 'RS256' }),
  ]);
  good = {
    issuer: 'https://auth.example.com/',
    preset: 'kratos',
    audience: 'postern',
    algorithms: ['ES256'],
    keys: [ec.publicJwk],
  };
});

const read = (issuers: unknown, others: object = {}) =>
  readConfig({
    PUBLIC_URL: 'https://app.example.com',
    KRATOS_PUBLIC_URL: 'https://auth.example.com',
    REVOCATIONS: {},
    ISSUERS: issuers,
    ...others,
  });
const problems = (changes: object) => {
  const config = read([{ ...good, ...changes }]);
  return config.ok ? [] : config.failure;
};

describe('ISSUERS', () => {
  it('accepts an issuer with only the required members', () => {
    const config = read([good]);
    expect(config).toMatchObject({
      ok: true,
      value: {
        ISSUERS: [
          {
            audience: ['postern'],
            clock_tolerance_seconds: 5,
            max_lifetime_seconds: 86_400,
            keys: [{ kid: ec.kid, algorithm: 'ES256' }],
          },
        ],
      },
    });
  });

  it('accepts keys as a list, a key set, or JSON text of either, and the whole setting as text', () => {
    for (const keys of [
      [ec.publicJwk],
      { keys: [ec.publicJwk] },
      JSON.stringify([ec.publicJwk]),
      JSON.stringify({ keys: [ec.publicJwk] }),
    ]) {
      expect(problems({ keys })).toEqual([]);
    }
    expect(read(JSON.stringify([good])).ok).toBe(true);
  });

  it('takes hosts in any spelling, and audiences at these hosts only', () => {
    const audience = ['https://app.example.com/mcp', 'postern', 'https://elsewhere.example'];
    const site = { HOSTS: ['second.example.com'] };
    expect(read([{ ...good, audience, hosts: ['APP.example.com:443'] }], site).ok).toBe(true);
    const elsewhere = read([{ ...good, audience, hosts: ['second.example.com'] }], site);
    expect(elsewhere).toMatchObject({ ok: false });
    expect(elsewhere.ok ? [] : elsewhere.failure).toEqual([
      expect.stringMatching(/^ISSUERS\.0\.audience: .*Add its host to hosts/),
    ]);
  });

  const refusals: [name: string, changes: object, field: RegExp][] = [
    ['an empty audience', { audience: '' }, /^ISSUERS\.0\.audience: /],
    ['an empty list of audiences', { audience: [] }, /^ISSUERS\.0\.audience: /],
    ['no audience', { audience: undefined }, /^ISSUERS\.0\.audience: /],
    ['audience = true', { audience: true }, /^ISSUERS\.0\.audience: /],
    ['no hosts', { hosts: [] }, /^ISSUERS\.0\.hosts: .*at least one host/],
    ['a host that is none', { hosts: ['a b'] }, /^ISSUERS\.0\.hosts\.0: /],
    ['hosts as text', { hosts: 'app.example.test' }, /^ISSUERS\.0\.hosts: /],
    [
      'a host that is not served',
      { hosts: ['x.example.test'] },
      /^ISSUERS\.0\.hosts: .*HOSTS only/,
    ],
    ['audience = false without a marker', { audience: false }, /^ISSUERS\.0\.marker_claims: /],
    [
      'audience = false with no markers',
      { audience: false, marker_claims: {} },
      /^ISSUERS\.0\.marker_claims: /,
    ],
    [
      'a marker every token has',
      { audience: false, marker_claims: { sid: 'x' } },
      /^ISSUERS\.0\.marker_claims: /,
    ],
    [
      '"none"',
      { algorithms: ['ES256', 'none'] },
      /^ISSUERS\.0\.algorithms\.1: .*"none", and no HMAC/,
    ],
    ['HS256', { algorithms: ['HS256'] }, /^ISSUERS\.0\.algorithms\.0: .*no HMAC/],
    ['no algorithm', { algorithms: [] }, /^ISSUERS\.0\.algorithms: /],
    [
      'a tolerance over a minute',
      { clock_tolerance_seconds: 61 },
      /^ISSUERS\.0\.clock_tolerance_seconds: .*0 to 60/,
    ],
    [
      'J9: an endless tolerance',
      { clock_tolerance_seconds: Infinity },
      /^ISSUERS\.0\.clock_tolerance_seconds: /,
    ],
    [
      'J9: a tolerance in words',
      { clock_tolerance_seconds: '1000 years' },
      /^ISSUERS\.0\.clock_tolerance_seconds: /,
    ],
    [
      'a negative tolerance',
      { clock_tolerance_seconds: -1 },
      /^ISSUERS\.0\.clock_tolerance_seconds: /,
    ],
    ['no lifetime', { max_lifetime_seconds: 0 }, /^ISSUERS\.0\.max_lifetime_seconds: /],
    ['no keys at all', { keys: undefined }, /^ISSUERS\.0\.keys: expected exactly one of/],
    [
      'two places for keys',
      { jwks_url: 'https://a.example.com/k' },
      /^ISSUERS\.0\.keys: expected exactly one of/,
    ],
    [
      'http for keys',
      { keys: undefined, jwks_url: 'http://a.example.com/k' },
      /^ISSUERS\.0\.jwks_url: .*https/,
    ],
    [
      'discovery at what is no URL',
      { keys: undefined, discovery: true, issuer: 'me' },
      /^ISSUERS\.0\.issuer: /,
    ],
    [
      'discovery over http',
      { keys: undefined, discovery: true, issuer: 'http://a.example.com' },
      /^ISSUERS\.0\.issuer: /,
    ],
    ['an empty list of keys', { keys: [] }, /^ISSUERS\.0\.keys: /],
    ['keys that are no keys', { keys: 'secret' }, /^ISSUERS\.0\.keys: /],
    ['a misspelt member', { audiance: 'postern' }, /^ISSUERS\.0\.audiance: .*no such member/],
    ['a preset nobody knows', { preset: 'auth0' }, /^ISSUERS\.0\.preset: /],
    ['an empty issuer', { issuer: '' }, /^ISSUERS\.0\.issuer: /],
    [
      'a place that all objects inherit',
      { session_fields: { 'identity.__proto__.admin': 'a' } },
      /^ISSUERS\.0\.session_fields/,
    ],
  ];
  for (const [name, changes, field] of refusals) {
    it(`refuses to start with ${name}`, () => {
      const found = problems(changes);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(field);
    });
  }

  it('refuses to start with private or symmetric keys, and does not repeat them', () => {
    for (const keys of [
      [ec.privateJwk],
      [ec.publicJwk, rsa.privateJwk],
      [{ kty: 'oct', k: 'c2VjcmV0LXNlY3JldA', kid: 'k' }],
      JSON.stringify([ec.privateJwk]),
    ]) {
      const found = problems({ keys });
      expect(found).toHaveLength(1);
      expect(found[0]).toMatch(/^ISSUERS\.0\.keys: .*private or symmetric/);
      expect(found[0]).not.toContain(ec.privateJwk.d);
      expect(found[0]).not.toContain('c2VjcmV0');
    }
  });

  it('refuses to start with keys for no allowed algorithm', () => {
    expect(problems({ algorithms: ['RS256'] })[0]).toMatch(
      /^ISSUERS\.0\.keys: .*at least one public key/,
    );
    expect(problems({ keys: [ec.publicJwk, { ...ec.publicJwk, x: ec.publicJwk.y }] })[0]).toMatch(
      /no two keys/,
    );
  });

  it('refuses a repeated issuer', () => {
    const config = read([good, good]);
    expect(config.ok ? [] : config.failure).toEqual([
      expect.stringMatching(/^ISSUERS: .*each issuer once/),
    ]);
  });

  it('accepts http on loopback, for development', () => {
    expect(problems({ keys: undefined, discovery: true, issuer: 'http://127.0.0.1:4455' })).toEqual(
      [],
    );
    expect(problems({ keys: undefined, jwks_url: 'http://localhost:4433/jwks' })).toEqual([]);
  });

  it('refuses a token cookie with the name of the session cookie, and a short secret', () => {
    const cookies = read([good], { TOKEN_COOKIE_NAMES: ['ory_kratos_session'] });
    expect(cookies.ok ? [] : cookies.failure).toEqual([
      expect.stringMatching(/^TOKEN_COOKIE_NAMES: /),
    ]);
    const secret = read([good], { KEY_SET_SECRET: 'short' });
    expect(secret.ok ? [] : secret.failure).toEqual([expect.stringMatching(/^KEY_SET_SECRET: /)]);
  });
});
