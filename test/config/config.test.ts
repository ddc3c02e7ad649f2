import { describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../src/config/config.ts';
import { hasCondition } from '../../src/config/rule-settings.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { REFUSED, RULE } from './refused-settings.ts';

await loadConditionLanguage();

const REQUIRED = {
  PUBLIC_URL: 'https://app.example.test',
  KRATOS_PUBLIC_URL: 'https://kratos.example.test',
};
const BOUND = { REVOCATIONS: {} };

function problemsOf(settings: Readonly<Record<string, unknown>>): string[] {
  const config = readConfig({ ...REQUIRED, ...BOUND, ...settings });
  return config.ok ? [] : config.failure;
}

function configOf(settings: Readonly<Record<string, unknown>>): Config {
  const config = readConfig({ ...REQUIRED, ...BOUND, ...settings });
  if (!config.ok) throw new Error(config.failure.join('\n'));
  return config.value;
}

describe('readConfig()', () => {
  it('reads a place of the session with and without "session." in front', () => {
    const places = { 'X-A': 'session.identity.traits.email', 'X-B': 'identity.id' };
    const config = configOf({ IDENTITY_HEADERS: places, ASSERTION_CLAIMS: { a: 'session.id' } });
    expect(config.IDENTITY_HEADERS).toEqual({
      'X-A': 'identity.traits.email',
      'X-B': 'identity.id',
    });
    expect(config.ASSERTION_CLAIMS).toEqual({ a: 'id' });
  });

  it('needs two settings, and has strict defaults for all others', () => {
    expect(configOf({})).toEqual({
      PUBLIC_URL: REQUIRED.PUBLIC_URL,
      KRATOS: {
        publicUrl: REQUIRED.KRATOS_PUBLIC_URL,
        baseUrl: REQUIRED.KRATOS_PUBLIC_URL,
        browserUrl: REQUIRED.KRATOS_PUBLIC_URL,
        issuer: `${REQUIRED.KRATOS_PUBLIC_URL}/`,
      },
      SELF_SERVICE: false,
      SIGN_IN_ENDS_SESSIONS: false,
      SIGN_OUT_CLEAR_SITE_DATA: [],
      SERVER_TIMING: false,
      VERIFY_SAMPLE: 1000,
      VERIFY_MAX_PER_SECOND: 1,
      ALLOWED_ORIGINS: [],
      LOGIN_URL: `${REQUIRED.KRATOS_PUBLIC_URL}/self-service/login/browser`,
      SESSION_COOKIE_NAMES: ['ory_kratos_session'],
      TOKEN_COOKIE_NAMES: [],
      ISSUERS: [],
      CLIENT_SECRETS: {},
      KEYS_TIMEOUT_MS: 5000,
      FRESH_SECONDS: 30,
      STALE_WHILE_REVALIDATE_SECONDS: 30,
      STALE_IF_ERROR_SECONDS: 300,
      REVOCATION: 'log',
      REVOCATION_LAG_SECONDS: 5,
      REVOCATION_MAX_MARKS: 100_000,
      WEBHOOK_SECRETS: [],
      WEBHOOK_API_KEYS: [],
      MEMORY_MAX_ENTRIES: 10_000,
      MEMORY_MAX_BYTES: 33_554_432,
      LOCATION_TIER: true,
      KV_WRITE_AFTER_SECONDS: 600,
      KV_WRITE_INTERVAL_SECONDS: undefined,
      KV_READ_TIMEOUT_MS: 100,
      STORE_TIMEOUT_MS: 5000,
      ORIGIN_TIMEOUT_MS: 30_000,
      HOSTS: [],
      ORIGINS: new Map(),
      RULES: [],
      FURTHER_METHODS: [],
      ALLOWED_PATH_FORMS: [],
      IDENTITY_PRESETS: [],
      IDENTITY_HEADERS_MAX_BYTES: 4096,
      FORWARDED_HEADERS: [],
      ASSERTION_CLAIMS: {},
      IDENTITY_HEADERS: { 'X-User-Id': 'identity.id' },
      DECISION_LOG: 'all',
    });
    expect(Object.isFrozen(configOf({}))).toBe(true);
  });

  it('reads numbers, lists and tables as values or as text', () => {
    const typed = {
      FRESH_SECONDS: 10,
      SESSION_COOKIE_NAMES: ['a', 'b'],
      RULES: [RULE],
      IDENTITY_HEADERS: { 'X-Id': 'id' },
    };
    const texts = Object.entries(typed).map(([name, value]) => [name, JSON.stringify(value)]);
    expect(configOf(Object.fromEntries(texts))).toEqual(configOf(typed));
  });

  it('P27, P30: reads the site’s addresses in any spelling and normalizes them', () => {
    const { PUBLIC_URL, ALLOWED_ORIGINS, RULES } = configOf({
      PUBLIC_URL: 'https://APP.example.com.:443/',
      HOSTS: ['Admin.example.com.:443', 'dev.example.com:08443'],
      ALLOWED_ORIGINS: ['https://SPA.example.com:443/'],
      RULES: [
        { host: 'app.example.com:443', path: '/*', session: 'required' },
        { host: 'ADMIN.example.com', path: '/*', session: 'required' },
        { host: 'dev.example.com:8443', path: '/*', session: 'required' },
        { path: '/*', session: 'none' },
      ],
    });
    expect(PUBLIC_URL).toBe('https://app.example.com');
    expect(ALLOWED_ORIGINS).toEqual(['https://spa.example.com']);
    expect(RULES.map(({ host }) => host)).toEqual([
      'app.example.com',
      'admin.example.com',
      'dev.example.com:8443',
      undefined,
    ]);
  });

  it('accepts http on loopback, and drops the slash at the end of an address', () => {
    for (const host of ['localhost:4433', '127.0.0.1:1', '[::1]:1'])
      expect(configOf({ KRATOS_PUBLIC_URL: `http://${host}/` }).KRATOS?.publicUrl).toBe(
        `http://${host}`,
      );
    expect(configOf({ KRATOS_PUBLIC_URL: 'https://a/b/' }).KRATOS?.publicUrl).toBe('https://a/b');
  });

  it('derives the default addresses from the configured ones', () => {
    const { LOGIN_URL, KRATOS } = configOf({ KRATOS_BROWSER_URL: 'https://b/k' });
    expect([LOGIN_URL, KRATOS?.browserUrl]).toEqual([
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

  it('control: the tests above name every setting', () => {
    const names = Object.values(SETTINGS).flatMap((settings) => Object.keys(settings));
    expect(names.filter((name) => !Object.hasOwn(REFUSED, name))).toEqual([]);
  });

  it.each(['ALLOWED_ORIGINS', 'HOSTS', 'SESSION_COOKIE_NAMES', 'FORWARDED_HEADERS'])(
    '%s: the error states the length of the refused text as it was given',
    (name) => {
      expect(problemsOf({ [name]: ['[no]'] })).toEqual([
        expect.stringMatching(/^\w+\.0: .*; got text of 4 characters\.$/),
      ]);
    },
  );

  it.each(['ADMIN_SECRETS', 'FORWARD_AUTH_SECRETS', 'WEBHOOK_SECRETS', 'WEBHOOK_API_KEYS'])(
    '%s: the error shows the syntax of a list if the secret is plain text',
    (name) => {
      expect(problemsOf({ [name]: 'a'.repeat(64) })).toEqual([
        expect.stringContaining('as ["…"]; got text of 64 characters.'),
      ]);
    },
  );

  it('refuses a header budget that is too small for the ids', () => {
    const names = Array.from({ length: 20 }, (_, index) => [`X-Id-${index}`, 'identity.id']);
    expect(problemsOf({ IDENTITY_HEADERS: Object.fromEntries(names) })).toEqual([
      expect.stringMatching(/^IDENTITY_HEADERS_MAX_BYTES: expected at least 53\d\d/),
    ]);
  });

  it('refuses a service account that no caller could use', () => {
    const account = {
      KEYCARD_API_URL: 'https://api.keycard.ai',
      KEYCARD_ZONES: ['zone-1'],
      KEYCARD_CLIENT_ID: 'client-1',
      KEYCARD_CLIENT_SECRET: 'secret-1',
    };
    expect(problemsOf(account)).toEqual([
      expect.stringMatching(/^KEYCARD_CLIENT_ID: expected a guard .*ADMIN_SECRETS.*got none/),
    ]);
    const secret = 'correct-horse-battery-staple-0123456789';
    const team = 'https://team.cloudflareaccess.com';
    for (const guard of [
      { ADMIN_SECRETS: [secret] },
      { ACCESS_TEAM_DOMAIN: team, ACCESS_AUDIENCE: ['aud-1'] },
    ]) {
      expect(problemsOf({ ...account, ...guard })).toEqual([]);
    }
  });

  describe('without KRATOS_PUBLIC_URL', () => {
    const issuer = {
      issuer: 'https://zone-1.keycard.cloud',
      preset: 'keycard',
      audience: 'https://app.example.test',
      algorithms: ['RS256'],
      discovery: true,
    };
    const alone = { KRATOS_PUBLIC_URL: undefined, ISSUERS: [issuer] };
    const api = { KEYCARD_API_URL: 'https://api.keycard.ai', KEYCARD_ZONES: ['zone-1'] };

    it('has no session store, no session cookie and no sign-in page of its own', () => {
      const { KRATOS, SESSION_COOKIE_NAMES, LOGIN_URL } = configOf(alone);
      expect([KRATOS, SESSION_COOKIE_NAMES, LOGIN_URL]).toEqual([undefined, [], undefined]);
      expect(configOf({ ...alone, LOGIN_URL: 'https://l/in' }).LOGIN_URL).toBe('https://l/in');
      expect(configOf({ ...alone, ISSUERS: JSON.stringify([issuer]) }).KRATOS).toBe(undefined);
      expect(configOf({ ...alone, ...api, ISSUERS: undefined }).KRATOS).toBe(undefined);
      const cookies = { TOKEN_COOKIE_NAMES: ['ory_kratos_session'] };
      expect(problemsOf({ ...alone, ...cookies })).toEqual([]);
    });

    it.each([[[]], ['[]'], [undefined]])(
      'is refused with ISSUERS = %j and no KEYCARD_API_URL',
      (issuers) => {
        expect(problemsOf({ KRATOS_PUBLIC_URL: undefined, ISSUERS: issuers })).toEqual([
          expect.stringMatching(
            /^KRATOS_PUBLIC_URL: expected .*, or .*an issuer in ISSUERS, or KEYCARD_API_URL; got nothing\.$/,
          ),
        ]);
      },
    );

    it.each([
      ['KRATOS_BROWSER_URL', 'https://auth.example.test'],
      ['KRATOS_ADMIN_URL', 'https://admin.example.test'],
      ['SELF_SERVICE', true],
      ['SIGN_IN_ENDS_SESSIONS', true],
    ])('refuses %s, which promises something of Kratos', (name, value) => {
      expect(problemsOf({ ...alone, [name]: value })).toEqual([
        `KRATOS_PUBLIC_URL: expected a value, ${name} needs it; got nothing.`,
      ]);
      if (value === true) expect(problemsOf({ ...alone, [name]: false })).toEqual([]);
    });
  });

  it('combines presets with configured headers, which come first', () => {
    const { IDENTITY_HEADERS } = configOf({
      IDENTITY_PRESETS: ['remote-user', 'x-auth-request'],
      IDENTITY_HEADERS: {
        'remote-user': 'identity.traits.email',
        'X-Plan': 'identity.metadata_public.plan',
      },
    });
    expect(IDENTITY_HEADERS).toMatchObject({
      'remote-user': 'identity.traits.email',
      'Remote-Groups': 'identity.metadata_public.groups',
      'X-Auth-Request-Email': 'identity.traits.email',
      'X-Plan': 'identity.metadata_public.plan',
    });
    expect(IDENTITY_HEADERS).not.toHaveProperty('Remote-User');
    expect(configOf({ IDENTITY_PRESETS: ['kratos'] }).IDENTITY_HEADERS).not.toHaveProperty(
      'X-User-Id',
    );
  });

  it('O3: refuses a misspelt name, and says which one was meant', () => {
    const misspelt: Record<string, [unknown, string]> = {
      FRESH_SECOND: [5, 'FRESH_SECONDS'],
      FRSEH_SECONDS: ['5', 'FRESH_SECONDS'],
      fresh_seconds: [5, 'FRESH_SECONDS'],
      'FRESH-SECONDS': [5, 'FRESH_SECONDS'],
      RULE: [[], 'RULES'],
      RULSE: ['[]', 'RULES'],
      PUBLIC_URI: ['https://app.example.com', 'PUBLIC_URL'],
      LOGIN_URLS: ['https://app.example.com/login', 'LOGIN_URL'],
      WEBHOOK_SECRET: ['["0123456789abcdef0123456789abcdef"]', 'WEBHOOK_SECRETS'],
      SELF_SERVIVE: [true, 'SELF_SERVICE'],
      KRATSO: [{}, 'KRATOS'],
    };
    for (const [name, [value, meant]] of Object.entries(misspelt)) {
      expect(problemsOf({ [name]: value })).toEqual([
        expect.stringMatching(`^${name}: there is no such.*Did you mean "${meant}"`),
      ]);
    }
    expect(problemsOf({ SESSIONS: {}, KRATOS: {}, ORIGIN: {} })).toEqual([]);
  });

  it('reports all mistakes at once', () => {
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

  it('L1: never prints a value, because a secret may be in the wrong place', () => {
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

describe('hasCondition()', () => {
  it.each([
    ['a table', [{ path: '/a', session: 'required', allow: 'true' }]],
    ['JSON text', '[{"path":"/a","session":"required","allow":"true"}]'],
    ['a condition beside values that are no rules', [1, null, 'allow', { allow: 'session.' }]],
    ['a condition in a rule that is refused', [{ allow: '' }]],
  ])('is true for %s', (_, rules) => expect(hasCondition(rules)).toBe(true));

  it.each([
    ['a missing setting', undefined],
    ['no rules', []],
    ['rules without one', [{ path: '/allow', session: 'none' }, { allow: undefined }]],
    ['a value that is no list', { allow: 'true' }],
    ['text that is no JSON', '[{"allow":"true"'],
    ['a condition of another type, which the schema refuses unread', [{ allow: 1 }]],
  ])('is false for %s', (_, rules) => expect(hasCondition(rules)).toBe(false));
});
