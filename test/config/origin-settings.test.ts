import { describe, expect, it } from 'vitest';
import { readConfig } from '../../src/config/config.ts';

const API = 'https://api.internal.example';
const OTHER = 'https://other.internal.example';

const read = (settings: object) =>
  readConfig({
    REVOCATIONS: {},
    PUBLIC_URL: 'https://app.example.com',
    KRATOS_PUBLIC_URL: 'https://auth.example.com',
    HOSTS: ['api.example.com'],
    ORIGIN_URL: 'https://site.internal.example',
    ...settings,
  });

/** Returns the problems of settings, in a Worker that has the binding `API` if an origin names it. */
function problemsOf(ORIGINS: object): string[] {
  return problems({ ORIGINS, ...(JSON.stringify(ORIGINS).includes('"API"') && { API: {} }) });
}

function problems(settings: object): string[] {
  const config = read(settings);
  return config.ok ? [] : config.failure;
}

function originOf(settings: object) {
  const isBound = 'binding' in settings;
  const config = read({ ORIGINS: { api: settings }, ...(isBound && { API: {} }) });
  return config.ok ? config.value.ORIGINS.get('api') : config.failure;
}

const ruleOf = (origin: string, path = '/api/*') => ({ path, session: 'required', origin });

describe('ORIGINS', () => {
  it('reads an origin, with the defaults of its members', () => {
    expect(originOf({ url: `${API}/` })).toEqual({
      url: API,
      binding: undefined,
      hosts: [],
      prefix: undefined,
      audience: API,
      timeoutMs: 30_000,
    });
    expect(originOf({ binding: 'API', hosts: ['API.example.com:443'], timeout_ms: 500 })).toEqual({
      url: undefined,
      binding: 'API',
      hosts: ['api.example.com'],
      prefix: undefined,
      audience: 'api',
      timeoutMs: 500,
    });
    expect(
      originOf({ url: API, audience: 'the-api', strip_prefix: '/v1/caf%C3%A9' }),
    ).toMatchObject({
      audience: 'the-api',
      prefix: { text: '/v1/caf%C3%A9', segments: ['v1', 'café'] },
    });
  });

  it('takes a name of ORIGINS in a rule only', () => {
    const ORIGINS = { api: { url: API }, admin: { url: OTHER } };
    expect(problems({ ORIGINS, RULES: [ruleOf('api')] })).toEqual([]);
    expect(problems({ ORIGINS, RULES: [ruleOf('api'), ruleOf('apis')] })).toEqual([
      'RULES.1.origin: expected one of api, admin; got another.',
    ]);
    expect(problems({ RULES: [ruleOf('constructor')] })).toEqual([
      'RULES.0.origin: expected one of the names in ORIGINS; got another.',
    ]);
  });

  it.each<readonly [string, object, string]>([
    ['a member that it does not know', { url: API, path: '/x' }, 'ORIGINS.api.path'],
    ['neither url nor binding', { audience: 'x' }, 'ORIGINS.api: expected an origin with url'],
    ['a binding that the Worker does not have', { binding: 'APIS' }, 'ORIGINS.api.binding'],
    ['a variable as binding', { binding: 'PUBLIC_URL' }, 'ORIGINS.api.binding'],
    [
      'a host that is not the site’s',
      { url: API, hosts: ['x.example.com'] },
      'ORIGINS.api.hosts.0',
    ],
    [
      'a host twice',
      { url: API, hosts: ['api.example.com', 'API.example.com.'] },
      'ORIGINS.api.hosts.1',
    ],
    [
      'a prefix beside hosts',
      { url: API, hosts: ['api.example.com'], strip_prefix: '/a' },
      'ORIGINS.api.hosts',
    ],
    ['a deadline of no time', { url: API, timeout_ms: 0 }, 'ORIGINS.api.timeout_ms'],
    ['an audience with a space', { url: API, audience: 'a b' }, 'ORIGINS.api.audience'],
    [
      'the audience of the site’s origin',
      { url: API, audience: 'https://site.internal.example' },
      'ORIGINS.api.audience',
    ],
    [
      'a prefix at the site’s own origin',
      { url: 'https://site.internal.example', strip_prefix: '/a' },
      'ORIGINS.api.strip_prefix',
    ],
    ...[
      '',
      'api',
      '/',
      '//',
      '/api/',
      '/a//b',
      '/api/*',
      '/:id',
      '/a/..',
      '/a?b',
      '/a%2Fb',
      '/a;b',
      1,
    ].map(
      (prefix) =>
        [
          `the prefix "${prefix}"`,
          { url: API, strip_prefix: prefix },
          'ORIGINS.api.strip_prefix',
        ] as const,
    ),
  ])('refuses %s', (_, api, problem) => {
    expect(problemsOf({ api })).toEqual([expect.stringContaining(problem)]);
  });

  it('refuses a rule with a path outside the prefix of its origin', () => {
    const ORIGINS = { api: { url: API, strip_prefix: '/api/v1' } };
    const inside = ['/api/v1/', '/api/v1/*', '/api/v1/users/:id', '/%61pi/v1/*'];
    const outside = [
      '/api/v1',
      '/*',
      '/api/*',
      '/apis/v1/*',
      '/:any/v1/*',
      '/api/v11',
      '/v1/api/*',
    ];
    for (const path of inside)
      expect(problems({ ORIGINS, RULES: [ruleOf('api', path)] })).toEqual([]);
    for (const path of outside) {
      expect(problems({ ORIGINS, RULES: [ruleOf('api', path)] })).toEqual([
        'RULES.0.path: expected a path below /api/v1/, the strip_prefix of its origin; got another.',
      ]);
    }
  });

  it('refuses two prefixes at one server, however it is reached', () => {
    const refused = [
      expect.stringMatching(/^ORIGINS\.b\.strip_prefix: .*ORIGINS\.a, which is the same server/),
    ];
    for (const [a, b] of [
      [
        { url: API, strip_prefix: '/a' },
        { url: `${API}:443/`, strip_prefix: '/b' },
      ],
      [{ url: API, strip_prefix: '/a' }, { url: API }],
      [
        { binding: 'API', strip_prefix: '/a' },
        { binding: 'API', url: API, strip_prefix: '/b' },
      ],
    ]) {
      expect(problemsOf({ a, b })).toEqual(refused);
    }
    const slow = {
      a: { url: API, strip_prefix: '/a' },
      b: { url: API, strip_prefix: '/a', timeout_ms: 90_000 },
    };
    expect(problems({ ORIGINS: slow })).toEqual([]);
  });

  it('refuses one audience for two servers', () => {
    const a = { url: API };
    expect(problems({ ORIGINS: { a, b: { url: OTHER, audience: API } } })).toEqual([
      expect.stringMatching(/^ORIGINS\.b\.audience: .*ORIGINS\.a/),
    ]);
    const PUBLIC = 'https://app.example.com';
    expect(
      problems({ ORIGIN_URL: undefined, ORIGIN: {}, ORIGINS: { a: { url: PUBLIC } } }),
    ).toEqual([expect.stringMatching(/^ORIGINS\.a\.audience: /)]);
    expect(problems({ ORIGIN_URL: undefined, ORIGINS: { a: { url: PUBLIC } } })).toEqual([]);
  });

  it('takes a binding whose name is like one of Postern’s own', () => {
    expect(problems({ KRATOSX: {} })).toEqual([
      expect.stringMatching(/^KRATOSX: there is no such/),
    ]);
    expect(problems({ KRATOSX: {}, ORIGINS: { api: { binding: 'KRATOSX' } } })).toEqual([]);
    const wrong = { api: { binding: 'KRATOSX', timeout_ms: 'long' } };
    expect(problems({ KRATOSX: {}, ORIGINS: JSON.stringify(wrong) })).toEqual([
      expect.stringMatching(/^ORIGINS\.api\.timeout_ms/),
    ]);
  });
});

describe('identity_headers of a rule', () => {
  const rule = (changes: object) => ({ path: '/a/*', session: 'required', ...changes });
  const own = { 'X-Member': 'identity.id' };

  it('is refused where there is no session to tell of', () => {
    expect(problems({ RULES: [rule({ identity_headers: own })] })).toEqual([]);
    expect(problems({ RULES: [rule({ identity_headers: own, session: 'none' })] })).toEqual([
      expect.stringMatching(/^RULES\.0\.session: expected .*identity_headers/),
    ]);
  });

  it('is held against the headers that clients may send, and against the budget', () => {
    const RULES = [rule({ identity_headers: own }), rule({ forwarded_headers: ['X-Member'] })];
    expect(problems({ RULES })).toEqual([expect.stringMatching(/^RULES\.1\.forwarded_headers: /)]);
    expect(problems({ RULES: RULES.slice(0, 1), FORWARDED_HEADERS: ['X-Member'] })).toEqual([
      expect.stringMatching(/^FORWARDED_HEADERS: /),
    ]);
    const ids = { 'X-A': 'id', 'X-B': 'identity.id', 'X-C': 'identity.id' };
    const small = { IDENTITY_HEADERS_MAX_BYTES: 600, RULES: [rule({ identity_headers: ids })] };
    expect(problems(small)).toEqual([expect.stringMatching(/^IDENTITY_HEADERS_MAX_BYTES: /)]);
  });

  it('names the issuer too where sessions of several issuers count, and nothing if it is empty', () => {
    const ISSUERS = JSON.parse(
      JSON.stringify([
        {
          issuer: 'https://zone-1.keycard.cloud',
          preset: 'keycard',
          audience: 'p',
          algorithms: ['RS256'],
          discovery: true,
        },
      ]),
    );
    const config = read({
      ISSUERS,
      RULES: [rule({ identity_headers: own }), rule({ identity_headers: {} }), rule({})],
    });
    expect(config.ok && config.value.RULES.map(({ identity_headers: each }) => each)).toEqual([
      { 'X-Member': 'identity.id', 'X-Session-Issuer': 'issuer' },
      {},
      undefined,
    ]);
  });
});
