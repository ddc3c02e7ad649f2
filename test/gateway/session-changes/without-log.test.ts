/** With `REVOCATION = "off"` there are no marks, so a change does not need its person. */

import { afterEach, beforeEach, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import type { SignedInSession } from '../../support/standin-control.ts';
import { startGate } from '../../support/start-gate.ts';
import { createTestIssuer } from '../../support/token-issuer.ts';
import { fetchAs } from '../session-api/fetch-as.ts';
import { ADMIN_SECRET, GUARDED, startKratosApi } from '../session-api/start-session-api.ts';
import { as, JSON_TYPE, ofCookie, PAGE, selfServiceForms } from './self-service-forms.ts';

let known: SignedInSession;
let other: SignedInSession;

const send = (path: string, init?: RequestInit) => fetchAs(`${gate.url}${path}`, init);
const { begin, submit, logoutPath } = selfServiceForms(() => ({ send, gate }));

const { publicJwk } = await createTestIssuer();
const gate = await forAllTests(
  startKratosApi({
    kv: 'none',
    vars: {
      REVOCATION: 'off',
      SELF_SERVICE: true,
      STORE_TIMEOUT_MS: 400,
      // Its tokens may name their person by the external id.
      ISSUERS: [
        {
          issuer: 'https://auth.example.test/',
          preset: 'kratos',
          audience: 'postern',
          algorithms: ['ES256'],
          keys: { keys: [publicJwk] },
        },
      ],
    },
  }),
);
beforeEach(async () => {
  const identityId = crypto.randomUUID();
  known = await gate.kratos.createSession({ identityId });
  other = await gate.kratos.createSession({ identityId });
});
afterEach(() => gate.kratos.reset());

const FAULTS = [{ status: 429 }, { status: 503 }, { status: 200, body: '<html>' }];

/** Whether Kratos has the session still. */
async function isAlive({ token }: SignedInSession): Promise<boolean> {
  await gate.kratos.reset();
  const headers = { 'x-session-token': token };
  return (await fetch(`${gate.kratos.url}/sessions/whoami`, { headers })).ok;
}

it.each(FAULTS)('R31: signs out while whoami answers %o', async (whoami) => {
  const path = await logoutPath(known);
  await gate.kratos.control({ whoami });
  const inBrowser = await send(path, { headers: { ...ofCookie(known), ...PAGE } });
  expect(inBrowser.status).toBe(303);
  expect(inBrowser.headers.getSetCookie().join()).toMatch(/ory_kratos_session=[^;]*;.*Max-Age=0/);
  const inApp = await send('/self-service/logout/api', {
    method: 'DELETE',
    headers: JSON_TYPE,
    body: JSON.stringify({ session_token: other.token }),
  });
  expect(inApp.status).toBe(204);
  expect([await isAlive(known), await isAlive(other)]).toEqual([false, false]);
});

it.each(FAULTS)('R31: ends sessions while whoami answers %o', async (whoami) => {
  const third = await gate.kratos.createSession({ identityId: known.session.identity.id });
  await gate.kratos.control({ whoami });
  const one = await send(`/sessions/${other.id}`, { method: 'DELETE', headers: as(known) });
  const all = await send('/sessions', { method: 'DELETE', headers: as(known) });
  expect([one.status, all.status]).toEqual([204, 200]);
  for (const [session, isIt] of [
    [known, true],
    [other, false],
    [third, false],
  ] as const) {
    expect(await isAlive(session)).toBe(isIt);
  }
});

it('R31: an unknown session, or one below the level, is refused as with a log', async () => {
  const init = { method: 'DELETE', headers: { 'x-session-token': 'ory_st_nobodys0000000000000' } };
  expect((await send('/sessions', init)).status).toBe(401);
  await gate.kratos.control({ requiredAal: 'highest_available' });
  await gate.kratos.changeIdentity(known.session.identity.id, { totp: true });
  expect((await send('/sessions', { method: 'DELETE', headers: as(known) })).status).toBe(403);
});

it('R31: a page of another site ends no session while whoami fails', async () => {
  await gate.kratos.control({ whoami: { status: 503 } });
  const headers = { ...ofCookie(known), origin: 'https://evil.example' };
  for (const path of ['/sessions', `/sessions/${other.id}`]) {
    expect((await send(path, { method: 'DELETE', headers })).status).toBe(403);
  }
  expect(await isAlive(other)).toBe(true);
});

it.each(FAULTS)('R31: changes settings while whoami answers %o', async (whoami) => {
  const flow = await begin('settings', 'api', { headers: as(known) });
  await gate.kratos.control({ whoami });
  const fields = { method: 'profile', traits: { email: `${crypto.randomUUID()}@example.com` } };
  expect((await submit('settings', flow, fields)).status).toBe(200);
});

it('R31: verifies and recovers while whoami, the flows and the admin API fail', async () => {
  const email = `${known.session.identity.id}@example.com`;
  for (const kind of ['verification', 'recovery']) {
    const flow = await begin(kind, 'api');
    await submit(kind, flow, { method: 'code', email });
    const down = { status: 503 };
    await gate.kratos.control({
      whoami: down,
      answers: {
        [`GET /self-service/${kind}/flows`]: down,
        'GET /admin/identities': down,
        'GET /self-service/settings/api': down,
      },
    });
    const answer = await submit(kind, flow, { method: 'code', code: '000000' });
    expect([kind, answer.status]).toEqual([kind, 200]);
    await gate.kratos.reset();
  }
});

it('R31: an operator ends sessions while the admin API returns no names', async () => {
  await gate.kratos.control({ answers: { 'GET /admin/identities': { status: 503 } } });
  const path = `/admin/identities/${known.session.identity.id}/sessions`;
  expect((await send(path, { method: 'DELETE', headers: GUARDED })).status).toBe(204);
  expect((await gate.kratos.calls()).counts['GET /admin/identities']).toBe(undefined);
});

it('R31: a Keycard session ends while its list fails', async () => {
  await using zone = await startGate({
    vars: ({ keycard }) => ({
      REVOCATION: 'off',
      ADMIN_SECRETS: [ADMIN_SECRET],
      KEYCARD_API_URL: keycard,
      KEYCARD_ZONES: ['zone-1'],
      KEYCARD_CLIENT_ID: 'postern',
      KEYCARD_CLIENT_SECRET: 'standin-client-secret',
      ISSUERS: [
        {
          ...{ issuer: keycard, preset: 'keycard', audience: 'postern' },
          ...{ algorithms: ['RS256'], discovery: true },
        },
      ],
    }),
  });
  const standin = (path: string, body: object) =>
    fetch(`${zone.keycard.url}/.standin/${path}`, { method: 'POST', body: JSON.stringify(body) });
  const { id } = (await (await standin('sessions', {})).json()) as { id: string };
  await standin('session-control', {
    answers: { 'GET /zones/zone-1/sessions': { status: 503, body: {} } },
  });
  const url = `${zone.url}/zones/zone-1/sessions/${id}`;
  const answer = await fetchAs(url, { method: 'DELETE', headers: GUARDED });
  expect(answer.status).toBeLessThan(300);
});

it('the page of sign-out ends the session at Kratos', async () => {
  const browser = { ...PAGE, cookie: known.cookie, origin: 'https://app.example.test' };
  const page = await send('/.postern/sign-out', { headers: browser });
  const [, token = ''] = /name="token" value="([^"]+)"/.exec(await page.text()) ?? [];
  const done = await send('/.postern/sign-out', {
    method: 'POST',
    headers: { ...browser, 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({ token }).toString(),
  });
  expect([done.status, await isAlive(known), await isAlive(other)]).toEqual([200, false, true]);
});
