import { afterEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { GUARDED } from '../session-api/start-session-api.ts';
import { LAG_MS, type RequestHeaders, startZone, zoneOf } from './keycard-zone.ts';

const gate = await forAllTests(startZone());
const { standin, setControl, create, bearer, token, end, statuses } = zoneOf(gate);
const NORMAL = { answers: {}, delayMs: 0, optional: 'present', pageLimit: 100, expand: [] };
afterEach(async () => {
  await gate.setLogFaults({});
  await setControl(NORMAL);
  await standin('DELETE', 'sessions');
});

const newId = (kind: string) => `${kind}-${crypto.randomUUID()}`;
const unique = () => ({ user: newId('user'), x: newId('app'), y: newId('app') });
/** A user's session that an application initiated. */
const signIn = (user_id: string, application_id: string, more: object = {}) =>
  create({ user_id, subject: user_id, application_id, parent_id: null, ...more });

const CALLERS = [
  ['a bearer of the caller’s own', () => bearer()],
  ['the guard', async () => GUARDED],
] as const;
const METHODS = ['PATCH', 'DELETE'] as const;
const EACH = CALLERS.flatMap(([who, headersOf]) =>
  METHODS.map((method) => ({ who, headersOf, method })),
);

const DENIED = [401, 401];
const ACCEPTED = [200, 200];

async function expectEnded(...jwts: readonly string[]): Promise<void> {
  await gate.clock.advance(LAG_MS + 1);
  for (const jwt of jwts) expect(await statuses(jwt)).toEqual(DENIED);
}

async function expectGood(...jwts: readonly string[]): Promise<void> {
  for (const jwt of jwts) expect(await statuses(jwt)).toEqual(ACCEPTED);
}

/** Waits until Keycard has received a request, which it answers after its delay. */
async function received(method: string, path: string): Promise<void> {
  await expect
    .poll(
      async () => {
        const { counts } = (await standin('GET', 'session-calls')) as {
          counts: Record<string, number>;
        };
        return counts[`${method} ${path}`] ?? 0;
      },
      { interval: 10, timeout: 20_000 },
    )
    .toBeGreaterThan(0);
}

const pathOf = (id: string) => `/zones/zone-1/sessions/${id}`;
const LIST = '/zones/zone-1/sessions';

describe.each(EACH)('$method by $who', ({ method, headersOf }) => {
  it('ends the tokens of the application that initiated the session, and no other application’s', async () => {
    const { user, x, y } = unique();
    const id = await signIn(user, x);
    const ended = [
      await token(user, { application: x }),
      await token(user, { application: null }), // it may be the application's: `client_id` names a credential
      await token(user, { application: y, claims: { act: { sub: y, act: { sub: x } } } }),
    ];
    const kept = [
      await token(user, { application: y }),
      await token(user, { application: y, claims: { act: { sub: y } } }),
      await token(newId('user'), { application: x }),
    ];
    await expectGood(...ended, ...kept);
    expect((await end(method, id, await headersOf())).ok).toBe(true);
    await expectEnded(...ended);
    await expectGood(...kept);
    await gate.clock.advance(1000);
    await expectGood(await token(user, { application: x })); // issued after it
  });

  it('ends all of the user’s tokens if the session does not tell its application', async () => {
    const { user, y } = unique();
    const id = await create({ user_id: user, subject: user, application_id: null });
    const jwt = await token(user, { application: y });
    await expectGood(jwt);
    expect((await end(method, id, await headersOf())).ok).toBe(true);
    await expectEnded(jwt);
  });

  it('finds derived sessions on any of 150 pages', async () => {
    const { user, x } = unique();
    const [agent, last] = [newId('user'), newId('user')];
    const id = await signIn(user, x);
    const child = await signIn(agent, x, { parent_id: id });
    for (let count = 0; count < 150; count += 1) await signIn(newId('user'), x);
    await signIn(last, x, { parent_id: child });
    await setControl({ pageLimit: 1 });
    const jwts = [await token(agent, { application: x }), await token(last, { application: x })];
    expect((await end(method, id, await headersOf())).ok).toBe(true);
    await expectEnded(...jwts);
  });

  it('finds a session that was derived between the list and the change', async () => {
    const { user, x } = unique();
    const agent = newId('user');
    const id = await signIn(user, x);
    const jwt = await token(agent, { application: x });
    const headers = await headersOf();
    await standin('DELETE', 'session-calls');
    await setControl({ delayMs: 300 });
    const answer = end(method, id, headers);
    await received(method, pathOf(id));
    await signIn(agent, x, { parent_id: id });
    expect((await answer).ok).toBe(true);
    await expectEnded(jwt);
  });

  it('is answered 503 if the list after the change fails, and a retry ends every derived session', async () => {
    const { user, x } = unique();
    const agent = newId('user');
    const id = await signIn(user, x);
    const jwts = [await token(user, { application: x }), await token(agent, { application: x })];
    const headers = await headersOf();
    await standin('DELETE', 'session-calls');
    await setControl({ delayMs: 300 });
    const answer = end(method, id, headers);
    await received(method, pathOf(id));
    await signIn(agent, x, { parent_id: id });
    await setControl({ answers: { [`GET ${LIST}`]: { status: 503, body: {} } } });
    expect((await answer).headers.get('postern-reason')).toBe('revocation_unrecorded');
    await setControl(NORMAL);
    expect((await end(method, id, headers)).status).toBe(method === 'PATCH' ? 409 : 404);
    await expectEnded(...jwts);
  });

  it('ends all of the user’s tokens if Keycard refuses the list after the change', async () => {
    const { user, x, y } = unique();
    const id = await signIn(user, x);
    const jwt = await token(user, { application: y });
    const headers = await headersOf();
    await standin('DELETE', 'session-calls');
    await setControl({ delayMs: 300 });
    const answer = end(method, id, headers);
    await received(method, pathOf(id));
    // The caller's own bearer may end with the session. (A service account would be asked for a new token first.)
    await setControl({ answers: { [`GET ${LIST}`]: { status: 403, body: {} } } });
    expect((await answer).ok).toBe(true);
    await expectEnded(jwt);
  });

  it('does not follow a cursor that leads to itself', async () => {
    const { user, x } = unique();
    const id = await signIn(user, x);
    const body = { items: [], pagination: { after_cursor: 'again', before_cursor: null } };
    await setControl({ answers: { [`GET ${LIST}`]: { status: 200, body } } });
    const answer = await end(method, id, await headersOf());
    expect(answer.headers.get('postern-reason')).toBe('store_unavailable');
  });

  it('ends a web session, which Keycard does not list, and those derived from it', async () => {
    const { user, x } = unique();
    const agent = newId('user');
    const web = await signIn(user, x, { application_id: null, user_agent_id: null });
    await signIn(agent, x, { parent_id: web });
    const jwts = [await token(user), await token(agent, { application: x })];
    expect((await end(method, web, await headersOf())).ok).toBe(true);
    await expectEnded(...jwts);
  });
});

describe('a zone with more sessions than Postern lists', { timeout: 60_000 }, () => {
  const others = async (count: number, members: object) => {
    for (let index = 0; index < count; index += 1) {
      await signIn(newId('user'), newId('app'), members);
    }
    await setControl({ pageLimit: 1 });
  };

  it('is answered 503 before the change is sent if there are more active ones', async () => {
    const { user, x } = unique();
    const id = await signIn(user, x);
    await others(1000, {});
    const answer = await end('PATCH', id, GUARDED);
    expect(answer.headers.get('postern-reason')).toBe('store_unavailable');
    await setControl(NORMAL);
    expect((await end('PATCH', id, GUARDED)).status).toBe(200); // not 409: it was not sent
  });

  it('ends all of the user’s tokens, and no other user’s, if there are more revoked ones', async () => {
    const { user, x, y } = unique();
    const id = await signIn(user, x);
    const [jwt, other] = [
      await token(user, { application: y }),
      await token(newId('user'), { application: x }),
    ];
    await expectGood(jwt, other);
    await others(100, { status: 'revoked' });
    expect((await end('PATCH', id, await bearer())).status).toBe(200);
    await expectEnded(jwt);
    await expectGood(other);
  });
});

describe('with an optional member absent', () => {
  const OPTIONAL = [
    'id',
    'active',
    'application_id',
    'authenticated_at',
    'created_at',
    'expires_at',
    'issuer',
    'metadata',
    'organization_id',
    'parent_id',
    'provider_id',
    'session_data',
    'status',
    'subject',
    'updated_at',
    'user_agent_id',
    'zone_id',
  ];

  it.each([...OPTIONAL.map((name) => [name]), OPTIONAL])(
    '%j: the marks are not fewer',
    async (...absent) => {
      const { user, x, y } = unique();
      const named = newId('subject');
      const id = await signIn(user, x, { subject: named, session_data: { sub: named } });
      const child = await signIn(user, y, { subject: named, parent_id: id });
      const shown = async (session: string) => {
        const headers = await bearer();
        const answer = await fetch(`${gate.keycard.url}${pathOf(session)}`, { headers });
        const document = Object.entries((await answer.json()) as object);
        return Object.fromEntries(document.filter(([name]) => !absent.includes(name)));
      };
      await setControl({ optional: 'present' });
      const items = [await shown(id), await shown(child)];
      await setControl({
        answers: {
          [`GET ${pathOf(id)}`]: { status: 200, body: items[0] },
          [`GET ${LIST}`]: { status: 200, body: { items, pagination: {} } },
        },
      });
      const jwts = [
        await token(user, { application: x }),
        await token(user, { application: y }),
        await token(user, { application: x, claims: { sid: id } }),
      ];
      // By what else would a token's subject be known?
      if (!absent.includes('subject')) jwts.push(await token(named, { application: y }));
      await expectGood(...jwts);
      expect((await end('PATCH', id, await bearer())).status).toBe(200);
      await expectEnded(...jwts);
    },
  );

  it('the name of the user at the provider is found in another session of the user', async () => {
    const { user, x } = unique();
    const named = newId('subject');
    const id = await signIn(user, x, { subject: undefined });
    await signIn(user, x, { subject: named });
    const jwt = await token(named, { application: x });
    await expectGood(jwt);
    expect((await end('PATCH', id, await bearer())).status).toBe(200);
    await expectEnded(jwt);
  });
});

describe('a session of an application', () => {
  it('ends the tokens of the application itself, and none of the users for whom it acts', async () => {
    const { user, x, y } = unique();
    const id = await create({ session_type: 'application', application_id: x, subject: x });
    const ended = [
      await token(x, { application: x }),
      await token(x, { application: y, claims: { sub_profile: 'app', keycard_app_id: x } }),
    ];
    const kept = [
      await token(user, { application: x }),
      await token(user, { application: y, claims: { act: { sub: x } } }),
      await token(y, { application: y }),
    ];
    await expectGood(...ended, ...kept);
    expect((await end('PATCH', id, GUARDED)).status).toBe(200);
    await expectEnded(...ended);
    await expectGood(...kept);
  });
});

describe('an operator', () => {
  it.each(METHODS)('ends by %s a session that Keycard no longer has', async (method) => {
    const [id, user] = [crypto.randomUUID(), newId('user')];
    const jwt = await token(user, { claims: { sid: id } });
    await expectGood(jwt);
    expect((await end(method, id.toUpperCase(), GUARDED)).status).toBe(404);
    await expectEnded(jwt);
  });

  it.each([409, 400, 422])(
    'ends a session whose second revocation Keycard answers %i',
    async (status) => {
      const { user, x } = unique();
      const id = await signIn(user, x);
      const headers = await bearer();
      const init = { method: 'PATCH', headers, body: '{"status":"revoked"}' };
      await fetch(`${gate.keycard.url}${pathOf(id)}`, init); // past the gate
      const body = { code: 'already_revoked', message: '', status };
      await setControl({ answers: { [`PATCH ${pathOf(id)}`]: { status, body } } });
      const jwts = [
        await token(user, { application: x }),
        await token(user, { application: x, claims: { sid: id } }),
      ];
      await expectGood(...jwts);
      const answer = await end('PATCH', id, GUARDED);
      expect([answer.status, await answer.json()]).toEqual([status, body]);
      await expectEnded(...jwts);
    },
  );

  it('ends no session by a request that Keycard refuses', async () => {
    const { user, x } = unique();
    const id = await signIn(user, x);
    const jwt = await token(user, { application: x });
    await setControl({ answers: { [`PATCH ${pathOf(id)}`]: { status: 422, body: {} } } });
    expect((await end('PATCH', id, GUARDED)).status).toBe(422);
    await gate.clock.advance(LAG_MS + 1);
    await expectGood(jwt);
  });
});

describe('a stranger', () => {
  /** A victim's session, and tokens as a zone issues them and as one might that names sessions. */
  async function victimOf() {
    const { user, x } = unique();
    const id = await signIn(user, x);
    const tokens = () =>
      Promise.all([
        token(user, { application: x }),
        token(user, { application: x, claims: { sid: id } }),
        token(user, { application: null }),
      ]);
    return { id, user, tokens, jwts: await tokens() };
  }

  const hidden = (id: string, status: number) => ({
    [`GET ${pathOf(id)}`]: { status: 404, body: {} },
    [`PATCH ${pathOf(id)}`]: { status, body: {} },
    [`DELETE ${pathOf(id)}`]: { status, body: {} },
  });
  const shown = (id: string, status: number) => ({
    [`PATCH ${pathOf(id)}`]: { status, body: {} },
    [`DELETE ${pathOf(id)}`]: { status, body: {} },
  });

  async function tryAll(id: string, headers: RequestHeaders): Promise<void> {
    for (const method of [...METHODS, ...METHODS]) {
      await Promise.all([end(method, id, headers), end(method, id, headers)]);
    }
  }

  it.each([
    ['does not see and cannot find', hidden, 404],
    ['does not see and may not end', hidden, 403],
    ['sees and cannot find', shown, 404],
    ['sees and may not end', shown, 403],
    ['sees, and which Keycard calls revoked', shown, 409],
    ['sees, and which Keycard calls gone', shown, 410],
  ] as const)('cannot end a session that it %s', async (_, answersOf, status) => {
    const { id, tokens, jwts } = await victimOf();
    const stranger = await bearer({ sub: newId('stranger') });
    await setControl({ answers: answersOf(id, status) });
    await tryAll(id, stranger);
    await gate.clock.advance(LAG_MS + 1);
    await expectGood(...jwts);
    // The victim signs out and in again. The stranger tries once more.
    await setControl(NORMAL);
    expect((await end('DELETE', id, GUARDED)).status).toBe(204);
    await expectEnded(...jwts);
    await gate.clock.advance(1000);
    const again = await tokens();
    await tryAll(id, stranger);
    await gate.clock.advance(LAG_MS + 1);
    await expectGood(...again);
  });

  it('cannot end a session that Keycard shows as active, after a request of which no answer came', async () => {
    const { id, jwts } = await victimOf();
    const stranger = await bearer({ sub: newId('stranger') });
    for (const status of [503, 404]) {
      await setControl({ answers: shown(id, status) });
      for (const method of METHODS) {
        expect((await end(method, id, stranger)).status).toBe(status);
      }
    }
    await gate.clock.advance(LAG_MS + 1);
    await expectGood(...jwts);
  });

  it('with rights to read alone cannot end a session', async () => {
    const { id, jwts } = await victimOf();
    await tryAll(id, await bearer({ sub: newId('stranger'), access: 'read' }));
    await gate.clock.advance(LAG_MS + 1);
    await expectGood(...jwts);
  });

  it('ends with an id only tokens that name the id and are the stranger’s own', async () => {
    const { id, jwts } = await victimOf();
    const sub = newId('stranger');
    const own = await token(sub, { claims: { sid: id } });
    const other = await token(sub);
    await expectGood(own, other, ...jwts);
    await setControl({ answers: hidden(id, 404) });
    expect((await end('DELETE', id, await bearer({ sub }))).status).toBe(404);
    await expectEnded(own);
    await expectGood(other, ...jwts);
  });

  it('whom another issuer calls by the victim’s name ends nothing', async () => {
    const { id, jwts, user } = await victimOf();
    await setControl({ answers: hidden(id, 404) });
    await tryAll(id, await bearer({ sub: user, iss: 'https://zone-2.keycard.cloud' }));
    await gate.clock.advance(LAG_MS + 1);
    await expectGood(...jwts);
  });

  it('with a forged bearer ends nothing, even if Keycard answers 404 before it looks at the bearer', async () => {
    const { id, jwts } = await victimOf();
    const victims = JSON.parse(
      Buffer.from((jwts[1] ?? '').split('.')[1] ?? '', 'base64url').toString(),
    );
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
    const forged = [part({ alg: 'RS256', kid: 'k', typ: 'at+jwt' }), part(victims), 'AAAA'].join(
      '.',
    );
    await setControl({ answers: hidden(id, 404) });
    await tryAll(id, { authorization: `Bearer ${forged}` });
    await gate.clock.advance(LAG_MS + 1);
    await expectGood(...jwts);
  });
});

describe('a caller with a bearer of their own', () => {
  it.each(METHODS)('ends by a retry of %s what an earlier try may have ended', async (method) => {
    const { user, x, y } = unique();
    const id = await signIn(user, x);
    await signIn(user, y, { parent_id: id });
    const jwts = [await token(user, { application: x }), await token(user, { application: y })];
    const own = await bearer({ sub: user });
    await gate.setLogFaults({ append: 'throw-definite' });
    expect((await end(method, id, own)).status).toBe(503);
    await gate.setLogFaults({});
    const renewed = await bearer({ sub: user });
    expect((await end(method, id, renewed)).status).toBe(method === 'PATCH' ? 409 : 404);
    await expectEnded(...jwts);
  });

  it('ends by a retry what an earlier try may have ended, after a refusal in between', async () => {
    const { user, x } = unique();
    const id = await signIn(user, x);
    const jwt = await token(user, { application: x });
    const own = await bearer({ sub: user });
    await gate.setLogFaults({ append: 'throw-definite' });
    expect((await end('DELETE', id, own)).status).toBe(503);
    await gate.setLogFaults({});
    await setControl({ answers: { [`DELETE ${pathOf(id)}`]: { status: 429, body: {} } } });
    expect((await end('DELETE', id, own)).status).toBe(429);
    await setControl(NORMAL);
    expect((await end('DELETE', id, own)).status).toBe(404);
    await expectEnded(jwt);
  });

  it('who may revoke a session without seeing it ends the tokens that the answer tells of', async () => {
    const { user, x, y } = unique();
    const id = await signIn(user, x);
    const [jwt, other] = [
      await token(user, { application: x }),
      await token(user, { application: y }),
    ];
    await setControl({ answers: { [`GET ${pathOf(id)}`]: { status: 403, body: {} } } });
    expect((await end('PATCH', id, await bearer())).status).toBe(200);
    await expectEnded(jwt);
    await expectGood(other);
  });

  it('is not told of a success while no answer tells whose session ended', async () => {
    const { user, x } = unique();
    const id = await signIn(user, x);
    await setControl({ answers: { [`GET ${pathOf(id)}`]: { status: 403, body: {} } } });
    const answer = await end('DELETE', id, await bearer());
    expect(answer.headers.get('postern-reason')).toBe('revocation_unrecorded');
  });
});
