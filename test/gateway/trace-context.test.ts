import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { readDecisions } from '../support/decision-lines.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { request } from '../support/raw-http.ts';
import { inRepository } from '../support/repository.ts';

/** The example of W3C Trace Context section 3.2.4. */
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const traceparent = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const tracestate = 'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE';
const { version } = JSON.parse(readFileSync(inRepository('package.json'), 'utf8'));

const gate = await gateForAllTests({
  vars: {
    ADMIN_SECRETS: ['an-admin-secret-of-32-characters-or-more'],
    FORWARD_AUTH_SECRETS: ['a-secret-of-32-characters-or-more-x'],
  },
});
const { cookie, token } = await gate.kratos.createSession();
afterEach(() => gate.clearLogs());

describe('the log line of a traced request', () => {
  it.each([
    ['whoami', 'GET', '/sessions/whoami'],
    ['gate', 'GET', '/page'],
    ['session-api', 'GET', '/sessions'],
    ['own-sessions', 'GET', '/.postern/sessions'],
    ['sign-out', 'GET', '/.postern/sign-out'],
    ['status', 'GET', '/.postern/status'],
    ['forward-auth', 'GET', '/.postern/auth/nginx'],
    ['admission', 'GET', '/a/../b'],
  ])('has trace id and version: %s', async (route, method, target) => {
    const headers = { Cookie: cookie, traceparent };
    await request(gate.port, { method, target, headers });
    const [line] = await readDecisions(gate);
    expect(line).toMatchObject({ route, traceId: TRACE_ID, version });
  });

  it('has no trace id for a header that is not valid', async () => {
    await request(gate.port, { target: '/page', headers: { traceparent: '00-0"}{-1-2' } });
    const [line] = await readDecisions(gate);
    expect(line).not.toHaveProperty('traceId');
  });
});

it('passes trace context on to the origin and to Kratos, unchanged', async () => {
  const headers = { 'X-Session-Token': token, traceparent, tracestate };
  await request(gate.port, { target: '/traced', headers });
  await request(gate.port, { target: '/sessions', headers });
  const called = async (
    calls: readonly { path: string; headers: readonly (readonly [string, string])[] }[],
    path: string,
  ) => Object.fromEntries(calls.findLast((call) => call.path.startsWith(path))?.headers ?? []);
  const atOrigin = await called((await gate.origin.calls()).requests, '/traced');
  const atKratos = await called((await gate.kratos.calls()).requests, '/sessions');
  expect([atOrigin, atKratos]).toMatchObject([
    { traceparent, tracestate },
    { traceparent, tracestate },
  ]);
});
