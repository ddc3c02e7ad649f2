import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { coveringRules, findWitnesses } from '../../cli/checks/rule-witness.ts';
import { admit } from '../../src/http/admit.ts';
import { DEFAULT_METHODS } from '../../src/http/methods.ts';
import { PATH_FORMS, type PathForm } from '../../src/http/path-readings.ts';
import { SiteHosts } from '../../src/http/site-hosts.ts';
import { type RuleSettings, Rules } from '../../src/rules/rules.ts';
import { pathPattern } from '../support/path-pattern.ts';

const SITE = new SiteHosts('https://a.test', ['b.test']);
const NAMES = ['a', 'b', 'x', 'é'];

function rule(path: string, host?: string, methods?: string[]): RuleSettings {
  return {
    path: pathPattern(path),
    host: host === undefined ? undefined : SITE.read(host),
    methods,
    session: 'none',
    scopes: [],
    freshness: 'normal',
    preflight: [],
    forward_credentials: false,
    forwarded_headers: [],
    cache_control: 'no-store',
    cut_streams: false,
  };
}

const spaceFor = (forms: readonly PathForm[]) => ({
  hosts: SITE.authorities,
  methods: DEFAULT_METHODS,
  allowsEmptySegments: forms.includes('double_slash'),
});

/** The rules that come first for a request, one for each reading of its path; none for a refused request. */
function firstRules(
  rules: readonly RuleSettings[],
  forms: readonly PathForm[],
  request: { url: string; method: string },
) {
  const options = { hosts: SITE, allowedForms: new Set(forms) };
  const target = admit({ ...request, headers: new Headers() }, options);
  if (!target.ok) return undefined;
  return new Rules(rules).match(target.value).byReading.map((each) => each.rule.name);
}

const segment = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 3, arbitrary: fc.constant(':one') },
  { weight: 1, arbitrary: fc.constantFrom('', '%2e%2e', 'a%20b') },
);
const patterns = fc
  .tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.constantFrom('', '/', '/*'))
  .map(([segments, end]) => `/${segments.join('/')}${end}`)
  .map((path) => (path.endsWith('//') ? path.slice(0, -1) : path));
const aRule = fc
  .record({
    path: fc.oneof(
      { weight: 9, arbitrary: patterns },
      { weight: 1, arbitrary: fc.constantFrom('/*', '/', '/:one') },
    ),
    host: fc.option(fc.constantFrom('a.test', 'b.test'), { nil: undefined, freq: 2 }),
    methods: fc.option(fc.uniqueArray(fc.constantFrom('GET', 'POST', 'HEAD'), { minLength: 1 }), {
      nil: undefined,
      freq: 2,
    }),
  })
  .map(({ path, host, methods }) => rule(path, host, methods));
const someRules = fc.array(aRule, { minLength: 1, maxLength: 9 });
const someForms = fc.uniqueArray(fc.constantFrom(...PATH_FORMS));
const sent = fc.constantFrom(...NAMES, 'c', '', 'a;p', 'a%2Fb', 'x%3Fy', '%61', 'a%20b');
const request = fc.record({
  url: fc
    .tuple(
      fc.constantFrom('https://a.test', 'https://b.test'),
      fc.array(sent, { minLength: 1, maxLength: 6 }),
    )
    .map(
      ([origin, names]) =>
        `${origin}/${names.map((name) => (name === 'é' ? '%C3%A9' : name)).join('/')}`,
    ),
  method: fc.constantFrom('GET', 'HEAD', 'POST', 'PUT'),
});

const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 31);

describe('findWitnesses()', () => {
  it(`finds a request for each rule that comes first for some request, and for no other (SEED=${SEED})`, () => {
    let never = 0;
    let hits = 0;
    const property = fc.property(
      someRules,
      someForms,
      fc.array(request, { maxLength: 40 }),
      (rules, forms, requests) => {
        const reachable = new Set<string>();
        for (const [index] of rules.entries()) {
          const witnesses = [...findWitnesses(rules, index, spaceFor(forms))];
          const name = `RULES.${index}`;
          for (const { host, method, segments } of witnesses) {
            const url = `https://${host}/${segments.map(encodeURIComponent).join('/')}`;
            const first = firstRules(rules, forms, { url, method });
            if (first === undefined) continue; // no spelling of this path is admitted
            expect([url, method, first[0]]).toEqual([url, method, name]);
            reachable.add(name);
          }
          if (!reachable.has(name)) never += 1;
        }
        for (const each of requests) {
          for (const name of firstRules(rules, forms, each) ?? []) {
            if (name === 'default') continue;
            hits += 1;
            expect([each, reachable.has(name)]).toEqual([each, true]);
          }
        }
      },
    );
    fc.assert(property, { numRuns: Number(process.env.RUNS ?? 400), seed: SEED });
    expect(never).toBeGreaterThan(50);
    expect(hits).toBeGreaterThan(500);
  });

  it.each([
    [['/*', '/a'], [0]],
    [
      ['/a/:x', '/a/', '/a/:x/*', '/a/*'],
      [0, 1, 2],
    ],
    [['/:x/b', '/a/:y', '/a/b'], [0]],
    [['/a', '/a'], [0]],
    [['/a/*', '/b/*', '/a/b/c/*'], [0]],
  ])('knows that the last of %j never applies, and because of which', (paths, because) => {
    const rules = paths.map((path) => rule(path));
    const last = rules.length - 1;
    expect([...findWitnesses(rules, last, spaceFor([]))]).toEqual([]);
    expect(coveringRules(rules, last, spaceFor([]))).toEqual(because);
  });

  it.each([
    [
      ['/a/:x', '/a/:x/*', '/a/*'],
      ['a', ''],
    ],
    [['/a/*', '/a'], ['a']],
    [['/:x', '/'], ['']],
    [
      ['/a/b', '/:x/b', '/a/:x'],
      ['a', 'xx1'],
    ],
  ])('finds a path for the last of %j', (paths, segments) => {
    const rules = paths.map((path) => rule(path));
    const [first] = findWitnesses(rules, rules.length - 1, spaceFor([]));
    expect(first?.segments.length).toBe(segments.length);
    expect(first?.segments.at(-1) === '').toBe(segments.at(-1) === '');
  });

  it('tells hosts and methods apart', () => {
    const rules = [
      rule('/a', 'a.test'),
      rule('/a', undefined, ['GET', 'POST']),
      rule('/a', 'b.test', ['HEAD']),
      rule('/a'),
    ];
    const witnesses = (index: number) => [...findWitnesses(rules, index, spaceFor([]))];
    expect(witnesses(2)).toEqual([]);
    expect(witnesses(3)).toEqual([{ host: 'b.test', method: 'PUT', segments: ['a'] }]);
    expect(coveringRules(rules, 2, spaceFor([]))).toEqual([1]);
  });

  it('takes a short time for 200 rules with long paths', () => {
    const rules = Array.from({ length: 200 }, (_, index) =>
      rule(
        `/${Array.from({ length: 12 }, (__, place) => ((index >> (place % 7)) & 1 ? ':x' : `n${place}`)).join('/')}/*`,
      ),
    );
    const started = performance.now();
    for (const [index] of rules.entries())
      findWitnesses(rules, index, spaceFor(['double_slash'])).next();
    expect(performance.now() - started).toBeLessThan(5000);
  });
});
