import { describe, expect, it } from 'vitest';
import { Rules } from '../../src/gate/rules.ts';

const DEFAULTS = { freshness: 'normal', cache_control: 'no-store' } as const;
const target = (path: string, method = 'GET') => ({
  method,
  host: 'app.example.test',
  path,
  decodedPath: path,
  search: '?public',
});

describe('Rules', () => {
  const rules = new Rules([
    { ...DEFAULTS, path: '/a/b', session: 'optional' },
    {
      ...DEFAULTS,
      path: '/a/*',
      session: 'none',
      methods: ['GET', 'HEAD'],
      cache_control: 'origin',
    },
    { ...DEFAULTS, path: '/a/*', session: 'required', freshness: 'strict' },
  ]);

  it('gives the first that matches path and method', () => {
    expect(rules.match(target('/a/b'))).toMatchObject({ name: 'RULES.0', session: 'optional' });
    expect(rules.match(target('/a/c'))).toMatchObject({ name: 'RULES.1', cacheControl: 'origin' });
    expect(rules.match(target('/a/c', 'POST'))).toMatchObject({
      name: 'RULES.2',
      freshness: 'strict',
    });
    expect(rules.match(target('/a/c', 'get'))).toMatchObject({ name: 'RULES.2' });
  });

  it('requires a session where none matches', () => {
    const required = { name: 'default', session: 'required', cacheControl: 'no-store' };
    for (const path of ['/', '/a', '/A/b', '/b'])
      expect(rules.match(target(path))).toMatchObject(required);
    expect(new Rules([]).match(target('/'))).toMatchObject(required);
  });
});
