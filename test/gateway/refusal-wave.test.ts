import { afterEach, describe, expect, it } from 'vitest';
import { readDecisions } from '../support/decision-lines.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, headerValues } from '../support/raw-http.ts';
import { recording } from '../support/recording.ts';
import type { SignedInSession } from '../support/standin-control.ts';
import { byCookie, cacheStatus, strangersToken, whoami } from './whoami-requests.ts';

/**
 * A statement of Kratos's database times out: whoami answers 401, and readiness 200 (recordings timeout-whoami-cookie and
 * timeout-health-ready).
 */
const FAILING = { whoami: { status: 401, body: recording('timeout-whoami-cookie').response.body } };
const WAVE = 'detail=refusal-wave';

const API_KEY = 'a-key-for-senders-that-cannot-sign';

const gate = await gateForAllTests({
  vars: {
    WEBHOOK_API_KEYS: [API_KEY],
    RULES: [
      { path: '/either/*', session: 'optional' },
      { path: '/strict/*', session: 'required', freshness: 'strict' },
    ],
  },
});
afterEach(async () => {
  await gate.reset();
  await gate.clock.advance(600_000); // past everything that the test before left behind
  expect(await gate.bugs()).toEqual([]);
  gate.clearLogs();
});

type Person = SignedInSession;

/** Signs people in, and has each session checked at this moment. */
async function signedIn(count: number): Promise<Person[]> {
  const people: Person[] = [];
  for (let made = 0; made < count; made += 1)
    people.push(await gate.kratos.createSession({ identityId: crypto.randomUUID() }));

  for (const { cookie } of people) await whoami(gate.port, byCookie(cookie));
  return people;
}

const ask = ({ cookie }: Person, path = '/either/x', headers = {}) =>
  get(gate.port, path, { ...byCookie(cookie), ...headers });
const statusOf = async (person: Person, headers = {}) =>
  (await whoami(gate.port, { ...byCookie(person.cookie), ...headers })).status;
const statuses = (people: readonly Person[]) => Promise.all(people.map((one) => statusOf(one)));
const clears = (answer: RawResponse) => headerValues(answer, 'set-cookie').length > 0;

/** Has each session refreshed in the background, and waits until the store has answered. */
async function refreshed(people: readonly Person[]): Promise<void> {
  await gate.kratos.clearCalls();
  expect(await statuses(people)).toEqual(people.map(() => 200));
  const isDone = async () => {
    const { counts } = await gate.kratos.calls();
    return (counts['GET /sessions/whoami'] ?? 0) >= people.length;
  };
  for (let tries = 0; tries < 100 && !(await isDone()); tries += 1) await pause(20);
  await pause(2500); // a refusal is confirmed by readiness, at most one question a second
}

const events = async () =>
  (await gate.logs()).filter((line) => line.startsWith('{"event":"refusal-wave"'));

describe('while a query of a ready store fails', () => {
  it('sessions that were good a moment ago are served on, and each answer says so', async () => {
    const people = await signedIn(3);
    await gate.clock.advance(35_000);
    await gate.kratos.control(FAILING);
    await refreshed(people);
    for (const person of people) {
      const answer = await whoami(gate.port, byCookie(person.cookie));
      expect([answer.status, cacheStatus(answer)]).toEqual([200, expect.stringContaining(WAVE)]);
      expect((await ask(person)).status).toBe(200);
      expect(clears(await ask(person))).toBe(false);
    }
    expect(await events()).toHaveLength(1);
    const faults = (await readDecisions(gate)).filter(({ fault }) => fault === 'refusal-wave');
    expect(faults.length).toBeGreaterThanOrEqual(9);
    expect(new Set(faults.map(({ outcome }) => outcome))).toEqual(new Set(['pass']));
  });

  it('a session that the store confirms again is as good as before', async () => {
    const people = await signedIn(3);
    await gate.clock.advance(35_000);
    await gate.kratos.control(FAILING);
    await refreshed(people);
    await gate.kratos.reset();
    await gate.clock.advance(5000);
    await refreshed(people);
    for (const { cookie } of people) {
      expect(cacheStatus(await whoami(gate.port, byCookie(cookie)))).toMatch(/^postern; hit/);
    }
  });

  it('no request for a new check is answered with an old one, and no cookie is cleared', async () => {
    const people = await signedIn(3);
    await gate.clock.advance(35_000);
    await gate.kratos.control(FAILING);
    await refreshed(people);
    for (const person of people) {
      expect((await ask(person, '/strict/x')).status).toBe(401);
      expect(await statusOf(person, { 'Cache-Control': 'no-cache' })).toBe(401);
      expect(await statusOf(person, { 'Cache-Control': 'max-age=10' })).toBe(401);
      expect(await statusOf(person, { 'Cache-Control': 'no-store' })).toBe(401);
      const answer = await ask(person, '/either/x', { 'Cache-Control': 'no-cache' });
      expect(clears(answer)).toBe(false);
      expect(await statusOf(person)).toBe(200);
    }
  });

  it('the refusal counts a minute after the last good check; its cookie stays for as long again', async () => {
    const people = await signedIn(3);
    await gate.clock.advance(35_000);
    await gate.kratos.control(FAILING);
    await refreshed(people);
    await gate.clock.advance(26_000);
    for (const person of people) {
      expect(await statusOf(person)).toBe(401);
      expect(clears(await ask(person))).toBe(false);
    }
    await gate.kratos.reset();
    await gate.clock.advance(6000);
    expect(await statuses(people)).toEqual([200, 200, 200]);
  });
});

describe('all sessions ended at once in Kratos', () => {
  it('are served for a minute after their last good check at most, and no cookie is cleared meanwhile', async () => {
    const early = await signedIn(3);
    const begun = gate.clock.now();
    await gate.clock.advance(20_000);
    const late = await signedIn(3);
    for (const { id } of [...early, ...late]) await gate.kratos.revoke(id);
    const at = async (moment: number) => {
      await gate.clock.advance(begun + moment * 1000 - gate.clock.now());
      for (const person of [...early, ...late]) expect(clears(await ask(person))).toBe(false);
      const found = [await statuses(early), await statuses(late)];
      if (moment === 31 || moment === 52) await pause(2500); // refreshed behind the answer, and refused
      return found.map((answers) => [...new Set(answers)]);
    };
    expect(await at(31)).toEqual([[200], [200]]);
    expect(await at(45)).toEqual([[200], [200]]);
    expect(await at(52)).toEqual([[200], [200]]);
    expect(await at(59)).toEqual([[200], [200]]);
    expect(await at(61)).toEqual([[401], [200]]);
    expect(await at(74)).toEqual([[401], [200]]);
    expect(await at(81)).toEqual([[401], [401]]);
    await gate.clock.advance(120_000);
    for (const person of early) expect(clears(await ask(person))).toBe(true);
  });
});

describe('no wave is', () => {
  it('one session that ended in Kratos: it is refused at once', async () => {
    const [ended, ...others] = await signedIn(3);
    if (ended === undefined) throw new Error('three people signed in');
    await gate.clock.advance(35_000);
    await gate.kratos.revoke(ended.id);
    await refreshed([ended, ...others]);
    expect(await statuses([ended, ...others])).toEqual([401, 200, 200]);
    expect(await events()).toEqual([]);
  });

  it('one person whose sessions all ended', async () => {
    const identityId = crypto.randomUUID();
    const mine = [1, 2, 3].map(() => gate.kratos.createSession({ identityId }));
    const sessions = await Promise.all(mine);
    for (const { cookie } of sessions) await whoami(gate.port, byCookie(cookie));
    await gate.clock.advance(35_000);
    for (const { id } of sessions) await gate.kratos.revoke(id);
    await refreshed(sessions);
    expect(await statuses(sessions)).toEqual([401, 401, 401]);
  });

  it('two people among more whom the store confirms', async () => {
    const people = await signedIn(7);
    const [one, other, ...rest] = people;
    if (one === undefined || other === undefined) throw new Error('seven people signed in');
    await gate.clock.advance(35_000);
    for (const { id } of [one, other]) await gate.kratos.revoke(id);
    await refreshed([...rest, one, other]);
    expect(await statuses([one, other])).toEqual([401, 401]);
  });

  it('a crowd of strangers: an ended session is not kept by credentials that somebody invents', async () => {
    const [ended] = await signedIn(1);
    if (ended === undefined) throw new Error('one person signed in');
    await gate.clock.advance(35_000);
    await gate.kratos.revoke(ended.id);
    await statusOf(ended);
    for (let count = 0; count < 10; count += 1) {
      await whoami(gate.port, { 'X-Session-Token': strangersToken() });
    }
    await pause(2500);
    expect(await statusOf(ended)).toBe(401);
  });
});

it('a session that a mark names is not served in a wave', async () => {
  const people = await signedIn(3);
  const [ended, other] = people;
  if (ended === undefined || other === undefined) throw new Error('three people signed in');
  await gate.clock.advance(35_000);
  await gate.kratos.control(FAILING);
  await refreshed(people);
  expect(await statuses(people)).toEqual([200, 200, 200]);
  const revoked = await fetch(`${gate.url}/.postern/events/webhook`, {
    method: 'POST',
    headers: { authorization: `Bearer ${API_KEY}` },
    body: JSON.stringify({ session_ids: [ended.id] }),
  });
  expect(revoked.status).toBe(204);
  await gate.clock.advance(6000);
  expect(await statuses([ended, other])).toEqual([401, 200]);
});

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
