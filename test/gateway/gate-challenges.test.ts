import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, headerValues } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';

const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const LOGIN = 'https://id.example.test/self-service/login/browser';
const RULES = [
  { path: '/vault/*', session: 'required', aal: 'aal2' },
  { path: '/danger/*', session: 'required', authenticated_within: '15m' },
  {
    path: '/staff/*',
    session: 'required',
    allow:
      'session.identity.traits.email.endsWith("@example.com") && "admin" in session.identity.metadata_public.roles',
  },
  { path: '/maybe/*', session: 'optional' },
];

const gate = await gateForAllTests({
  vars: {
    RULES,
    KRATOS_PUBLIC_URL: 'https://kratos.internal.test',
    KRATOS_BROWSER_URL: 'https://id.example.test',
  },
});

const turnsOf = (answer: Awaited<ReturnType<typeof get>>) =>
  headerValues(answer, 'set-cookie')
    .find((text) => text.startsWith('__Host-postern-turns='))
    ?.split(';', 1)[0] ?? '';

describe('requirements of a rule', () => {
  it('aal: sends a session below the level to a second factor, and accepts one at the level', async () => {
    const low = await gate.kratos.createSession();
    const high = await gate.kratos.createSession({ aal: 'aal2' });
    const denied = await get(gate.port, '/vault/x', { Cookie: low.cookie });
    expect([denied.status, header(denied, 'postern-reason')]).toEqual([
      403,
      'session_aal2_required',
    ]);
    expect(header(denied, 'www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", acr_values="aal2"',
    );
    const back = encodeURIComponent('https://app.example.test/vault/x');
    const place = `${LOGIN}?aal=aal2&return_to=${back}`;
    expect(JSON.parse(denied.text)).toMatchObject({
      redirect_browser_to: place,
      error: { id: 'session_aal2_required' },
    });
    expect(
      header(await get(gate.port, '/vault/x', { Cookie: low.cookie, ...PAGE }), 'location'),
    ).toBe(place);
    expect((await get(gate.port, '/vault/x', { Cookie: high.cookie })).status).toBe(200);
  });

  it('aal: a session at one level does not pass a rule for a higher level (C1)', async () => {
    const { cookie } = await gate.kratos.createSession();
    expect((await get(gate.port, '/in', { Cookie: cookie })).status).toBe(200);
    expect((await get(gate.port, '/vault/x', { Cookie: cookie })).status).toBe(403);
  });

  it('authenticated_within: asks for a new sign-in if the last one is too long ago', async () => {
    await using own = await startGate({ vars: { RULES } });
    const { cookie } = await own.kratos.createSession();
    expect((await get(own.port, '/danger/x', { Cookie: cookie })).status).toBe(200);
    await own.clock.advance(15 * 60_000 + 1000);
    const denied = await get(own.port, '/danger/x', { Cookie: cookie });
    expect([denied.status, header(denied, 'postern-reason')]).toEqual([
      403,
      'session_refresh_required',
    ]);
    expect(header(denied, 'www-authenticate')).toContain('max_age="900"');
    const location =
      header(await get(own.port, '/danger/x?a=1', { Cookie: cookie, ...PAGE }), 'location') ?? '';
    expect(new URL(location).searchParams.get('refresh')).toBe('true');
    expect(new URL(location).searchParams.get('return_to')).toBe(
      'https://app.example.test/danger/x?a=1',
    );
    expect((await get(own.port, '/in', { Cookie: cookie })).status).toBe(200);
  });

  it('allow: a session that meets the condition passes, and any other gets 403 as page or JSON', async () => {
    const admin = await gate.kratos.createSession({
      traits: { email: 'a@example.com' },
      metadataPublic: { roles: ['admin'] },
    });
    const user = await gate.kratos.createSession({
      traits: { email: 'u@example.com' },
      metadataPublic: { roles: ['user'] },
    });
    expect((await get(gate.port, '/staff/x', { Cookie: admin.cookie })).status).toBe(200);
    const denied = await get(gate.port, '/staff/x', { Cookie: user.cookie });
    expect([denied.status, header(denied, 'postern-reason')]).toEqual([403, 'condition_not_met']);
    const page = await get(gate.port, '/staff/x', { Cookie: user.cookie, ...PAGE });
    expect([page.status, header(page, 'content-type')]).toEqual([403, 'text/html; charset=utf-8']);
    expect(header(page, 'content-security-policy')).toContain("default-src 'none'");
    // The page says whose account has no access, and where to leave it for another one.
    expect(page.text).toContain('You are signed in as <bdi>u@example.com</bdi>, but this account');
    const [, other = ''] =
      /href="([^"]+)">Use another account/.exec(
        (await get(gate.port, '/staff/x?a=1&b=2', { Cookie: user.cookie, ...PAGE })).text,
      ) ?? [];
    expect(other).toBe('/.postern/sign-out?return_to=%2Fstaff%2Fx%3Fa%3D1%26b%3D2');
    const signOut = await get(gate.port, other, { Cookie: user.cookie, ...PAGE });
    expect(signOut.status).toBe(200);
    expect(signOut.text).toContain('<button class="action">Sign out</button>');
  });

  it('allow: a condition that cannot be evaluated denies, and only the log has the reason', async () => {
    const { cookie } = await gate.kratos.createSession({
      traits: { email: 'n@example.com' },
      metadataPublic: {},
    });
    gate.clearLogs();
    const denied = await get(gate.port, '/staff/x', { Cookie: cookie });
    expect([denied.status, header(denied, 'postern-reason')]).toEqual([
      403,
      'condition_not_evaluable',
    ]);
    expect(denied.text).not.toContain('roles');
    const line = (await gate.logs()).at(-1) ?? '';
    expect(JSON.parse(line)).toMatchObject({
      rule: 'RULES.2',
      reason: 'condition_not_evaluable',
      detail: 'no_such_key at "session.identity.metadata_public.roles"',
    });
    expect(line).not.toContain('n@example.com');
  });

  it('optional: a session with a missing second factor is anonymous, and keeps its cookie', async () => {
    await gate.kratos.control({
      whoami: { status: 403, body: { error: { id: 'session_aal2_required', code: 403 } } },
    });
    const { cookie } = await gate.kratos.createSession();
    const answer = await get(gate.port, '/maybe/x', { Cookie: cookie });
    await gate.kratos.reset();
    expect([answer.status, header(answer, 'set-cookie')]).toEqual([200, undefined]);
  });
});

describe('challenges', () => {
  it('step-up goes to the store’s URL, at the host that browsers reach, and returns to the site', async () => {
    const named =
      'https://kratos.internal.test/self-service/login/browser?aal=aal2&return_to=https%3A%2F%2Fevil.example';
    const body = { error: { id: 'session_aal2_required', code: 403 }, redirect_browser_to: named };
    await gate.kratos.control({ whoami: { status: 403, body } });
    const { cookie } = await gate.kratos.createSession();
    const location = header(await get(gate.port, '/in', { Cookie: cookie, ...PAGE }), 'location');
    const program = await get(gate.port, '/in', { Cookie: cookie });
    await gate.kratos.reset();
    const back = encodeURIComponent('https://app.example.test/in');
    expect(location).toBe(`${LOGIN}?aal=aal2&return_to=${back}`);
    expect(program.text).not.toContain('internal');
  });

  it('an invalid credential is distinguished from a missing one', async () => {
    const answer = await get(gate.port, '/in', {
      Authorization: 'Bearer not-a-session-of-anyones',
    });
    expect([answer.status, header(answer, 'www-authenticate')]).toEqual([
      401,
      'Bearer error="invalid_token"',
    ]);
  });

  it('a URL that is too long for return_to is shortened', async () => {
    const answer = await get(gate.port, `/in?${'q'.repeat(4000)}`, PAGE);
    expect(header(answer, 'location')).toBe(
      `${LOGIN}?return_to=${encodeURIComponent('https://app.example.test/in')}`,
    );
  });

  it('a store that always asks for AAL2 gets two redirects; the third answer is a page with the cause', async () => {
    await gate.kratos.control({
      whoami: { status: 403, body: { error: { id: 'session_aal2_required', code: 403 } } },
    });
    const { id } = await gate.kratos.createSession();
    // Each way through sign-in brings a cookie of its own.
    const visit = async (turns: string) =>
      get(gate.port, '/in', {
        Cookie: `${await gate.kratos.issueCookie(id)}; ${turns}`,
        ...PAGE,
      });
    const first = await visit('');
    const second = await visit(turnsOf(first));
    gate.clearLogs();
    const third = await visit(turnsOf(second));
    expect([first.status, second.status, third.status]).toEqual([302, 302, 403]);
    expect(header(third, 'location')).toBeUndefined();
    expect(header(third, 'postern-reason')).toBe('redirect_loop');
    expect(third.text).toContain('session_aal2_required');
    expect(third.text).toMatch(/second factor/);
    expect(third.text).toContain(`href="${LOGIN}?aal=aal2&amp;return_to=`);
    expect(JSON.parse((await gate.logs()).at(-1) ?? '')).toMatchObject({
      reason: 'redirect_loop',
      detail: 'session_aal2_required',
    });
    // The page forgets the turns, so its link begins anew.
    expect(header(third, 'set-cookie')).toMatch(/^__Host-postern-turns=; Max-Age=0/);
    await gate.kratos.reset();
  });

  it('redirects are counted for each page and reason, and forgotten after sign-in', async () => {
    const first = await get(gate.port, '/a', PAGE);
    const dead = 'ory_kratos_session=MTc2NTAwMDAwMA-dead';
    const back = { ...PAGE, Cookie: `${dead}; ${turnsOf(first)}` };
    const second = await get(gate.port, '/a', back);
    const elsewhere = await get(gate.port, '/b', { ...PAGE, Cookie: turnsOf(second) });
    expect([elsewhere.status, turnsOf(elsewhere)]).toEqual([302, expect.stringMatching(/=1\./)]);
    const { cookie } = await gate.kratos.createSession();
    const passed = await get(gate.port, '/a', { Cookie: `${cookie}; ${turnsOf(second)}` });
    expect([passed.status, turnsOf(passed)]).toEqual([200, '__Host-postern-turns=']);
    const other = await get(gate.port, '/b', { Cookie: `${cookie}; ${turnsOf(second)}` });
    expect([other.status, turnsOf(other)]).toEqual([200, '']);
  });

  it('subresources that a signed-in browser loads meanwhile do not reset the count', async () => {
    const { id } = await gate.kratos.createSession();
    const statuses: number[] = [];
    let turns = '';
    for (let turn = 0; turn < 3; turn += 1) {
      const cookie = await gate.kratos.issueCookie(id);
      for (const [path, more] of [
        ['/vault/x', PAGE],
        ['/favicon.ico', {}],
        ['/maybe/sign-in', PAGE],
      ] as const) {
        const Cookie = `${cookie}; ${turns}`;
        const answer = await get(gate.port, path, { Cookie, ...more });
        statuses.push(answer.status);
        turns = turnsOf(answer) || turns;
      }
    }
    expect(statuses).toEqual([302, 200, 200, 302, 200, 200, 403, 200, 200]);
  });

  it('a forged count can only cause the page', async () => {
    const real = turnsOf(await get(gate.port, '/a', PAGE))
      .split('.')
      .slice(1)
      .join('.');
    for (const value of [
      `9.${real}`,
      `99.${real}`,
      `-1.${real}`,
      `NaN.${real}`,
      real,
      '',
      '1',
      `1.${'x'.repeat(4000)}`,
    ]) {
      const answer = await get(gate.port, '/a', {
        ...PAGE,
        Cookie: `__Host-postern-turns=${value}`,
      });
      expect([302, 403]).toContain(answer.status);
      expect(answer.text).not.toContain('xxxx');
    }
  });
});
