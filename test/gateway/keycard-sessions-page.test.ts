/** `/.postern/sessions` for a Keycard user: without Kratos, and with Kratos beside Keycard. */
import { beforeEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, request } from '../support/raw-http.ts';
import type { RunningGate } from '../support/start-gate.ts';
import { zoneSettings } from '../support/token-issuer.ts';
import { ADMIN_SECRET } from './session-api/start-session-api.ts';
import { zoneOf } from './session-changes/keycard-zone.ts';

const PATH = '/.postern/sessions';
const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };
const services = { kratos: 'http', origin: 'binding' } as const;
const common = (keycard: string) => ({
  KEYCARD_API_URL: keycard,
  KEYCARD_ZONES: ['zone-1'],
  TOKEN_COOKIE_NAMES: ['app_token'],
  ISSUERS: [zoneSettings(keycard)],
});
const account = {
  ADMIN_SECRETS: [ADMIN_SECRET],
  KEYCARD_CLIENT_ID: 'postern',
  KEYCARD_CLIENT_SECRET: 'standin-client-secret',
};

const alone = await gateForAllTests({
  services,
  vars: ({ keycard }) => ({ ...common(keycard), ...account, KRATOS_PUBLIC_URL: undefined }),
});
const both = await gateForAllTests({
  services,
  vars: ({ keycard }) => ({ ...common(keycard), ...account }),
});
const withoutAccount = await gateForAllTests({
  services,
  vars: ({ keycard }) => ({ ...common(keycard), KRATOS_PUBLIC_URL: undefined }),
});

const show = async (gate: RunningGate, headers: Record<string, string>) => {
  const answer = await get(gate.port, PATH, { ...PAGE, ...headers });
  // The sessions that its buttons end, besides that of the request.
  const ids = [...answer.text.matchAll(/name="end" value="([^" ]+)/g)]
    .map(([, id]) => id)
    .filter((id) => id !== 'current');
  const [, form] = /name="token" value="([^"]+)"/.exec(answer.text) ?? [];
  return { ...answer, ids, form: form ?? '' };
};
const end = async (gate: RunningGate, headers: Record<string, string>, what: string) => {
  const { form } = await show(gate, headers);
  return request(gate.port, {
    method: 'POST',
    target: PATH,
    headers: {
      Origin: 'https://app.example.test',
      'Content-Type': 'application/x-www-form-urlencoded',
      ...headers,
    },
    body: new URLSearchParams({ token: form, end: what }).toString(),
  });
};
const status = async (gate: RunningGate, token: string) =>
  (await get(gate.port, '/sessions/whoami', { Authorization: `Bearer ${token}` })).status;
const user = (more: object = {}) => ({ session_type: 'user', user_id: 'user-1', ...more });

/** A user's sessions of two applications, one of another user, and the user's token of a third application. */
async function sessions(gate: RunningGate) {
  const zone = zoneOf(gate);
  const mine = await zone.create(user({ application_id: 'application-1' }));
  const another = await zone.create(user({ application_id: 'application-2' }));
  const foreign = await zone.create(user({ user_id: 'user-2' }));
  const token = await zone.token('user-1', { application: 'application-3' });
  return { zone, mine, another, foreign, token, cookie: { Cookie: `app_token=${token}` } };
}

beforeEach(async () => {
  for (const gate of [alone, both, withoutAccount]) {
    const zone = zoneOf(gate);
    await zone.standin('DELETE', 'sessions');
    await zone.standin('DELETE', 'session-control');
    await zone.setControl({ optional: 'present' });
    await zone.standin('DELETE', 'session-calls');
  }
});

describe.each([
  ['without Kratos', alone],
  ['with Kratos beside Keycard', both],
])('the page of a Keycard user, %s', (_, gate) => {
  it('lists the user’s sessions, and no session of another user', async () => {
    const { mine, another, foreign, cookie } = await sessions(gate);
    const page = await show(gate, cookie);
    expect([page.status, page.ids]).toEqual([200, [mine, another, 'others']]);
    expect(page.text).not.toContain(foreign);
    expect(page.text).toContain('application-1');
    expect(page.text).toContain('This session may be one of these.');
    expect((await gate.kratos.calls()).requests).toEqual([]);
  });

  it('names the session of the request, if the token does', async () => {
    const { zone, mine, another } = await sessions(gate);
    const token = await zone.token('user-1', { claims: { sid: mine } });
    const page = await show(gate, { Cookie: `app_token=${token}` });
    expect(page.ids).toEqual([another, 'others']);
    expect(page.text).toContain('End all other sessions');
  });

  it('ends one session at Keycard, and the tokens of its application', async () => {
    const { zone, mine, another, token, cookie } = await sessions(gate);
    const ended = await zone.token('user-1', { application: 'application-1' });
    const kept = await zone.token('user-1', { application: 'application-2' });
    expect([await status(gate, ended), await status(gate, kept)]).toEqual([200, 200]);
    const answer = await end(gate, cookie, mine);
    expect([answer.status, header(answer, 'location')]).toEqual([
      303,
      expect.stringContaining(`${PATH}?ended=`),
    ]);
    expect((await show(gate, cookie)).ids).toEqual([another, 'others']);
    expect([await status(gate, ended), await status(gate, kept)]).toEqual([401, 200]);
    expect(await status(gate, token)).toBe(200);
  });

  it('ends all other sessions, and spares that of the request and its parent', async () => {
    const { zone, mine, another } = await sessions(gate);
    const current = await zone.create(user({ application_id: 'application-4', parent_id: mine }));
    const token = await zone.token('user-1', {
      application: 'application-4',
      claims: { sid: current },
    });
    const other = await zone.token('user-1', { application: 'application-2' });
    const cookie = { Cookie: `app_token=${token}` };
    const answer = await end(gate, cookie, 'others');
    expect(answer.status).toBe(303);
    expect([await status(gate, other), await status(gate, token)]).toEqual([401, 200]);
    const { ids } = await show(gate, cookie);
    expect(ids).not.toContain(another);
    expect(ids).toContain(mine);
  });

  it('neither shows nor ends what Keycard lists of another user', async () => {
    const { zone, foreign, cookie } = await sessions(gate);
    const theirs = await zone.token('user-2');
    const items = [{ session_type: 'user', user_id: 'user-2', id: foreign }];
    const body = { items, pagination: { after_cursor: null, before_cursor: null } };
    await zone.control({ 'GET /zones/zone-1/sessions': { status: 200, body } });
    expect((await show(gate, cookie)).text).not.toContain(foreign);
    await end(gate, cookie, 'others');
    expect(await status(gate, theirs)).toBe(200);
    const { counts } = (await zone.standin('GET', 'session-calls')) as { counts: object };
    expect(Object.keys(counts).filter((call) => call.startsWith('DELETE'))).toEqual([]);
  });

  it('ends no session of another user', async () => {
    const { zone, foreign, cookie } = await sessions(gate);
    const theirs = await zone.token('user-2');
    const answer = await end(gate, cookie, foreign);
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([400, 'body_not_valid']);
    expect(await status(gate, theirs)).toBe(200);
    const { counts } = (await zone.standin('GET', 'session-calls')) as { counts: object };
    expect(Object.keys(counts).filter((call) => call.startsWith('DELETE'))).toEqual([]);
  });

  it.each(['../zone-2/sessions/x', '', 'a;b', 'x'.repeat(3000)])(
    'refuses the id %j without a call',
    async (id) => {
      const { zone, cookie } = await sessions(gate);
      const answer = await end(gate, cookie, id);
      expect(answer.status).toBe(400);
      const { counts } = (await zone.standin('GET', 'session-calls')) as { counts: object };
      expect(Object.keys(counts)).toEqual(
        expect.not.arrayContaining([expect.stringMatching(/^DELETE/)]),
      );
    },
  );

  it('refuses a form of another site', async () => {
    const { mine, cookie } = await sessions(gate);
    const answer = await end(gate, { ...cookie, Origin: 'https://evil.example' }, mine);
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([403, 'cross_site_change']);
  });

  it('is a fault, and not signed out, while Keycard fails', async () => {
    const { zone, cookie } = await sessions(gate);
    await zone.control({ 'GET /zones/zone-1/sessions': { status: 503 } });
    const page = await show(gate, cookie);
    expect([page.status, header(page, 'postern-reason')]).toEqual([503, 'store_unavailable']);
  });

  it.each([
    [429, 503],
    [500, 503],
    [403, 404],
  ])(
    'says that a session was not ended: Keycard answers %i, the page %i',
    async (answered, expected) => {
      const { zone, mine, cookie } = await sessions(gate);
      await zone.control({ [`DELETE /zones/zone-1/sessions/${mine}`]: { status: answered } });
      const ended = await end(gate, cookie, mine);
      expect(ended.status).toBe(expected);
    },
  );

  // RFC 9110 sections 15.5.5, 15.5.10 and 15.5.11: there is no such session (404, 410), or it is not one to end (409).
  it.each([404, 409, 410])(
    'takes a session that is over already (%i) for ended',
    async (answered) => {
      const { zone, mine, cookie } = await sessions(gate);
      await zone.control({ [`DELETE /zones/zone-1/sessions/${mine}`]: { status: answered } });
      expect((await end(gate, cookie, mine)).status).toBe(303);
    },
  );

  it('does not say that all others are ended, if the end of one fails', async () => {
    const { zone, another, cookie } = await sessions(gate);
    await zone.control({ [`DELETE /zones/zone-1/sessions/${another}`]: { status: 500 } });
    expect((await end(gate, cookie, 'others')).status).toBe(503);
  });

  it('neither shows nor ends a user’s sessions for a token of somebody who acts for the user', async () => {
    const zone = zoneOf(gate);
    const mine = await zone.create(user({ application_id: 'application-9' }));
    const theirs = await zone.token('user-1', { application: 'application-9' });
    const claims = { act: { sub: 'agent' }, scope: 'read' };
    const delegated = await zone.token('user-1', { application: 'agent', claims });
    const headers = { Cookie: `app_token=${delegated}` };
    expect(await status(gate, delegated)).toBe(200);
    const shown = await show(gate, headers);
    expect([shown.status, shown.ids]).toEqual([404, []]);
    expect((await end(gate, headers, mine)).status).toBeGreaterThanOrEqual(400);
    expect(await status(gate, theirs)).toBe(200);
  });

  it('lists no sessions of an application', async () => {
    const { zone } = await sessions(gate);
    const token = await zone.token('app-1', {
      application: 'app-1',
      claims: { sub_profile: 'app' },
    });
    const page = await show(gate, { Cookie: `app_token=${token}` });
    expect([page.status, header(page, 'postern-reason')]).toEqual([404, 'session_not_listed']);
  });
});

it('shows a person with a session of Kratos the sessions at Kratos', async () => {
  await sessions(both);
  const identityId = crypto.randomUUID();
  const current = await both.kratos.createSession({ identityId });
  const other = await both.kratos.createSession({ identityId });
  const page = await show(both, { Cookie: current.cookie });
  expect([page.status, page.ids]).toEqual([200, [other.id, 'others']]);
});

describe('without a service account', () => {
  it('asks Keycard with the person’s own token', async () => {
    const { zone, token, cookie } = await sessions(withoutAccount);
    const items = [{ session_type: 'user', user_id: 'user-1', id: 'session-1' }];
    const body = { items, pagination: { after_cursor: null, before_cursor: null } };
    await zone.control({ 'GET /zones/zone-1/sessions': { status: 200, body } });
    const page = await show(withoutAccount, cookie);
    expect([page.status, page.ids]).toEqual([200, ['session-1', 'others']]);
    const { requests } = (await zone.standin('GET', 'session-calls')) as {
      requests: { url: string; headers: [string, string][] }[];
    };
    const [asked] = requests;
    expect(new Map(asked?.headers).get('authorization')).toBe(`Bearer ${token}`);
    expect(JSON.stringify(asked)).toContain('user_id=user-1');
  });

  it('says that the sessions are not listed, if Keycard does not take that token', async () => {
    const { cookie } = await sessions(withoutAccount);
    const page = await show(withoutAccount, cookie);
    expect([page.status, header(page, 'postern-reason')]).toEqual([404, 'session_not_listed']);
  });
});
