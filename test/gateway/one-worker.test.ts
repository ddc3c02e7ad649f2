import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { bundleText } from '../support/bundle-worker.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';

const gate = await gateForAllTests({
  gateScript: await bundleText(documentedWorker()),
  durableObjects: { REVOCATIONS: 'RevocationLog' },
  bindings: { ORIGIN: { type: 'worker', worker: 'gate-0', exportName: 'Site' } },
  vars: {
    IDENTITY_HEADERS: { 'X-User-Id': 'identity.id' },
    RULES: [
      { path: '/members', session: 'required', allow: 'session.identity.traits.plan == "pro"' },
    ],
  },
});

/** The Worker that the page shows. */
function documentedWorker(): string {
  const page = readFileSync(inRepository('docs/deployment.md'), 'utf8');
  const code = /^```ts\n([\s\S]+?)^```$/m.exec(page)?.[1];
  if (code === undefined) throw new Error('docs/deployment.md shows no Worker');
  return code;
}

it('a site in the gate’s own Worker is called for signed-in users and gets their identity', async () => {
  const { cookie, session } = await gate.kratos.createSession();
  const answer = await get(gate.port, '/account', { Cookie: cookie, 'X-User-Id': 'mallory' });
  expect([answer.status, answer.text]).toEqual([200, `Hello ${session.identity.id}`]);
  expect(header(answer, 'cache-status')).toContain('postern; ');
});

it('anonymous requests do not reach it, by any spelling of a path', async () => {
  for (const target of [
    '/account',
    '/account/',
    '/./account',
    '//account',
    '/%61ccount',
    '/Account',
  ]) {
    const answer = await get(gate.port, target, { 'X-User-Id': 'mallory' });
    expect([400, 401]).toContain(answer.status);
    expect(answer.text).not.toContain('Hello');
  }
});

it('whoami and the revocation log belong to the gate', async () => {
  const { cookie } = await gate.kratos.createSession();
  expect((await get(gate.port, '/sessions/whoami', { Cookie: cookie })).status).toBe(200);
  const ready = await get(gate.port, '/.postern/health/ready');
  expect([ready.status, JSON.parse(ready.text)]).toEqual([200, expect.anything()]);
});

it('a condition is evaluated by the language that the site’s bundler put into the same module', async () => {
  const statuses = [];
  for (const plan of ['pro', 'free']) {
    const { cookie } = await gate.kratos.createSession({
      traits: { email: `${plan}@a.example`, plan },
    });
    statuses.push((await get(gate.port, '/members', { Cookie: cookie })).status);
  }
  expect(statuses).toEqual([404, 403]); // the site has no such page, and is asked only by who may
});
