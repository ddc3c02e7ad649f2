import { expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, headerValues } from '../support/raw-http.ts';
import { byCookie, byToken, strangersToken } from './whoami-requests.ts';

/**
 * Kratos answers 401 to everybody while its database is down, and 503 at `/health/ready` (recordings dbdown-whoami-token
 * and dbdown-admin-health-ready). Here it is down for ten minutes under load, longer than Postern remembers a session.
 */
const gate = await gateForAllTests({
  isolates: 2,
  vars: { RULES: [{ path: '/either/*', session: 'optional' }] },
});

const PATHS = ['/sessions/whoami', '/either/x', '/private'];
const NAVIGATION = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

it('in ten minutes without its database, nobody is signed out and no cookie is cleared', async () => {
  const shared = await gate.kratos.createSession({ identityId: crypto.randomUUID() });
  const ofOne = await gate.kratos.createSession({ identityId: crypto.randomUUID() });
  const unseen = await gate.kratos.createSession({ identityId: crypto.randomUUID() });
  const credentials = [
    byCookie(shared.cookie),
    byToken(ofOne.token),
    byCookie(unseen.cookie),
    byCookie(`ory_kratos_session=${strangersToken()}`),
  ];
  for (const { port } of gate.gates) await get(port, '/sessions/whoami', byCookie(shared.cookie));
  await get(gate.isolate(1).port, '/sessions/whoami', byToken(ofOne.token));

  const counted = new Map<number, number>();
  const load = async () => {
    for (const { port } of gate.gates) {
      const asked = credentials.flatMap((credential) =>
        PATHS.flatMap((path) => [
          get(port, path, credential),
          get(port, path, { ...credential, ...NAVIGATION }),
        ]),
      );
      for (const answer of await Promise.all(asked)) {
        counted.set(answer.status, (counted.get(answer.status) ?? 0) + 1);
        expect(headerValues(answer, 'set-cookie')).toEqual([]);
      }
    }
  };
  await gate.kratos.control({ databaseFailing: true });
  // Fresh, stale, kept for an outage, forgotten after 360 s, and to the end of ten minutes.
  for (const seconds of [45, 155, 165, 235]) {
    await load();
    await gate.clock.advance(seconds * 1000);
  }
  expect([...counted.keys()].sort()).toEqual([200, 503]);

  // The database is back while the load goes on: the first answers that count are good.
  counted.clear();
  await load();
  await gate.kratos.reset();
  await gate.clock.advance(1100);
  for (const { port } of gate.gates) {
    for (const credential of credentials.slice(0, 3)) {
      expect((await get(port, '/private', credential)).status).toBe(200);
    }
  }
  expect(await gate.bugs()).toEqual([]);
}, 60_000);
