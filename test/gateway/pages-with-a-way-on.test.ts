import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { header, request } from '../support/raw-http.ts';
import { recording } from '../support/recording.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: 'text/html' };
const SCRIPT = { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', Accept: 'application/json' };
const AGAIN = '<a class="action" href="">Try again</a>';
const HOME = '<a class="action" href="/">Go to the start page</a>';

const VARS = { SELF_SERVICE: true };
const gate = await gateForAllTests({ vars: VARS });
afterEach(() => gate.reset());

interface Asked {
  readonly method?: string;
  readonly target: string;
}

/** Expects a page of this status and code with this way on, and for a script the same error as JSON. */
async function expectPage(
  { port }: Pick<RunningGate, 'port'>,
  asked: Asked,
  { status, code, way }: { status: number; code: string; way: string },
): Promise<void> {
  const page = await request(port, { ...asked, headers: PAGE });
  expect([page.status, header(page, 'content-type')]).toEqual([status, 'text/html; charset=utf-8']);
  expect(page.text).toContain(`<code>${code}</code>`);
  expect(page.text).toContain(way);
  expect(page.text).not.toMatch(/postgres|127\.0\.0\.1|\{"error"/);
  const json = await request(port, { ...asked, headers: SCRIPT });
  expect([json.status, header(json, 'content-type')]).toEqual([status, 'application/json']);
}

describe('a person gets a page with a way on', () => {
  it.each(['/self-service/nothing', '/self-service/login/other', '/self-service'])(
    'at a path without a flow: %s',
    (target) => expectPage(gate, { target }, { status: 404, code: 'not_found', way: HOME }),
  );

  it.each(['/.postern/sesions', '/.postern/events/webhook', '/.postern/'])(
    'at a path of Postern that does not exist: %s',
    (target) => expectPage(gate, { target }, { status: 404, code: 'not_found', way: HOME }),
  );

  it('for a method that the flow lacks', () =>
    expectPage(
      gate,
      { method: 'POST', target: '/self-service/errors' },
      { status: 405, code: 'method_not_allowed', way: HOME },
    ));

  it.each([
    ['/self-service/login/browser', 'upstream_unreachable', 502],
    ['/self-service/settings/browser?return_to=/a', 'upstream_unreachable', 502],
  ])('while Kratos is down: %s', async (target, code, status) => {
    await using down = await startGate({
      vars: { ...VARS, KRATOS_PUBLIC_URL: 'http://127.0.0.1:9' }, // discard: a port without a listener
      services: { kratos: 'http', origin: 'binding' },
    });
    await expectPage(down, { target }, { status, code, way: AGAIN });
  });

  it('while Kratos’s database is down, like the answer of Kratos to a browser', async () => {
    const { response } = recording('dbdown-login-browser-init-html');
    const headers = { 'Content-Type': 'application/json' };
    const answer = { status: response.status, body: response.body, headers };
    await gate.kratos.control({
      answers: { 'GET /self-service/login/browser': answer, 'POST /self-service/login': answer },
    });
    const target = '/self-service/login/browser?aal=aal2';
    const expected = { status: 500, code: 'upstream_not_valid' };
    await expectPage(gate, { target }, { ...expected, way: AGAIN });
    const submitted = { method: 'POST', target: '/self-service/login?flow=x' };
    await expectPage(gate, submitted, { ...expected, way: HOME });
  });

  it('for plain text of a Kratos without the route', async () => {
    const answer = { status: 404, body: '404 page not found\n', contentType: 'text/plain' };
    await gate.kratos.control({ answers: { 'GET /.well-known/change-password': answer } });
    const target = '/.well-known/change-password';
    const page = await request(gate.port, { target, headers: PAGE });
    expect([page.status, header(page, 'content-type')]).toEqual([404, 'text/html; charset=utf-8']);
    expect(page.text).toContain(HOME);
  });

  it('at a gate with a wrong configuration', async () => {
    await using wrong = await startGate({ vars: { FRESH_SECONDS: -1 } });
    for (const target of ['/', '/self-service/login/browser', '/.postern/x', '/a//b']) {
      await expectPage(
        wrong,
        { target },
        { status: 500, code: 'configuration_invalid', way: AGAIN },
      );
    }
  });

  it('at a gate without a site', async () => {
    await using bare = await startGate({
      vars: { ORIGIN_URL: undefined },
      services: { kratos: 'binding', origin: 'http' },
    });
    const page = await request(bare.port, { target: '/a', headers: PAGE });
    expect(page.status).toBe(404);
    expect(page.text).toContain('<code>not_found</code>');
  });

  it('for faults and refusals of the gate too', async () => {
    await gate.kratos.control({ whoami: { status: 503 } });
    const headers = { ...PAGE, 'X-Session-Token': 'a-token-nobody-has-seen-before' };
    const fault = await request(gate.port, { target: '/in', headers });
    expect([fault.status, fault.text.includes(AGAIN)]).toEqual([503, true]);
    const refused = await request(gate.port, { target: '/a//b', headers: PAGE });
    expect([refused.status, refused.text.includes(HOME)]).toEqual([400, true]);
    const elsewhere = { ...PAGE, Host: 'other.test' };
    const unknown = await request(gate.port, { target: '/', headers: elsewhere });
    expect([unknown.status, unknown.text.includes('class="action"')]).toEqual([421, false]);
  });
});

it('routes of the session API answer a browser with JSON, like Kratos', async () => {
  const { response } = recording('whoami-none-accept-html');
  for (const target of ['/sessions/whoami', '/sessions', '/sessions/token-exchange']) {
    const answer = await request(gate.port, { target, headers: PAGE });
    expect(header(answer, 'content-type')).toBe('application/json');
    if (target.endsWith('whoami')) expect(answer.text).toBe(response.body);
  }
});
