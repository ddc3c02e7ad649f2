import { afterEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { fetchAs } from '../session-api/fetch-as.ts';
import { GUARDED } from '../session-api/start-session-api.ts';
import { LAG_MS, startZone, zoneOf } from './keycard-zone.ts';

const gate = await forAllTests(startZone());
const { control, create, bearer, token, end, statuses } = zoneOf(gate);
afterEach(async () => {
  await gate.setLogFaults({});
  await control({});
});

async function tree(others: readonly string[] = []) {
  const user = `user-${crypto.randomUUID()}`;
  const parent = await create({ user_id: user, subject: user });
  let parent_id = await create({ user_id: user, subject: user, parent_id: parent });
  for (const user_id of others) parent_id = await create({ user_id, subject: user_id, parent_id });
  return { user, parent };
}

const callers = [
  ['a bearer of the caller’s own', bearer],
  ['the guard', async () => GUARDED],
] as const;

describe.each(callers)('by %s', (_, headersOf) => {
  it.each(['PATCH', 'DELETE'] as const)(
    'R26: %s of a parent ends its user’s tokens, which name no session, and the tokens of users derived from it',
    async (method) => {
      const agent = `agent-${crypto.randomUUID()}`;
      const { user, parent } = await tree([agent]);
      const jwts = [
        await token(user),
        await token(agent),
        await token(user, { claims: { sid: parent } }),
      ];
      const bystander = await token('bystander');
      for (const jwt of [...jwts, bystander]) expect(await statuses(jwt)).toEqual([200, 200]);
      const answer = await end(method, parent, await headersOf());
      expect(answer.ok).toBe(true);
      await gate.clock.advance(LAG_MS + 1);
      for (const jwt of jwts) expect(await statuses(jwt)).toEqual([401, 401]);
      expect(await statuses(bystander)).toEqual([200, 200]);
      await gate.clock.advance(1000);
      expect(await statuses(await token(user))).toEqual([200, 200]); // issued after it
    },
  );

  it('R11: a retry, answered 404, ends in the same marks', async () => {
    const agent = `agent-${crypto.randomUUID()}`;
    const { user, parent } = await tree([agent]);
    const jwts = [await token(user), await token(agent)];
    const headers = await headersOf();
    await gate.setLogFaults({ append: 'throw-definite' });
    for (const _try of [1, 2]) expect((await end('DELETE', parent, headers)).status).toBe(503);
    await gate.setLogFaults({});
    expect((await end('DELETE', parent, headers)).status).toBe(404);
    await gate.clock.advance(LAG_MS + 1);
    for (const jwt of jwts) expect(await statuses(jwt)).toEqual([401, 401]);
  });

  it('R27: no change is sent while the log is down', async () => {
    const { user, parent } = await tree();
    const jwt = await token(user);
    await gate.setLogFaults({ append: 'throw' });
    const refused = await end('DELETE', parent, await headersOf());
    expect(refused.headers.get('postern-reason')).toBe('revocation_log_unavailable');
    const kept = await fetch(`${gate.keycard.url}/zones/zone-1/sessions/${parent}`, {
      headers: await bearer(),
    });
    expect(kept.status).toBe(200);
    expect(await statuses(jwt)).toEqual([200, 200]);
  });

  it.each([429, 503])(
    'R26: a list that answers %i does not spare derived sessions',
    async (status) => {
      const { parent } = await tree();
      await control({ 'GET /zones/zone-1/sessions': { status, body: {} } });
      expect((await end('PATCH', parent, await headersOf())).status).toBe(503);
      await control({});
      expect((await end('PATCH', parent, await headersOf())).status).toBe(200);
    },
  );
});

it('R26: an application’s session ends the application’s tokens', async () => {
  const application_id = `app-${crypto.randomUUID()}`;
  const members = { session_type: 'application', application_id, subject: application_id };
  const id = await create(members);
  const jwt = await token(application_id, { application: application_id });
  expect(await statuses(jwt)).toEqual([200, 200]);
  expect((await end('PATCH', id, GUARDED)).status).toBe(200);
  await gate.clock.advance(LAG_MS + 1);
  expect(await statuses(jwt)).toEqual([401, 401]);
});

it('R22: a caller whom Keycard refuses ends no token', async () => {
  const { user, parent } = await tree();
  const jwt = await token(user, { claims: { sid: parent } });
  for (const method of ['PATCH', 'DELETE', 'DELETE'] as const) {
    expect((await end(method, parent, { authorization: 'Bearer aa.bb.cc' })).status).toBe(401);
  }
  await control({
    [`GET /zones/zone-1/sessions/${parent}`]: { status: 404, body: {} },
    [`DELETE /zones/zone-1/sessions/${parent}`]: { status: 404, body: {} },
  });
  const hidden = await bearer(); // of a caller for whom Keycard shows no part of this session
  for (let times = 0; times < 2; times += 1) await end('DELETE', parent, hidden);
  await gate.clock.advance(LAG_MS + 1);
  expect(await statuses(jwt)).toEqual([200, 200]);
});

it.each(['', 'AAAA'])(
  'a bearer that Keycard does not accept, with the claims of a caller whose request is in doubt and the signature %j, ends no token, whatever Keycard answers to it',
  async (signature) => {
    const { user, parent } = await tree();
    const jwt = await token(user);
    const path = `/zones/zone-1/sessions/${parent}`;
    await control({ [`DELETE ${path}`]: { status: 503 } });
    expect((await end('DELETE', parent, await bearer({ sub: user }))).status).toBe(503);
    await control({ [`DELETE ${path}`]: { status: 404 } });
    const [head, claims] = [{ alg: 'RS256' }, { iss: gate.keycard.url, sub: user }].map((part) =>
      Buffer.from(JSON.stringify(part)).toString('base64url'),
    );
    const forged = { authorization: `Bearer ${head}.${claims}.${signature}` };
    expect((await end('DELETE', parent, forged)).ok).toBe(false);
    await gate.clock.advance(LAG_MS + 1);
    expect(await statuses(jwt)).toEqual([200, 200]);
  },
);

describe('a flood of marks by one caller', { timeout: 120_000 }, () => {
  const children = (parent_id: string, userOf: (index: number) => string) =>
    Promise.all(
      Array.from({ length: 1100 }, (_, index) =>
        create({ user_id: userOf(index), subject: userOf(index), parent_id }),
      ),
    );

  it('R25: 1,100 children of one user deny only that user', async () => {
    const { user, parent } = await tree();
    await children(parent, () => user);
    const [own, bystander] = [await token(user), await token('bystander')];
    const { token: session } = await gate.kratos.createSession();
    const ask = async () => {
      const headers = { 'x-session-token': session };
      return (await fetchAs(`${gate.url}/sessions/whoami`, { headers })).headers.get(
        'cache-status',
      );
    };
    await ask();
    for (const jwt of [own, bystander]) expect(await statuses(jwt)).toEqual([200, 200]);
    expect((await end('PATCH', parent, await bearer())).status).toBe(200);
    expect(await ask()).toContain('hit');
    await gate.clock.advance(LAG_MS + 1);
    expect(await statuses(own)).toEqual([401, 401]);
    expect(await statuses(bystander)).toEqual([200, 200]);
  });

  it('R25: 1,100 children of as many users are compacted into their zone, and no session of another store is checked again', async () => {
    const { user, parent } = await tree();
    await children(parent, (index) => `${user}-${index}`);
    const own = await token(`${user}-7`);
    const { token: session } = await gate.kratos.createSession();
    const ask = async () => {
      const headers = { 'x-session-token': session };
      return (await fetchAs(`${gate.url}/sessions/whoami`, { headers })).headers.get(
        'cache-status',
      );
    };
    await ask();
    expect((await end('PATCH', parent, await bearer())).status).toBe(200);
    expect(await ask()).toContain('hit');
    await gate.clock.advance(LAG_MS + 1);
    expect(await statuses(own)).toEqual([401, 401]);
  });

  it('R25: a zone that is not configured does not exist', async () => {
    const parent = await create({ zone_id: 'zone-2', user_id: 'other', subject: 'other' });
    expect((await end('PATCH', parent, await bearer(), 'zone-2')).status).toBe(404);
  });
});
