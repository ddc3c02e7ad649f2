import { describe, expect, it } from 'vitest';
import { compileCondition } from '../../src/rules/condition-language.ts';

const SESSION = {
  active: true,
  n: 3,
  list: [
    { n: 1, name: 'one' },
    { n: 2, name: 'two' },
  ],
  at: '2026-01-01T00:00:00Z',
  identity: {
    traits: { email: 'ann@example.com', huge: 'a'.repeat(30) },
    metadata_public: { roles: ['user', 'admin'] },
  },
};

function outcome(source: string, session = SESSION) {
  const compiled = compileCondition(source);
  return compiled.ok ? compiled.value.evaluate(session) : compiled.failure;
}

describe('compileCondition()', () => {
  it.each([
    'session.identity.traits.email.endsWith("@example.com") && "admin" in session.identity.metadata_public.roles',
    'session.identity.metadata_public.roles.exists(role, role == "admin")',
    'session.n == 3 && session.n > 2.5 && session.active',
    'has(session.identity.traits.email) && !has(session.identity.traits.phone)',
    'timestamp(session.at) < timestamp("2026-06-01T00:00:00Z")',
    'session.missing == 1 || session.n == 3',
    'session.list.filter(x, x.n > 1)[0].name == "two"',
    'session.list.map(x, x.name)[0] == "one"',
    '[session.identity.traits][0].email == "ann@example.com"',
    '{"a": session.identity}.a.traits.email == "ann@example.com"',
    'session.list[1].name == "two"',
    'session["identity"]["traits"].email == "ann@example.com"',
  ])('holds: %s', (source) => {
    expect(outcome(source)).toEqual({ kind: 'met' });
  });

  it.each([
    'session.n == 4',
    'has(session.missing) && session.missing',
    '"root" in session.identity.metadata_public.roles',
  ])('does not hold: %s', (source) => {
    expect(outcome(source)).toEqual({ kind: 'not-met' });
  });

  it.each([
    ['session.missing == 1', 'no_such_key at "session.missing"'],
    ['session.constructor == 1', 'no_such_key at "session.constructor"'],
    ['session.identity.__proto__ == 1', 'no_such_key at "session.identity.__proto__"'],
    ['session.n', 'not_a_boolean'],
  ])('fails if it cannot be evaluated: %s', (source, detail) => {
    expect(outcome(source)).toEqual({ kind: 'failed', detail });
  });

  it('never lets a value of the session into the log', () => {
    const told = outcome('timestamp(session.identity.traits.email) < timestamp(session.at)');
    expect(JSON.stringify(told)).not.toContain('ann@example.com');
    expect(told).toMatchObject({ kind: 'failed' });
  });

  // The error comes from the engine and not from the language: comparing this number of levels exhausts the stack.
  it('reports that a condition could not be evaluated if the engine fails', () => {
    const nested = () => JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    const deep = { ...SESSION, a: nested(), b: nested() };
    expect(outcome('session.a == session.b', deep)).toEqual({
      kind: 'failed',
      detail: 'evaluation_error',
    });
  });

  it.each([
    ['1 +', /^is not CEL/],
    ['sesion.n == 3', /Unknown variable: sesion/],
    ['"admin"', /must be true or false, not a string/],
    ['session.at.matches("(a+)+$")', /may not use matches/],
    ['session.a.all(x, session.a.all(y, x == y))', /inside another/],
    [`session.n == ${'1 + '.repeat(300)}1`, /^is not CEL/],
    [`${'('.repeat(60)}true${')'.repeat(60)}`, /^is not CEL/],
    [Array.from({ length: 5 }, () => 'session.a.all(x, x)').join(' && '), /at most 4/],
    ['nothing(session)', /does not check/],
  ])('refuses %s', (source, expected) => {
    expect(outcome(source)).toMatch(expected);
  });

  it('is fast for the longest list that a session can hold', () => {
    const roles = Array.from({ length: 60_000 }, (_, index) => `role-${index}`);
    const session = { ...SESSION, identity: { ...SESSION.identity, metadata_public: { roles } } };
    const startedAt = performance.now();
    const source = Array.from(
      { length: 4 },
      () => '!session.identity.metadata_public.roles.exists(r, r == "admin")',
    ).join(' && ');
    expect(outcome(source, session)).toEqual({ kind: 'met' });
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });
});
