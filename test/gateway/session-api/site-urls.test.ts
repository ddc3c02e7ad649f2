import { afterEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { recording } from '../../support/recording.ts';
import { fetchAs } from './fetch-as.ts';
import { startKratosApi } from './start-session-api.ts';

const SITE = 'https://app.example.test';
const KRATOS = 'https://kratos.example.test';
/** Kratos's own address in the recordings. */
const RECORDED = 'http://127.0.0.1:27133';

const gate = await forAllTests(startKratosApi({ vars: { SELF_SERVICE: true } }));
afterEach(() => gate.reset());

/** Has the stand-in answer as recorded, with its own address for that of the recording. */
async function answersAsRecorded(route: string, name: string, status?: number): Promise<string> {
  const { response } = recording(name);
  const body = response.body.trim().replaceAll(RECORDED, KRATOS);
  const headers = { 'Content-Type': 'application/json' };
  const answer = { status: status ?? response.status, body, headers };
  await gate.kratos.control({ answers: { [route]: answer } });
  return body;
}

/** A user with a second factor, whose session lacks it. */
async function belowLevel(): Promise<{ 'X-Session-Token': string }> {
  const { token, session } = await gate.kratos.createSession();
  await gate.kratos.changeIdentity(session.identity.id, { totp: true });
  return { 'X-Session-Token': token };
}

describe('with SELF_SERVICE, the URLs in Kratos’s refusals are those of the site:', () => {
  it.each<[method: string, path: string, name: string, status?: number]>([
    ['GET', '/sessions', 'sessions-list-aal1'],
    ['DELETE', '/sessions', 'sessions-list-aal1'],
    ['DELETE', `/sessions/${crypto.randomUUID()}`, 'sessions-list-aal1'],
    // Kratos answers a code without a session with the flow, as it is read (`session/handler.go`, `exchangeCode`).
    ['GET', '/sessions/token-exchange', 'registration-api-init', 422],
    ['GET', '/self-service/login/flows', 'login-flow-expired-read-410'],
    ['GET', '/self-service/login/flows', 'login-flow-expired-read-browser-410'],
    ['GET', '/self-service/settings/flows', 'settings-flow-expired-read-410'],
    ['POST', '/self-service/login', 'login-browser-json-of-aal2-identity-422'],
    ['POST', '/self-service/recovery', 'recovery-browser-good-code-json-422'],
  ])('%s %s, as %s', async (method, path, name, status) => {
    const body = await answersAsRecorded(`${method} ${path}`, name, status);
    const { token } = await gate.kratos.createSession();
    const query = path.endsWith('token-exchange') ? '?init_code=a&return_to_code=b' : '';
    const answer = await fetchAs(gate.url + path + query, {
      method,
      headers: { 'X-Session-Token': token },
    });
    expect(answer.status).toBe(status ?? recording(name).response.status);
    expect((await answer.text()).trim()).toBe(body.replaceAll(KRATOS, SITE));
    expect(body).toContain(KRATOS);
  });

  it('the refusal of a session without its second factor', async () => {
    const { response } = recording('sessions-list-aal1');
    for (const method of ['GET', 'DELETE']) {
      const headers = await belowLevel();
      const answer = await fetchAs(`${gate.url}/sessions`, { method, headers });
      expect(await answer.text()).toBe(response.body.replaceAll(RECORDED, SITE));
    }
    // Kratos would have ended the other sessions (recording sessions-delete-others-aal1): docs/session-api.md says why not.
    expect((await gate.kratos.calls()).counts).not.toHaveProperty('DELETE /sessions');
  });
});

it('without SELF_SERVICE, answers keep Kratos’s own URLs', async () => {
  await using plain = await startKratosApi();
  const { token, session } = await plain.kratos.createSession();
  await plain.kratos.changeIdentity(session.identity.id, { totp: true });
  const headers = { 'X-Session-Token': token };
  const answer = await fetchAs(`${plain.url}/sessions`, { headers });
  expect(await answer.text()).toContain(`"redirect_browser_to":"${KRATOS}/self-service/login`);
});
