import { describe, expect, it } from 'vitest';
import { SESSIONS_PAGE_PATH as PATH } from '../../src/session-changes/own-sessions.ts';
import { forAllTests, gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, request } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { startTokenSite } from './token-site.ts';

const PAGE = { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document' };

async function send(gate: RunningGate, headers: Record<string, string>, what: string) {
  const { text } = await get(gate.port, PATH, { Accept: 'text/html', ...headers });
  const token = /name="token" value="([^"]+)"/.exec(text)?.[1] ?? '';
  const body = new URLSearchParams({ token, end: what }).toString();
  const type = { 'Content-Type': 'application/x-www-form-urlencoded' };
  return request(gate.port, {
    method: 'POST',
    target: PATH,
    headers: { ...headers, ...type },
    body,
  });
}

async function twoSessions({ kratos }: RunningGate) {
  const identityId = crypto.randomUUID();
  return [
    await kratos.createSession({ identityId }),
    await kratos.createSession({ identityId }),
  ] as const;
}

describe('the sessions page of a site’s second host', async () => {
  const HOST = 'admin.example.test';
  const gate = await gateForAllTests({ vars: { HOSTS: [HOST] } });

  it('accepts its own form by its Origin alone, as browsers without Fetch Metadata send it', async () => {
    const [current, other] = await twoSessions(gate);
    const headers = { Host: HOST, Origin: `https://${HOST}`, Cookie: current.cookie };
    const answer = await send(gate, headers, other.id);
    expect([answer.status, header(answer, 'location')]).toEqual([
      303,
      expect.stringContaining(`${PATH}?ended=`),
    ]);
  });

  it('refuses forms of the first host', async () => {
    const [current, other] = await twoSessions(gate);
    const headers = { Host: HOST, Origin: 'https://app.example.test', Cookie: current.cookie };
    const answer = await send(gate, headers, other.id);
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([403, 'cross_site_change']);
  });

  it('returns to itself after sign-in', async () => {
    const answer = await get(gate.port, PATH, { Host: HOST, ...PAGE });
    const location = new URL(header(answer, 'location') ?? '');
    expect(location.searchParams.get('return_to')).toBe(`https://${HOST}${PATH}`);
  });
});

describe('the sessions page for a token', async () => {
  const site = await forAllTests(startTokenSite());

  it('says that tokens are not listed, and calls no store', async () => {
    const token = await site.inlineToken();
    await site.clearAllCalls();
    for (const headers of [
      { Cookie: `app_token=${token}` },
      { Authorization: `Bearer ${token}` },
    ]) {
      const answer = await get(site.port, PATH, { ...PAGE, ...headers });
      expect([answer.status, header(answer, 'postern-reason')]).toEqual([
        404,
        'session_not_listed',
      ]);
      expect(header(answer, 'content-type')).toBe('text/html; charset=utf-8');
    }
    expect((await site.kratos.calls()).counts).toEqual({});
  });

  it('sends a request without a valid token to sign in', async () => {
    const expired = await site.inlineToken({ exp: 1 });
    for (const token of [expired, 'z'.repeat(30), `${expired}x`]) {
      const page = await get(site.port, PATH, { ...PAGE, Cookie: `app_token=${token}` });
      expect([page.status, header(page, 'location')]).toEqual([
        302,
        expect.stringContaining(encodeURIComponent(PATH)),
      ]);
    }
  });
});

it('a change that cannot be recorded in the log is not sent', async () => {
  // A Worker that is no log: every call to it fails.
  const bindings = { REVOCATIONS: { type: 'worker', worker: 'kratos' } } as const;
  await using gate = await startGate({ durableObjects: {}, bindings });
  for (const isOne of [true, false]) {
    const [current, other] = await twoSessions(gate);
    const answer = await send(gate, { Cookie: current.cookie }, isOne ? other.id : 'others');
    expect([answer.status, header(answer, 'postern-reason')]).toEqual([
      503,
      'revocation_log_unavailable',
    ]);
    const whoami = await request(gate.port, {
      target: '/sessions/whoami',
      headers: { Cookie: other.cookie },
    });
    expect(whoami.status).toBe(200);
  }
});
