import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { GUARDED } from '../session-api/start-session-api.ts';
import { GONE, type KnownSession, SERVED, startSite } from './site.ts';

const site = await forAllTests(startSite());
afterEach(() => site.gate.reset());

interface Pair {
  readonly caller: KnownSession;
  readonly other: KnownSession;
}
/** A request that ends `other`, and what it answers when it is sent once more. */
interface Ending {
  readonly name: string;
  readonly again: number;
  /** Through which isolate it is retried. */
  readonly retriedThrough?: number;
  send(pair: Pair, isolate: number): Promise<Response>;
}

let pair: Pair;

beforeEach(async () => {
  const identityId = crypto.randomUUID();
  pair = { caller: await site.signIn(identityId), other: await site.signIn(identityId) };
  const headers = { cookie: pair.caller.cookie };
  const page = await site.send('/.postern/sessions', { headers });
  formToken = /name="token" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
});

const as = ({ token }: KnownSession) => ({ 'x-session-token': token });
const JSON_TYPE = { 'content-type': 'application/json' };
const FORM_TYPE = { 'content-type': 'application/x-www-form-urlencoded' };

/** The value of the page's form, read while there is another session to end. */
let formToken: string;

async function sendForm(what: string, { cookie }: KnownSession, isolate: number) {
  const token = formToken;
  return site.send(
    '/.postern/sessions',
    {
      method: 'POST',
      headers: { cookie, origin: 'https://app.example.test', ...FORM_TYPE },
      body: new URLSearchParams({ end: what, token }).toString(),
    },
    isolate,
  );
}

const ENDINGS: Ending[] = [
  {
    name: 'DELETE /sessions/{id}',
    again: 204,
    send: ({ caller, other }, isolate) =>
      site.send(`/sessions/${other.id}`, { method: 'DELETE', headers: as(caller) }, isolate),
  },
  {
    name: 'DELETE /sessions',
    again: 200,
    send: ({ caller }, isolate) =>
      site.send('/sessions', { method: 'DELETE', headers: as(caller) }, isolate),
  },
  {
    name: 'one session on the sessions page',
    again: 303,
    send: ({ caller, other }, isolate) => sendForm(other.id, caller, isolate),
  },
  {
    name: 'all others on the sessions page',
    again: 303,
    send: ({ caller }, isolate) => sendForm('others', caller, isolate),
  },
  {
    name: 'DELETE /admin/sessions/{id}',
    again: 204,
    send: ({ other }, isolate) =>
      site.send(`/admin/sessions/${other.id}`, { method: 'DELETE', headers: GUARDED }, isolate),
  },
  {
    name: 'POST /admin/sessions',
    again: 200,
    send: ({ other }, isolate) =>
      site.send(
        '/admin/sessions',
        {
          method: 'POST',
          headers: { ...GUARDED, ...JSON_TYPE },
          body: JSON.stringify({ action: 'delete', sessions: [other.id] }),
        },
        isolate,
      ),
  },
  {
    name: 'DELETE /admin/identities/{id}/sessions',
    again: 404,
    send: ({ other }, isolate) =>
      site.send(
        `/admin/identities/${other.identityId}/sessions`,
        { method: 'DELETE', headers: GUARDED },
        isolate,
      ),
  },
  {
    name: 'DELETE /self-service/logout/api',
    again: 204,
    retriedThrough: 1,
    send: ({ other }, isolate) =>
      site.send(
        '/self-service/logout/api',
        {
          method: 'DELETE',
          headers: JSON_TYPE,
          body: JSON.stringify({ session_token: other.token }),
        },
        isolate,
      ),
  },
];

describe.each(ENDINGS)('$name', ({ again, retriedThrough = 0, send }) => {
  it('R27: while the log is down no change is sent, so a retry finds the same state', async () => {
    await site.gate.setLogFaults({ append: 'throw' });
    const refused = await send(pair, 0);
    expect([refused.status, refused.headers.get('postern-reason')]).toEqual([
      503,
      'revocation_log_unavailable',
    ]);
    await site.gate.setLogFaults({});
    expect(await site.statuses(pair.other)).toEqual(SERVED);
    expect((await send(pair, 0)).status).toBeLessThan(400);
    await site.settle();
    expect(await site.statuses(pair.other)).toEqual(GONE);
  });

  it('R11: a retry ends in the same marks if the log failed between the change and its mark', async () => {
    await site.gate.setLogFaults({ append: 'throw-definite' });
    const refused = await send(pair, 0);
    expect([refused.status, refused.headers.get('postern-reason')]).toEqual([
      503,
      'revocation_unrecorded',
    ]);
    await site.gate.setLogFaults({});
    await site.settle(); // no isolate remembers the session any more
    expect((await send(pair, retriedThrough)).status).toBe(again);
    await site.settle();
    expect(await site.statuses(pair.other)).toEqual(GONE);
  });

  it('R13: a session that had already ended in the store ends everywhere', async () => {
    await site.gate.kratos.revoke(pair.other.id);
    await send(pair, 0);
    await site.settle();
    expect(await site.statuses(pair.other)).toEqual(GONE);
  });
});

it('R12: a browser’s sign-out is distinguished from an invalid one by another isolate', async () => {
  const { other } = pair;
  const headers = { cookie: other.cookie, accept: 'text/html' };
  const flow = await site.send('/self-service/logout/browser', {
    headers: { ...headers, accept: 'application/json' },
  });
  const { logout_token: token } = (await flow.json()) as { logout_token: string };
  const path = `/self-service/logout?token=${token}`;
  await site.gate.setLogFaults({ append: 'throw-definite' });
  expect((await site.send(path, { headers })).status).toBe(503);
  await site.gate.setLogFaults({});
  await site.settle();
  expect((await site.send(path, { headers }, 1)).status).not.toBe(503);
  await site.settle();
  expect(await site.statuses(other)).toEqual(GONE);
});

it.each([
  ['DELETE /sessions/{id}', ({ other }: Pair) => `/sessions/${other.id}`],
  ['DELETE /sessions', () => '/sessions'],
])('R14: %s, made after its time-out, takes effect by its retry', async (_, pathOf) => {
  const path = pathOf(pair);
  const end = () => site.send(path, { method: 'DELETE', headers: as(pair.caller) });
  await site.gate.kratos.control({ delays: { [`DELETE ${path}`]: 900 } });
  expect((await end()).status).toBe(504);
  // Another isolate asks between the time-out and the change, and is told that the session is good.
  await site.settle();
  expect((await site.send('/sessions/whoami', { headers: as(pair.other) }, 1)).status).toBe(200);
  await site.gate.kratos.revoke(pair.other.id); // as the change that was sent, made late
  await site.gate.kratos.control({ delays: {} });
  expect((await end()).ok).toBe(true);
  await site.settle();
  expect(await site.statuses(pair.other)).toEqual(GONE);
});

it('R8: a repeated end of all others spares the caller’s session and its token, with any ended rows', async () => {
  const { caller, other } = pair;
  for (let times = 0; times < 2; times += 1) {
    const answer = await site.send('/sessions', { method: 'DELETE', headers: as(caller) });
    expect(await answer.json()).toEqual({ count: 1 });
  }
  await site.settle();
  expect([await site.statuses(caller), await site.statuses(other)]).toEqual([SERVED, GONE]);
});

it.each([[[]], [[{ id: crypto.randomUUID() }]]])(
  'R20: the store’s list and count do not decide which other sessions end',
  async (body) => {
    await site.gate.kratos.control({ answers: { 'GET /sessions': { body } } });
    const { caller, other } = pair;
    await site.send('/sessions', { method: 'DELETE', headers: as(caller) });
    await site.settle();
    expect([await site.statuses(caller), await site.statuses(other)]).toEqual([SERVED, GONE]);
  },
);
