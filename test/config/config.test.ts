import { describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../src/config/config.ts';
import { SETTINGS } from '../../src/config/settings.ts';

const REQUIRED = {
  PUBLIC_URL: 'https://app.example.test',
  KRATOS_PUBLIC_URL: 'https://kratos.example.test',
};
const RULE = { path: '/a/*', session: 'none' };

function problemsOf(settings: Readonly<Record<string, unknown>>): string[] {
  const config = readConfig({ ...REQUIRED, ...settings });
  return config.ok ? [] : config.failure;
}

function configOf(settings: Readonly<Record<string, unknown>>): Config {
  const config = readConfig({ ...REQUIRED, ...settings });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  return config.value;
}

const HTTP_URLS = [
  'http://a.example',
  'http://localhost.evil',
  'http://127.0.0.1.evil',
  'http://10.0.0.1',
];
const NO_URLS = ['', 'app.example.test', '//a', 'ftp://a', 'javascript:x', 1, null, {}, []];
const DRESSED_URLS = ['https://u@a', 'https://u:p@a', 'https://a/?q', 'https://a/#f'];

const REFUSED: Readonly<Record<string, readonly unknown[]>> = {
  PUBLIC_URL: [...NO_URLS, ...HTTP_URLS, ...DRESSED_URLS, 'https://a/path', undefined],
  KRATOS_PUBLIC_URL: [...NO_URLS, ...HTTP_URLS, ...DRESSED_URLS, undefined],
  KRATOS_BROWSER_URL: [...NO_URLS, ...HTTP_URLS, ...DRESSED_URLS],
  LOGIN_URL: [...NO_URLS, ...HTTP_URLS, ...DRESSED_URLS],
  ORIGIN_URL: [...NO_URLS, ...HTTP_URLS, ...DRESSED_URLS, 'https://a/path'],
  SESSION_COOKIE_NAMES: [
    [],
    ['a', 'b', 'c', 'd', 'e'],
    [''],
    ['a b'],
    ['a;b'],
    ['a=b'],
    ['é'],
    [1],
    'name',
    {},
    null,
  ],
  FRESH_SECONDS: [
    0,
    -1,
    3601,
    1.5,
    '1.5',
    '',
    ' 30',
    '1e2',
    '0x1e',
    true,
    null,
    [],
    Number.NaN,
    Infinity,
  ],
  STALE_WHILE_REVALIDATE_SECONDS: [-1, 3601, 'x', Infinity],
  STALE_IF_ERROR_SECONDS: [-1, 86401, 'x'],
  MEMORY_MAX_ENTRIES: [0, 1_000_001],
  MEMORY_MAX_BYTES: [65_535, 67_108_865],
  KV_WRITE_INTERVAL_SECONDS: [0, 86_401],
  KV_READ_TIMEOUT_MS: [9, 5001],
  STORE_TIMEOUT_MS: [99, 9001],
  ORIGIN_TIMEOUT_MS: [99, 100_001],
  SESSION_API_PATH: ['', '/', 'auth', '/auth/', '/a b', '/a?b', '/../x', '/a/b/c/d/e', 1, null],
  SELF_SERVICE: ['yes', 1, null, 'TRUE'],
  ALLOWED_ORIGINS: ['x', ['*'], ['null'], ['https://a/path'], ['http://a.example'], null],
  ADMIN_SECRETS: [[], ['short'], ['x'.repeat(31)], [`a.b.${'c'.repeat(40)}`], 'x'.repeat(40), null],
  ACCESS_TEAM_DOMAIN: [...NO_URLS, ...HTTP_URLS, ...DRESSED_URLS, 'https://a/path'],
  ACCESS_AUDIENCE: [[], [''], [1], 'x', null],
  KRATOS_ADMIN_URL: [...NO_URLS, ...HTTP_URLS, ...DRESSED_URLS],
  KRATOS_ADMIN_API_KEY: ['', 'a b', 'é', 1, null],
  KEYCARD_API_URL: [...NO_URLS, ...HTTP_URLS, ...DRESSED_URLS],
  KEYCARD_TOKEN_URL: [...NO_URLS, ...HTTP_URLS, ...DRESSED_URLS],
  KEYCARD_CLIENT_ID: ['', 'a b', 1, null],
  KEYCARD_CLIENT_SECRET: ['', 'a b', 1, null],
  KEYCARD_ZONES: [[], [''], ['a/b'], ['..'], 'x', null],
  RULES: [
    'x',
    {},
    null,
    [1],
    [{}],
    [{ path: '/a' }],
    [{ session: 'none' }],
    [{ ...RULE, path: 'a' }],
    [{ ...RULE, path: '/(a|b)' }],
    [{ ...RULE, path: 1 }],
    [{ ...RULE, session: 'None' }],
    [{ ...RULE, session: '' }],
    [{ ...RULE, methods: [] }],
    [{ ...RULE, methods: ['get'] }],
    [{ ...RULE, methods: ['TRACE'] }],
    [{ ...RULE, methods: 'GET' }],
    [{ ...RULE, freshness: 'fresh' }],
    [{ ...RULE, cache_control: 'public' }],
    [{ ...RULE, sesion: 'required' }],
    Array(201).fill(RULE),
  ],
  IDENTITY_HEADERS: [
    'x',
    [],
    null,
    { X_User: 'identity.id' },
    { 'X User': 'identity.id' },
    { x: 'identity.id' },
    { 'X-User': 'identity.id', 'x-user': 'identity.id' },
    { Cookie: 'identity.id' },
    { Host: 'identity.id' },
    { 'X-User': '' },
    { 'X-User': 'identity..id' },
    { 'X-User': '$.identity.id' },
    { 'X-User': 1 },
    Object.fromEntries(Array.from({ length: 33 }, (_, index) => [`X-${index}`, 'id'])),
  ],
  DECISION_LOG: ['ALL', '', true, null],
};

describe('readConfig()', () => {
  it('needs two settings, and is strict with everything else left out', () => {
    expect(configOf({})).toEqual({
      ...REQUIRED,
      KRATOS_BROWSER_URL: REQUIRED.KRATOS_PUBLIC_URL,
      LOGIN_URL: `${REQUIRED.KRATOS_PUBLIC_URL}/self-service/login/browser`,
      SESSION_COOKIE_NAMES: ['ory_kratos_session'],
      FRESH_SECONDS: 30,
      STALE_WHILE_REVALIDATE_SECONDS: 30,
      STALE_IF_ERROR_SECONDS: 300,
      MEMORY_MAX_ENTRIES: 10_000,
      MEMORY_MAX_BYTES: 33_554_432,
      KV_WRITE_INTERVAL_SECONDS: 300,
      KV_READ_TIMEOUT_MS: 100,
      STORE_TIMEOUT_MS: 5000,
      ORIGIN_TIMEOUT_MS: 30_000,
      RULES: [],
      IDENTITY_HEADERS: { 'X-User-Id': 'identity.id' },
      DECISION_LOG: 'all',
    });
    expect(Object.isFrozen(configOf({}))).toBe(true);
  });

  it('takes numbers, lists and tables as themselves or as their text', () => {
    const typed = {
      FRESH_SECONDS: 10,
      SESSION_COOKIE_NAMES: ['a', 'b'],
      RULES: [RULE],
      IDENTITY_HEADERS: { 'X-Id': 'id' },
    };
    const texts = Object.entries(typed).map(([name, value]) => [name, JSON.stringify(value)]);
    expect(configOf(Object.fromEntries(texts))).toEqual(configOf(typed));
  });

  it('takes http on loopback, and drops the slash at the end of an address', () => {
    for (const host of ['localhost:4433', '127.0.0.1:1', '[::1]:1'])
      expect(configOf({ KRATOS_PUBLIC_URL: `http://${host}/` }).KRATOS_PUBLIC_URL).toBe(
        `http://${host}`,
      );
    expect(configOf({ KRATOS_PUBLIC_URL: 'https://a/b/' }).KRATOS_PUBLIC_URL).toBe('https://a/b');
  });

  it('takes the addresses that follow from others from these', () => {
    const { LOGIN_URL, KRATOS_BROWSER_URL } = configOf({ KRATOS_BROWSER_URL: 'https://b/k' });
    expect([LOGIN_URL, KRATOS_BROWSER_URL]).toEqual([
      'https://b/k/self-service/login/browser',
      'https://b/k',
    ]);
    expect(configOf({ LOGIN_URL: 'https://l/in' }).LOGIN_URL).toBe('https://l/in');
  });

  describe.each(Object.entries(REFUSED))('%s', (name, values) => {
    it.each(values.map((value) => [value]))('refuses %j, naming the setting', (value) => {
      const problems = problemsOf({ [name]: value });
      expect(problems.length).toBeGreaterThan(0);
      for (const problem of problems) expect(problem).toMatch(new RegExp(`^${name}[.:]`));
      expect(problems[0]).toMatch(/: expected .+; got .+\.$/);
    });
  });

  it('names every setting there is in the tests above', () => {
    const names = Object.values(SETTINGS).flatMap((settings) => Object.keys(settings));
    expect(names.filter((name) => !Object.hasOwn(REFUSED, name))).toEqual([]);
  });

  it('O3: refuses a name it does not know', () => {
    for (const name of ['FRESH_SECOND', 'fresh_seconds', 'RULE', 'KV', 'toString']) {
      expect(problemsOf({ [name]: 1 })).toEqual([
        expect.stringMatching(`^${name}: there is no such`),
      ]);
    }
    expect(problemsOf({ SESSIONS: {}, KRATOS: {}, ORIGIN: {} })).toEqual([]);
  });

  it('says all that is wrong at once', () => {
    const problems = problemsOf({
      FRESH_SECONDS: 0,
      RULE: [],
      PUBLIC_URL: 'x',
      RULES: [{ ...RULE, x: 1 }, {}],
    });
    const names = problems.map((problem) => problem.split(':', 1)[0]);
    expect(names.sort()).toEqual([
      'FRESH_SECONDS',
      'PUBLIC_URL',
      'RULE',
      'RULES.0.x',
      'RULES.1.path',
      'RULES.1.session',
    ]);
  });

  it('L1: never repeats a value, for a secret may stand in the wrong place', () => {
    const secret = 's3cr3t-canary';
    const places: unknown[] = [
      secret,
      [secret],
      { a: secret },
      [
        {
          path: secret,
          session: secret,
          methods: [secret],
          freshness: secret,
          cache_control: secret,
        },
      ],
      [{ ...RULE, path: `/(${secret})` }],
      [{ ...RULE, extra: secret }],
      { 'X-User': `${secret}/` },
      { 'X-User': [secret] },
      `{"X-User": "${secret}`,
      [secret, secret, secret, secret, `${secret};`],
    ];
    for (const name of Object.keys(REFUSED))
      for (const value of places)
        expect([name, problemsOf({ [name]: value }).join('\n')]).not.toEqual([
          name,
          expect.stringContaining(secret),
        ]);
  });
});
