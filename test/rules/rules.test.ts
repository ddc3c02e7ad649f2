import { describe, expect, it } from 'vitest';
import { plainReading } from '../../src/http/path-readings.ts';
import { compileCondition, loadConditionLanguage } from '../../src/rules/compile-condition.ts';
import { Rules } from '../../src/rules/rules.ts';
import { authority } from '../support/authority.ts';
import { pathPattern } from '../support/path-pattern.ts';

await loadConditionLanguage();

function condition(source: string) {
  const compiled = compileCondition(source);
  if (!compiled.ok) throw new Error(compiled.failure);
  return compiled.value;
}

const DEFAULTS = {
  freshness: 'normal' as const,
  cache_control: 'no-store' as const,
  preflight: [],
  forwarded_headers: [],
  forward_credentials: false,
  cut_streams: false,
  scopes: [],
};
const readings = (first: string, ...others: string[]) =>
  [plainReading(first), ...others.map(plainReading)] as const;
const target = (path: string, method = 'GET') => ({
  method,
  host: authority('app.example.test'),
  path,
  decodedPath: path,
  readings: [plainReading(path)] as const,
  search: '?public',
});

describe('Rules', () => {
  const rules = new Rules([
    { ...DEFAULTS, path: pathPattern('/a/b'), session: 'optional' },
    {
      ...DEFAULTS,
      path: pathPattern('/a/*'),
      session: 'none',
      methods: ['GET', 'HEAD'],
      cache_control: 'origin',
    },
    { ...DEFAULTS, path: pathPattern('/a/*'), session: 'required', freshness: 'strict' },
  ]);

  it('returns the first rule that matches path and method', () => {
    expect(rules.match(target('/a/b')).rule).toMatchObject({
      name: 'RULES.0',
      session: 'optional',
    });
    expect(rules.match(target('/a/c')).rule).toMatchObject({
      name: 'RULES.1',
      cacheControl: 'origin',
    });
    expect(rules.match(target('/a/c', 'POST')).rule).toMatchObject({
      name: 'RULES.2',
      freshness: 'strict',
    });
    expect(rules.match(target('/a/c', 'get')).rule).toMatchObject({ name: 'RULES.2' });
  });

  it('requires a session if no rule matches', () => {
    const required = { name: 'default', session: 'required', cacheControl: 'no-store' };
    for (const path of ['/', '/a', '/A/b', '/b'])
      expect(rules.match(target(path)).rule).toMatchObject(required);
    expect(new Rules([]).match(target('/')).rule).toMatchObject(required);
  });

  it('applies the rules of every reading of a path, and reports each', () => {
    const two = { ...target('/a%2Fb'), readings: readings('/a%2Fb', '/a/b', '/a/c') };
    const { rule, byReading } = rules.match(two);
    expect(rule).toMatchObject({ session: 'required', cacheControl: 'no-store' });
    expect(byReading.map((each) => each.rule.name)).toEqual(['default', 'RULES.0', 'RULES.1']);
  });

  it('combines rules so that a session that satisfies the result satisfies each', () => {
    const [a, b] = [
      {
        aal: 'aal1',
        authenticated_within: 60_000,
        allow: condition('session.active'),
        preflight: ['https://a.example', 'https://b.example'],
        forward_credentials: true,
        cut_streams: true,
        scopes: ['read', 'write'],
      },
      {
        aal: 'aal2',
        allow: condition('session.n == 1'),
        preflight: ['https://b.example'],
        freshness: 'strict',
        scopes: ['write', 'admin'],
      },
    ] as const;
    const strict = new Rules([
      {
        ...DEFAULTS,
        ...a,
        preflight: [...a.preflight],
        path: pathPattern('/x'),
        session: 'required',
      },
      {
        ...DEFAULTS,
        ...b,
        preflight: [...b.preflight],
        path: pathPattern('/y'),
        session: 'required',
      },
    ]);
    for (const both of [readings('/x', '/y'), readings('/y', '/x')]) {
      const { rule } = strict.match({ ...target('/x'), readings: both });
      expect(rule).toMatchObject({
        aal: 'aal2',
        authenticatedWithinMs: 60_000,
        freshness: 'strict',
        forwardsCredentials: false,
        forwardedHeaders: new Set<string>(),
        cutsStreams: true,
        scopes: new Set(['read', 'write', 'admin']),
      });
      expect([...rule.crossOrigins]).toEqual(['https://b.example']);
      expect(rule.conditions.map(({ source }) => source).sort()).toEqual([
        'session.active',
        'session.n == 1',
      ]);
    }
  });

  it('combines two times of sign-in to the shorter one', () => {
    const within = (path: string, authenticated_within?: number) => ({
      ...DEFAULTS,
      path: pathPattern(path),
      session: 'required' as const,
      ...(authenticated_within !== undefined && { authenticated_within }),
    });
    const timed = new Rules([within('/1', 60_000), within('/2', 120_000), within('/none')]);
    const combined = (...both: [string, string]) =>
      timed.match({ ...target('/'), readings: readings(...both) }).rule.authenticatedWithinMs;
    expect(combined('/1', '/2')).toBe(60_000);
    expect(combined('/2', '/1')).toBe(60_000);
    expect(combined('/2', '/none')).toBe(120_000);
    expect(combined('/none', '/2')).toBe(120_000);
    expect(combined('/none', '/none')).toBeUndefined();
  });

  it('scopesBelow() has the scopes of the rules at a path and below it', () => {
    const scoped = new Rules(
      [
        ['/mcp', 'a'],
        ['/mcp/*', 'b'],
        ['/mcp/x/y', 'c'],
        ['/:any', 'd'],
        ['/*', 'e'],
        ['/mcp2/*', 'f'],
        ['/m%63p', 'g'],
      ].map(([path = '', scope = '']) => ({
        ...DEFAULTS,
        path: pathPattern(path),
        session: 'required' as const,
        scopes: [scope],
      })),
    );
    const at = (path: string) => [...scoped.scopesBelow(authority('app.example.test'), path)];
    expect(at('')).toEqual(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
    expect(at('/mcp')).toEqual(['a', 'b', 'c', 'd', 'e', 'g']);
    expect(at('/mc%70/x')).toEqual(['b', 'c', 'e']);
    expect(at('/other')).toEqual(['d', 'e']);
    expect(at('/%zz')).toEqual(['d', 'e']);
  });
});

describe('the memory of matches', () => {
  const rules = new Rules([
    { ...DEFAULTS, path: pathPattern('/a'), methods: ['GET'], session: 'none' },
    {
      ...DEFAULTS,
      path: pathPattern('/a'),
      host: authority('b.example.test'),
      session: 'optional',
    },
  ]);

  it('keeps hosts, methods and readings of one path apart', () => {
    const there = { ...target('/a'), host: authority('b.example.test') };
    const several = { ...target('/a'), readings: readings('/a', '/c') };
    for (let turn = 0; turn < 2; turn += 1) {
      expect(rules.match(target('/a')).rule.session).toBe('none');
      expect(rules.match(target('/a', 'POST')).rule.session).toBe('required');
      expect(rules.match({ ...there, method: 'POST' }).rule.session).toBe('optional');
      expect(rules.match(several).rule.session).toBe('required');
    }
  });

  // V8 keeps the URL of which a kept path is a part.
  it('is limited by the length of whole URLs', () => {
    const first = rules.match(target('/a'));
    expect(rules.match(target('/a'))).toBe(first);
    for (let index = 0; index < 5; index += 1) {
      rules.match({ ...target(`/${index}`), search: `?${'q'.repeat(16_000)}` });
    }
    expect(rules.match(target('/a'))).not.toBe(first);
  });
});
