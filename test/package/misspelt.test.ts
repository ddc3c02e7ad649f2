import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { postern, requireSession } from '../../src/package/hono.ts';
import { createTestSessions } from '../../src/package/testing.ts';

const RULES = [{ path: '/open/*', session: 'none' }] as const;
const people = await createTestSessions({ settings: { RULES } });

describe('a misspelt word', () => {
  it('is refused in a requirement, also in one that types do not check', async () => {
    const spelledAsInRules: object = { authenticated_within: '15m' };
    const app = new Hono()
      .use(postern(people.options))
      .get('/x', requireSession(spelledAsInRules), (c) => c.text('x'));
    const old = people.signedIn({ authenticatedAt: new Date(Date.now() - 3_600_000) }, '/x');
    expect((await app.fetch(old)).status).toBe(500);
  });

  it('cannot turn a required session into none', async () => {
    const none: object = { session: 'none' };
    const app = new Hono()
      .use(postern(people.options))
      .get('/open/x', requireSession(none), (c) => c.text('x'));
    expect((await app.request('https://app.example.com/open/x')).status).toBe(401);
  });

  it.each(['setings', 'RULES', 'binding'])('is refused in the options: %s', async (name) => {
    const options = { ...people.options, [name]: [] };
    const app = new Hono().use(postern(options)).get('/x', (c) => c.text('x'));
    expect((await app.fetch(people.signedIn({}, '/x'))).status).toBe(500);
  });

  it.each(['RULEZ', 'Rules', 'rules', 'RULE', 'RULES_'])(
    'is refused in the environment: %s',
    async (name) => {
      const { settings, bindings } = people.options;
      const { RULES: rules, ...others } = settings ?? {};
      const app = new Hono().use(postern()).get('/x', (c) => c.text('x'));
      const env = { ...others, ...bindings, [name]: rules };
      expect((await app.fetch(people.signedIn({}, '/x'), env)).status).toBe(500);
      const right = { ...others, ...bindings, RULES: rules, GREETING: 'x' };
      expect((await app.fetch(people.signedIn({}, '/x'), right)).status).toBe(200);
    },
  );
});
