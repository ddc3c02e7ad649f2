import { describe, expect, it } from 'vitest';
import { type Config, readConfig } from '../../src/config/config.ts';
import { plainReading } from '../../src/http/path-readings.ts';
import { Rules } from '../../src/rules/rules.ts';
import { authority } from '../support/authority.ts';

/** A configuration with every setting in it, and rules of every kind. */
const WHOLE: Readonly<Record<string, unknown>> = {
  PUBLIC_URL: 'https://app.example.test',
  KRATOS_PUBLIC_URL: 'https://kratos.example.test',
  KRATOS_BROWSER_URL: 'https://auth.example.test',
  LOGIN_URL: 'https://auth.example.test/login',
  ORIGIN_URL: 'https://origin.example.test',
  SESSION_COOKIE_NAMES: ['ory_kratos_session'],
  FRESH_SECONDS: 30,
  STALE_WHILE_REVALIDATE_SECONDS: 30,
  STALE_IF_ERROR_SECONDS: 300,
  MEMORY_MAX_ENTRIES: 100,
  MEMORY_MAX_BYTES: 100_000,
  KV_WRITE_INTERVAL_SECONDS: 300,
  KV_READ_TIMEOUT_MS: 100,
  STORE_TIMEOUT_MS: 5000,
  ORIGIN_TIMEOUT_MS: 5000,
  RULES: [
    { path: '/a/:id/public', session: 'none' },
    { path: '/b/*', session: 'none', methods: ['GET'], cache_control: 'origin' },
    { path: '/c/*', session: 'optional' },
    { path: '/d', session: 'required', freshness: 'strict' },
  ],
  IDENTITY_HEADERS: { 'X-User-Id': 'identity.id' },
  DECISION_LOG: 'all',
};
const PATHS = [
  '/',
  '/a/1/public',
  '/a/1',
  '/b/',
  '/b/x',
  '/b',
  '/c/x',
  '/c',
  '/d',
  '/d/',
  '/public/x',
  '/*',
  '/x',
];
const METHODS = ['GET', 'HEAD', 'POST', 'OPTIONS'];
const STRICTNESS = { none: 0, optional: 1, required: 2 };

/** Values that a hand, a template or a broken pipeline puts in a setting's place. */
const SPOILT: readonly unknown[] = [
  ...[
    '',
    ' ',
    '*',
    '/*',
    'true',
    'false',
    'none',
    'null',
    'undefined',
    '0',
    '-1',
    '{}',
    '[]',
    '[{}]',
    '$VALUE',
  ],
  ...[
    '[{"path":"/*"}]',
    '[{"session":"none"}]',
    '[{"path":"*","session":"none"}]',
    'http://evil.example',
  ],
  ...[
    null,
    true,
    false,
    0,
    -1,
    Number.POSITIVE_INFINITY,
    Number.NaN,
    {},
    [],
    [null],
    [''],
    ['*'],
    { path: '/*' },
  ],
];

const read = (settings: Readonly<Record<string, unknown>>) =>
  readConfig({ REVOCATIONS: {}, ...settings });

function strictness({ RULES }: Config): number[] {
  const rules = new Rules(RULES);
  return PATHS.flatMap((path) =>
    METHODS.map((method) => {
      const target = {
        method,
        host: authority('a'),
        path,
        decodedPath: path,
        readings: [plainReading(path)] as const,
        search: '',
      };
      return STRICTNESS[rules.match(target).rule.session];
    }),
  );
}

/** Refused, or as strict on every path as before. */
function expectNotLooser(mutant: Readonly<Record<string, unknown>>, name: string): void {
  const config = read(mutant);
  if (!config.ok) return;
  const whole = read(WHOLE);
  if (!whole.ok) throw new Error('the configuration under test is wrong itself');
  const before = strictness(whole.value);
  const looser = strictness(config.value).filter((rank, index) => rank < (before[index] ?? 0));
  expect([name, looser]).toEqual([name, []]);
}

const without = (name: string) =>
  Object.fromEntries(Object.entries(WHOLE).filter(([key]) => key !== name));

describe('O1: a broken configuration never opens more paths', () => {
  it('control: the configuration is valid, and has paths of every strictness', () => {
    const whole = read(WHOLE);
    expect(whole.ok && new Set(strictness(whole.value))).toEqual(new Set([0, 1, 2]));
  });

  it.each(Object.keys(WHOLE))('with %s missing, misspelt, emptied or overwritten', (name) => {
    expectNotLooser(without(name), `${name} left out`);
    for (const misspelt of [`${name}S`, name.slice(0, -1), name.toLowerCase(), ` ${name}`]) {
      const config = read({ ...without(name), [misspelt]: WHOLE[name] });
      expect([misspelt, config.ok]).toEqual([misspelt, false]);
    }
    for (const value of SPOILT) expectNotLooser({ ...WHOLE, [name]: value }, `${name} = ${value}`);
  });

  it('with a misspelt or damaged member of a rule', () => {
    const rules = WHOLE.RULES as Record<string, unknown>[]; // as written above
    for (const [index, rule] of rules.entries()) {
      for (const member of Object.keys(rule)) {
        const { [member]: value, ...others } = rule;
        const misspelt = rules.with(index, { ...others, [`${member}s`]: value });
        expect([member, read({ ...WHOLE, RULES: misspelt }).ok]).toEqual([member, false]);
        for (const spoilt of SPOILT.filter((one) => one !== 'none' && one !== '/*'))
          expectNotLooser(
            { ...WHOLE, RULES: rules.with(index, { ...rule, [member]: spoilt }) },
            `RULES.${index}.${member} = ${spoilt}`,
          );
      }
    }
  });

  it('with a rule that lacks its path or session', () => {
    const rules = WHOLE.RULES as Record<string, unknown>[]; // as written above
    for (const [index, { path, session, ...others }] of rules.entries()) {
      for (const rest of [
        { path, ...others },
        { session, ...others },
      ])
        expect(read({ ...WHOLE, RULES: rules.with(index, rest) }).ok).toBe(false);
    }
  });
});
