import { describe, expect, it } from 'vitest';
import { parseToml } from '../../cli/wrangler/positioned-document.ts';
import { codeOf, readPage } from '../docs/pages.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { Vars } from '../support/gate-options.ts';
import { header, request } from '../support/raw-http.ts';

const APP = 'app.example.com';
type Outcome = 'passes' | 'stopped';
type Row = readonly [who: keyof typeof SESSIONS, host: string, path: string, outcome: Outcome];

/** People with the properties that the examples of the neighbours name. */
const SESSIONS = {
  anonymous: undefined,
  ada: { traits: { email: 'ada@example.com' } },
  'ada with a second factor': { traits: { email: 'ada@example.com' }, aal: 'aal2' },
  'somebody of another domain': { traits: { email: 'eve@elsewhere.example' } },
  'an administrator': { metadataPublic: { groups: ['admins'], roles: ['admin'] } },
  'an administrator with a second factor': {
    metadataPublic: { groups: ['admins'], roles: ['admin'] },
    aal: 'aal2',
  },
} as const;

/** Decisions that the documentation of each neighbour states for its example (the sources are on the page). */
const PAGES: Readonly<Record<string, readonly Row[]>> = {
  authelia: [
    ['anonymous', 'public.example.com', '/', 'passes'], // policy: bypass
    ['anonymous', 'public.example.com', '/admin/', 'passes'],
    ['anonymous', APP, '/', 'stopped'],
    ['ada', APP, '/', 'passes'], // policy: one_factor
    ['ada', APP, '/administration', 'passes'],
    ['ada', APP, '/admin/users', 'stopped'], // policy: two_factor, for group:admins
    ['ada with a second factor', APP, '/admin/users', 'stopped'],
    ['an administrator', APP, '/admin/users', 'stopped'],
    ['an administrator with a second factor', APP, '/admin/users', 'passes'],
    ['ada', 'elsewhere.example.com', '/', 'stopped'], // default_policy: deny
  ],
  'cloudflare-access': [
    ['anonymous', APP, '/public/a', 'passes'], // Bypass, Everyone
    ['anonymous', APP, '/', 'stopped'],
    ['ada', APP, '/', 'passes'],
    ['ada', APP, '/admin/', 'stopped'], // Require: an authentication method; Include: a group
    ['an administrator', APP, '/admin/', 'stopped'],
    ['an administrator with a second factor', APP, '/admin/', 'passes'],
  ],
  pomerium: [
    ['anonymous', APP, '/', 'stopped'],
    ['an administrator', APP, '/', 'passes'], // domain: is: example.com
    ['somebody of another domain', APP, '/', 'stopped'],
  ],
};

describe.each(Object.entries(PAGES))('docs/moving-in/%s.md', async (page, rows) => {
  const [toml = ''] = codeOf(readPage(`docs/moving-in/${page}.md`), 'toml');
  const parsed = parseToml(toml);
  if (!parsed.ok) throw new Error(parsed.failure.problem);
  const { PUBLIC_URL, HOSTS, RULES } = parsed.value.value.vars as Vars; // as the page has it
  const gate = await gateForAllTests({ vars: { PUBLIC_URL, HOSTS, RULES } });
  const cookies = new Map<string, string>();
  for (const [who, session] of Object.entries(SESSIONS)) {
    if (session !== undefined) cookies.set(who, (await gate.kratos.createSession(session)).cookie);
  }

  it.each(rows)('lets %s at %s%s: %s', async (who, host, target, outcome) => {
    const cookie = cookies.get(who);
    const headers = { Host: host, ...(cookie !== undefined && { Cookie: cookie }) };
    const answer = await request(gate.port, { target, headers });
    const isStopped = header(answer, 'postern-reason') !== undefined;
    expect([answer.status === 200, isStopped]).toEqual([
      outcome === 'passes',
      outcome === 'stopped',
    ]);
  });
});

describe('docs/moving-in/ory-network.md', async () => {
  const [toml = ''] = codeOf(readPage('docs/moving-in/ory-network.md'), 'toml');
  const parsed = parseToml(toml.replaceAll('<slug>', 'playground'));
  if (!parsed.ok) throw new Error(parsed.failure.problem);
  const { PUBLIC_URL, SESSION_COOKIE_NAMES } = parsed.value.value.vars as Vars; // as the page has it
  const gate = await gateForAllTests({ vars: { PUBLIC_URL, SESSION_COOKIE_NAMES } });
  const whoami = (headers: Readonly<Record<string, string>>) =>
    request(gate.port, { target: '/sessions/whoami', headers: { Host: APP, ...headers } });

  // https://www.ory.com/docs/concepts/cache: known credentials are answered from the cache, and max-age=0 passes it by.
  it('answers whoami from its cache, and anew for Cache-Control: max-age=0', async () => {
    const { token } = await gate.kratos.createSession();
    const ask = async (headers: Readonly<Record<string, string>>) => {
      const answer = await whoami({ 'X-Session-Token': token, ...headers });
      const { counts } = await gate.kratos.calls();
      return [answer.status, counts['GET /sessions/whoami']];
    };
    expect(await ask({})).toEqual([200, 1]);
    expect(await ask({})).toEqual([200, 1]);
    expect(await ask({ 'Cache-Control': 'max-age=60' })).toEqual([200, 1]);
    await gate.clock.advance(1000);
    expect(await ask({ 'Cache-Control': 'max-age=0' })).toEqual([200, 2]);
  });

  it('passes on for how long an answer may be cached', async () => {
    await gate.kratos.control({ cacheFor: 60 });
    const { token } = await gate.kratos.createSession();
    await whoami({ 'X-Session-Token': token });
    const seconds = header(await whoami({ 'X-Session-Token': token }), 'ory-session-cache-for');
    expect(Number(seconds)).toBeGreaterThan(50);
    expect(Number(seconds)).toBeLessThanOrEqual(60);
  });

  it('takes the cookie of the project, and no other', async () => {
    const { body } = await gate.kratos
      .createSession()
      .then(({ token }) => whoami({ 'X-Session-Token': token }));
    await gate.kratos.control({ whoami: { body: JSON.parse(body.toString()) } });
    const value = 'MTcwMDAwMDAwMHxFeGFtcGxlU2Vzc2lvbkNvb2tpZQ';
    expect((await whoami({ Cookie: `ory_session_playground=${value}` })).status).toBe(200);
    expect((await whoami({ Cookie: `ory_kratos_session=${value}` })).status).toBe(401);
  });
});
