import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const REQUIRED = {
  PUBLIC_URL: 'https://app.example.com',
  KRATOS_PUBLIC_URL: 'https://kratos.example.com',
  REVOCATIONS: {},
};
const ELSEWHERE = { IDENTITY_HEADERS: { 'X-Person': 'identity.id' } };

function problems(settings: Readonly<Record<string, unknown>>): string[] {
  const config = readConfig({ ...REQUIRED, ...settings });
  return config.ok ? [] : config.failure;
}

/** Applications that read these from their own clients. */
const NEEDED = [
  'X-Auth-Token', // Rocket.Chat, OpenStack, Miniflux
  'X-User-Id', // Rocket.Chat
  'X-Access-Token',
  'X-User-Agent', // grpc-web
  'X-WEBAUTH-USER',
  'Remote-User',
  'X-Hasura-Role',
  'X-Trino-User',
  'X-Scope-OrgID',
  'Impersonate-User',
  'X-Tenant-Id', // passes anyway
];

/** Headers that no operator can forward, by kind. */
const REFUSED: readonly (readonly [kind: RegExp, names: readonly string[]])[] = [
  [/where the client is/, ['X-Forwarded-For', 'X-Real-IP', 'True-Client-IP', 'Forwarded']],
  [/who or where/, ['X-Client-Cert', 'Client-Cert', 'SSL-Client-S-DN', 'X-Amzn-Mtls-Clientcert']],
  [/who or where/, ['X-Msisdn', 'X-Forwarded-User', 'X-Forwarded-Client-Cert', 'L5d-Client-Id']],
  [
    /which URL or method/,
    ['X-Original-URL', 'X-Rewrite-URL', 'X-Override-URL', 'X-Forwarded-Host'],
  ],
  [/which URL or method/, ['X-HTTP-Method-Override', 'X-Method-Override', 'X-Forwarded-Proto']],
  [/which URL or method/, ['X-Custom-IP-Authorization', 'Path-Info', 'Request-Method', 'Proxy']],
  // RFC 9110 section 7.6.1
  [/7\.6\.1/, ['Connection', 'Keep-Alive', 'TE', 'Trailer', 'Transfer-Encoding', 'Upgrade']],
  [/7\.6\.1/, ['Proxy-Authorization', 'Host', 'Content-Length']],
  [/credential Postern reads/, ['Authorization', 'Cookie', 'X-Session-Token']],
  [/Postern-\*/, ['Postern-Proxy-Secret', 'Postern-Reason', 'X-Postern-User']],
  [/Cf-\*/, ['Cf-Connecting-IP', 'CF-IPCountry', 'Cf-Access-Jwt-Assertion', 'Cf-Cert-Verified']],
  [/assertion/, ['X-Session-Assertion', 'x-session-assertion']],
  [
    /dashes/,
    [
      'X_Auth_Token',
      'X.Auth',
      'X-*',
      '*',
      'X--Auth',
      '-X-Auth',
      'X-Auth-',
      '_X-User-Id',
      '',
      'x y',
    ],
  ],
  [/dashes/, ['X-Auth\r\nX-Admin', 'x'.repeat(65), 'X-Caf\u00e9']],
];

describe('FORWARDED_HEADERS', () => {
  it.each(NEEDED)('H23: %s can be forwarded, for the site or for one rule', (name) => {
    expect(problems({ ...ELSEWHERE, FORWARDED_HEADERS: [name] })).toEqual([]);
    const rule = { path: '/*', session: 'none', forwarded_headers: [name] };
    expect(problems({ ...ELSEWHERE, RULES: [rule] })).toEqual([]);
  });

  it.each(REFUSED.flatMap(([kind, names]) => names.map((name) => [name, kind] as const)))(
    'H24: refuses %j',
    (name, kind) => {
      for (const spelling of [name, name.toLowerCase(), name.toUpperCase()]) {
        const [problem, ...others] = problems({ ...ELSEWHERE, FORWARDED_HEADERS: [spelling] });
        expect(others).toEqual([]);
        expect(problem).toMatch(/^FORWARDED_HEADERS\.0: expected /);
        expect(problem).toMatch(kind);
        const rule = { path: '/*', session: 'none', forwarded_headers: [spelling] };
        const [ofRule] = problems({ ...ELSEWHERE, RULES: [rule] });
        expect(ofRule).toMatch(/^RULES\.0\.forwarded_headers\.0: expected /);
      }
    },
  );

  it('H24: refuses a header that Postern itself sends, in any spelling, and says what to do', () => {
    for (const settings of [
      { FORWARDED_HEADERS: ['X-User-Id'] }, // sent when IDENTITY_HEADERS is left out
      { IDENTITY_HEADERS: { 'Team-Name': 'id' }, FORWARDED_HEADERS: ['team-name'] },
      { IDENTITY_PRESETS: ['remote-user'], FORWARDED_HEADERS: ['REMOTE-GROUPS'] },
      { IDENTITY_PRESETS: ['x-auth-request'], FORWARDED_HEADERS: ['X-Auth-Request-Email'] },
    ])
      expect(problems(settings)).toEqual([
        expect.stringMatching(
          /^FORWARDED_HEADERS: expected no header that Postern itself sends.*IDENTITY_HEADERS/,
        ),
      ]);
    const rule = { path: '/*', session: 'none', forwarded_headers: ['X-User-Id'] };
    expect(problems({ RULES: [rule] })).toEqual([
      expect.stringMatching(/^RULES\.0\.forwarded_headers: expected no header/),
    ]);
  });
});
