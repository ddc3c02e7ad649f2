/**
 * Kratos's tokenizer may take the identity's external id for `sub` (`session/tokenizer.go`, `subject_source`). A token
 * without a `session` claim then names its person by that alone, and operators and senders of events by the id.
 */

import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import type { RunningGate } from '../../support/start-gate.ts';
import { createTestIssuer } from '../../support/token-issuer.ts';
import { fetchAs } from '../session-api/fetch-as.ts';
import { GUARDED, startKratosApi } from '../session-api/start-session-api.ts';

const ISSUER = 'https://auth.example.test/';
/** Its tokens have to have a session claim, which names the person by the id. */
const NAMING_ISSUER = 'https://naming.example.test/';
const API_KEY = 'a-key-of-the-sender-that-cannot-sign';
const SECRET = 'a secret of the sender of webhooks';
const SET_TYPE = { 'content-type': 'application/secevent+jwt' };
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';
const REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';

let count = 0;

const issuer = await createTestIssuer({ issuer: ISSUER });
const start = (more: { issuer: string; required_claims?: string[] }) =>
  forAllTests(
    startKratosApi({
      log: 'faulty',
      kv: 'none',
      vars: {
        STORE_TIMEOUT_MS: 400,
        WEBHOOK_API_KEYS: [API_KEY],
        WEBHOOK_SECRETS: [SECRET],
        ISSUERS: [
          {
            preset: 'kratos',
            audience: 'postern',
            event_audience: ['postern-events'],
            algorithms: ['ES256'],
            keys: { keys: [issuer.publicJwk] },
            ...more,
          },
        ],
      },
    }),
  );
const gate = await start({ issuer: ISSUER });
/** A gate that trusts the issuer whose tokens name the id. */
const naming = await start({ issuer: NAMING_ISSUER, required_claims: ['session'] });
for (const { clock } of [gate, naming]) await clock.advance(120_000); // past the head start of a new log

interface Person {
  readonly id: string;
  readonly externalId: string;
  /** Proven to the gate, so it is remembered there. */
  readonly jwt: string;
}

async function signIn({ kratos, clock, url } = gate): Promise<Person> {
  const [id, externalId] = [crypto.randomUUID(), `customer-${crypto.randomUUID()}`];
  const session = await kratos.createSession({ identityId: id });
  await kratos.changeIdentity(id, { external_id: externalId });
  const claims = { sid: session.id, sub: externalId, jti: crypto.randomUUID() };
  const jwt = await issuer.token(clock.now() - 2000, { claims });
  if (url === gate.url) expect(await statusOf(jwt)).toBe(200);
  return { id, externalId, jwt };
}

async function statusOf(jwt: string): Promise<number> {
  const headers = { authorization: `Bearer ${jwt}` };
  return (await fetchAs(`${gate.url}/sessions/whoami`, { headers })).status;
}

/** Returns the answer to the token after the lag. */
async function settled({ jwt }: Person): Promise<number> {
  await gate.clock.advance(5001);
  return statusOf(jwt);
}

type Send = (people: readonly Person[], to?: RunningGate) => Promise<Response>;

const endSessions: Send = ([person], { url } = gate) =>
  fetchAs(`${url}/admin/identities/${person?.id}/sessions`, { method: 'DELETE', headers: GUARDED });

const changeInBulk: (action: string) => Send =
  (action) =>
  (people, { url } = gate) =>
    fetchAs(`${url}/admin/sessions`, {
      method: 'POST',
      headers: { ...GUARDED, 'content-type': 'application/json' },
      body: JSON.stringify({ action, identities: people.map(({ id }) => id) }),
    });

const webhook = (message: object, { url } = gate) =>
  fetchAs(`${url}/.postern/events/webhook`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify(message),
  });

/** A message, to be sent as often as its sender likes. */
type Prepare = (people: readonly Person[], to?: RunningGate) => Promise<() => Promise<Response>>;

const prepareWebhook: Prepare = async (people, to) => () =>
  webhook({ identity_ids: people.map(({ id }) => id.toUpperCase()) }, to);

const prepareSignedWebhook: Prepare = async (people, { clock, url } = gate) => {
  const body = JSON.stringify({ identity_ids: people.map(({ id }) => id) });
  const [id, timestamp] = [crypto.randomUUID(), String(Math.floor(clock.now() / 1000))];
  const signed = createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signed}`,
  };
  return () => fetchAs(`${url}/.postern/events/webhook`, { method: 'POST', headers, body });
};

/** A token of an event: what all of them have, and more. */
function eventToken(typ: string, claims: object, { clock } = gate): Promise<string> {
  count += 1;
  const iat = Math.floor(clock.now() / 1000);
  const iss = gate.clock === clock ? ISSUER : NAMING_ISSUER;
  return issuer.token(clock.now(), {
    header: { typ },
    claims: {
      ...{ iss, aud: 'postern-events', jti: `event-${count}`, iat },
      ...{ sub: undefined, sid: undefined, nbf: undefined, exp: undefined },
      ...claims,
    },
  });
}

async function prepareSetAbout(subject: object, to = gate): ReturnType<Prepare> {
  const events = { [REVOKED]: {} };
  const body = await eventToken('secevent+jwt', { sub_id: subject, events }, to);
  const url = `${to.url}/.postern/events/security-events`;
  return () => fetchAs(url, { method: 'POST', headers: SET_TYPE, body });
}

const prepareSet: Prepare = ([person], to) =>
  prepareSetAbout({ format: 'opaque', id: person?.id ?? '' }, to);

const prepareLogout: Prepare = async ([person], to = gate) => {
  const exp = Math.floor(to.clock.now() / 1000) + 120;
  const claims = { sub: person?.id, exp, events: { [LOGOUT]: {} } };
  const token = await eventToken('logout+jwt', claims, to);
  const body = new URLSearchParams({ logout_token: token }).toString();
  const url = `${to.url}/.postern/events/backchannel-logout`;
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return () => fetchAs(url, { method: 'POST', headers, body });
};

const IDENTITIES = 'GET /admin/identities';
const ofOperators: readonly [string, Send, string][] = [
  ['DELETE /admin/identities/{id}/sessions', endSessions, 'DELETE /admin/identities/{id}/sessions'],
  ['POST /admin/sessions, disable', changeInBulk('disable'), 'POST /admin/sessions'],
  ['POST /admin/sessions, delete', changeInBulk('delete'), 'POST /admin/sessions'],
];
const ofSenders: readonly [string, Prepare][] = [
  ['a webhook', prepareWebhook],
  ['a signed webhook', prepareSignedWebhook],
  ['a security event', prepareSet],
  ['a logout token', prepareLogout],
];
const once =
  (prepare: Prepare): Send =>
  async (people, to) =>
    (await prepare(people, to))();
/** All of them; the first ones name several people at once. */
const ALL: readonly [string, Send][] = [
  ...ofSenders.slice(0, 2).map(([name, prepare]): [string, Send] => [name, once(prepare)]),
  ...ofOperators.map(([name, send]): [string, Send] => [name, send]).reverse(),
  ...ofSenders.slice(2).map(([name, prepare]): [string, Send] => [name, once(prepare)]),
];

let people: Person[];
let bystander: Person;

beforeEach(async () => {
  people = [await signIn(), await signIn()];
  bystander = await signIn();
  await gate.kratos.clearCalls();
});
afterEach(async () => {
  await gate.setLogFaults({});
  for (const { kratos } of [gate, naming]) await kratos.reset();
});

describe('a token whose subject is an external id', () => {
  it.each(ALL)('J35: ends by %s that names the id', async (_, send) => {
    const [person = bystander] = people;
    expect((await send([person])).status).toBeLessThan(300);
    expect(await settled(person)).toBe(401);
    expect(await statusOf(bystander.jwt)).toBe(200);
  });

  it.each(ALL.slice(0, 4))('J35: ends by %s that names several people', async (_, send) => {
    expect((await send(people)).status).toBeLessThan(300);
    for (const person of people) expect(await settled(person)).toBe(401);
    expect((await gate.kratos.calls()).counts[IDENTITIES]).toBe(1);
  });

  it('J35: ends on the retry of a change that the log could not record, with any number of sessions left', async () => {
    const [person = bystander] = people;
    await gate.setLogFaults({ append: 'throw-definite' });
    expect((await endSessions([person])).status).toBe(503);
    await gate.setLogFaults({});
    expect((await endSessions([person])).status).toBe(404);
    expect(await settled(person)).toBe(401);
  });

  it('J35: ends by a change to 500 people, whose ids are read in calls of a hundred', async () => {
    const [person = bystander] = people;
    const unknown = Array.from({ length: 499 }, () => crypto.randomUUID());
    const answer = await fetchAs(`${gate.url}/admin/sessions`, {
      method: 'POST',
      headers: { ...GUARDED, 'content-type': 'application/json' },
      body: JSON.stringify({ action: 'disable', identities: [...unknown, person.id] }),
    });
    expect(answer.status).toBe(200);
    expect(await settled(person)).toBe(401);
    expect((await gate.kratos.calls()).counts[IDENTITIES]).toBe(5);
  });
});

const UNUSABLE = [
  { status: 500 },
  { status: 429 },
  { status: 404 },
  { status: 200, body: '<html>' },
  { status: 200, body: '{}' },
  { status: 200, body: '[]', delayMs: 5000 },
];

describe('if the admin API does not return the names', () => {
  it.each(ofOperators)('J35: %s is 503 and not sent', async (_, send, change) => {
    const [person = bystander] = people;
    for (const answer of UNUSABLE) {
      await gate.kratos.control({ answers: { [IDENTITIES]: answer } });
      const response = await send([person]);
      expect([response.status, response.headers.get('postern-reason')]).toEqual([
        503,
        'store_unavailable',
      ]);
    }
    const { counts } = await gate.kratos.calls();
    expect(counts[change.replace('{id}', person.id)]).toBe(undefined);
    await gate.kratos.reset();
    expect((await send([person])).status).toBeLessThan(300);
    expect(await settled(person)).toBe(401);
  });

  it.each(ofSenders)(
    'J35: %s is 503, ends the named sessions, and the rest on its retry',
    async (_, prepare) => {
      const [person = bystander] = people;
      const send = await prepare([person]);
      await gate.kratos.control({ answers: { [IDENTITIES]: { status: 503 } } });
      const named = await issuer.token(gate.clock.now() - 2000, { claims: { sub: person.id } });
      expect(await statusOf(named)).toBe(200);
      expect((await send()).status).toBe(503);
      expect(await settled({ ...person, jwt: named })).toBe(401);
      await gate.kratos.reset();
      expect((await send()).status).toBeLessThan(300);
      expect(await settled(person)).toBe(401);
    },
  );
});

describe('the admin API', () => {
  it('J35: is not asked where every token has a session claim', async () => {
    const person = await signIn(naming);
    for (const [, send] of ALL) await send([person], naming);
    expect((await naming.kratos.calls()).counts[IDENTITIES]).toBe(undefined);
  });

  it('J35: is not called by a webhook that names external ids too, or states that there are none', async () => {
    const [person = bystander, other = bystander] = people;
    const told = { identity_ids: [person.id], external_ids: [person.externalId] };
    expect((await webhook(told)).status).toBe(204);
    expect(await settled(person)).toBe(401);
    expect((await webhook({ identity_ids: [other.id], external_ids: [] })).status).toBe(204);
    expect((await gate.kratos.calls()).counts[IDENTITIES]).toBe(undefined);
  });

  it('J35: is not called for sessions, nor for all people', async () => {
    const headers = { ...GUARDED, 'content-type': 'application/json' };
    const post = (body: object) =>
      fetchAs(`${naming.url}/admin/sessions`, {
        ...{ method: 'POST', headers },
        body: JSON.stringify(body),
      });
    await post({ action: 'disable', sessions: [crypto.randomUUID()] });
    await post({ action: 'disable', identities: ['*'] });
    await webhook({ session_ids: [crypto.randomUUID()] });
    expect((await gate.kratos.calls()).counts[IDENTITIES]).toBe(undefined);
  });
});

/** RFC 9493 section 3.2.8: every identifier of the list is of the same subject. */
it.each([0, 1])(
  'J35: a security event ends what each of its aliases names (%i first)',
  async (first) => {
    const [person = bystander] = people;
    const jwt = await issuer.token(gate.clock.now() - 2000, { claims: { sub: person.id } });
    expect(await statusOf(jwt)).toBe(200);
    const subjects = [person.id, person.externalId].map((sub) => ({
      format: 'iss_sub',
      iss: ISSUER,
      sub,
    }));
    if (first === 1) subjects.reverse();
    await gate.kratos.control({ answers: { [IDENTITIES]: { status: 200, body: '[]' } } });
    const send = await prepareSetAbout({ format: 'aliases', identifiers: subjects });
    expect((await send()).status).toBe(202);
    expect(await settled(person)).toBe(401);
    expect(await settled({ ...person, jwt })).toBe(401);
  },
);
