import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import type { RawResponse } from '../support/parse-response.ts';
import { get, header, headerValues, type RawHeaders, request } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { refusingServer } from '../support/tcp-fakes.ts';

const SPA = 'https://spa.example.test';
const DESK = 'https://desk.example.test';
const ADMIN_HOST = 'admin.example.test';
const SECRET = 'forward-auth-secret-forward-auth-secret';
const RULES = [
  { path: '/open/*', session: 'none', preflight: [SPA] },
  { path: '/closed/*', session: 'required' },
  { path: '/api/strong', session: 'required', aal: 'aal2', preflight: [SPA] },
  { path: '/api/never', session: 'required', allow: 'false', preflight: [SPA] },
  { path: '/api/*', session: 'required', preflight: [SPA] },
  { host: ADMIN_HOST, path: '/desk/*', session: 'required', preflight: [DESK] },
];

const gate = await gateForAllTests({
  vars: { RULES, HOSTS: [ADMIN_HOST], FORWARD_AUTH_SECRETS: [SECRET], ALLOWED_ORIGINS: [] },
});
const { cookie } = await gate.kratos.createSession();

const tokens = (answer: RawResponse, name: string) =>
  headerValues(answer, name).flatMap((value) =>
    value.split(',').map((token) => token.trim().toLowerCase()),
  );

/** The CORS check for a request with credentials, and what a script then sees (Fetch standard, sections 3.3 and 4.10). */
function isReadableBy(origin: string, answer: RawResponse): boolean {
  return (
    headerValues(answer, 'access-control-allow-origin').join() === origin &&
    header(answer, 'access-control-allow-credentials') === 'true'
  );
}

function expectReadable(answer: RawResponse, origin: string): void {
  expect(isReadableBy(origin, answer)).toBe(true);
  expect(tokens(answer, 'vary')).toContain('origin');
  expect(tokens(answer, 'access-control-expose-headers').sort()).toEqual([
    'postern-reason',
    'retry-after',
    'www-authenticate',
  ]);
}

function expectUnreadable(answer: RawResponse): void {
  expect(header(answer, 'access-control-allow-origin')).toBeUndefined();
  expect(header(answer, 'access-control-allow-credentials')).toBeUndefined();
}

interface Case {
  readonly method?: string;
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly signedIn?: boolean;
}

const DENIALS: readonly Case[] = [
  { target: '/api/x', status: 401 },
  { target: '/api/x', headers: { 'X-Session-Token': 'not-a-session-not-a-session' }, status: 401 },
  { target: '/api/strong', status: 403, signedIn: true },
  { target: '/api/never', status: 403, signedIn: true },
  { target: '/api//x', status: 400 },
  { target: '/api/%2e%2e/x', status: 400 },
  { target: '/api/x', headers: { Authorization: 'Bearer a, Bearer b' }, status: 400 },
  { method: 'PURGE', target: '/api/x', status: 405 },
  { method: 'POST', target: '/api/x', status: 401 },
  { method: 'HEAD', target: '/api/x', status: 401 },
];

function send({ method = 'GET', target, headers, signedIn }: Case, more: RawHeaders) {
  return request(gate.port, {
    method,
    target,
    headers: [
      ...Object.entries({ ...headers, ...(signedIn && { Cookie: cookie }) }),
      ...(Array.isArray(more) ? more : Object.entries(more)),
    ],
  });
}

describe('a denial of a gated path', () => {
  it.each(DENIALS)('W11: $status for $target is readable by the rule’s origin', async (one) => {
    const answer = await send(one, { Origin: SPA });
    expect(answer.status).toBe(one.status);
    expectReadable(answer, SPA);
  });

  it.each(
    DENIALS.flatMap((one) =>
      [
        'https://evil.example',
        DESK,
        'null',
        'https://spa.example.test:443',
        'https://spa.example.test/',
        'HTTPS://SPA.EXAMPLE.TEST',
        'http://spa.example.test',
        `${SPA}, https://evil.example`,
        '*',
      ].map((origin) => ({ ...one, origin })),
    ),
  )('W11: $status for $target is not readable by $origin', async ({ origin, ...one }) => {
    const answer = await send(one, { Origin: origin });
    expect(answer.status).toBe(one.status);
    expectUnreadable(answer);
  });

  it('W11: without an Origin varies by Origin only', async () => {
    const answer = await get(gate.port, '/api/x');
    expect([answer.status, tokens(answer, 'vary').includes('origin')]).toEqual([401, true]);
    expectUnreadable(answer);
  });

  it('W11: is readable by no origin if the rule lists none', async () => {
    expectUnreadable(await get(gate.port, '/closed/x', { Origin: SPA }));
    expectUnreadable(await get(gate.port, '/elsewhere', { Origin: SPA }));
  });

  it('W11: is readable by the origins of its host alone before a rule is known', async () => {
    const odd = (host: string, origin: string) =>
      get(gate.port, '/desk//x', { Host: host, Origin: origin });
    expectReadable(await odd(ADMIN_HOST, DESK), DESK);
    expectReadable(await odd(ADMIN_HOST, SPA), SPA); // listed by rules of every host
    expectUnreadable(await odd('app.example.test', DESK));
    const unknown = await odd('other.example.test', SPA);
    expect(unknown.status).toBe(400);
    expectUnreadable(unknown);
    const elsewhere = await get(gate.port, '/api/x', { Host: 'other.example.test', Origin: SPA });
    expect(elsewhere.status).toBe(421);
    expectUnreadable(elsewhere);
  });

  it('W11: a redirect to sign in is not readable', async () => {
    const answer = await get(gate.port, '/api/x', { Origin: SPA, Accept: 'text/html' });
    expect(answer.status).toBe(302);
    expectUnreadable(answer);
  });

  it('W11: Postern’s own routes are readable by no origin of a rule', async () => {
    for (const target of [
      '/sessions/whoami',
      '/sessions',
      '/.postern/sessions',
      '/.postern/health/ready',
      '/.postern/nothing',
      '/.postern//sessions',
      '/.postern/auth/forward',
      '/admin/sessions',
    ]) {
      expectUnreadable(await get(gate.port, target, { Origin: SPA }));
    }
  });

  it('W11: an answer of the site keeps the site’s own CORS headers', async () => {
    const answer = await get(gate.port, '/api/x', { Origin: SPA, Cookie: cookie });
    expect(answer.status).toBe(200);
    expectUnreadable(answer);
  });

  it('W11: is readable through another proxy too', async () => {
    const described = (path: string, origin: string) =>
      get(gate.port, '/.postern/auth/forward', {
        'Postern-Proxy-Secret': SECRET,
        'X-Forwarded-Method': 'GET',
        'X-Forwarded-Host': 'app.example.test',
        'X-Forwarded-Uri': path,
        Origin: origin,
      });
    expectReadable(await described('/api/x', SPA), SPA);
    expectUnreadable(await described('/api/x', DESK));
    expectUnreadable(await described('/closed/x', SPA));
  });
});

describe('a fault on a gated path', () => {
  it('W11: of the store is readable by the rule’s origin', async () => {
    const { cookie: other } = await gate.kratos.createSession();
    await gate.kratos.control({ whoami: { status: 500 } });
    const answer = await get(gate.port, '/api/x', { Origin: SPA, Cookie: other });
    const elsewhere = await get(gate.port, '/api/x', { Origin: DESK, Cookie: other });
    await gate.kratos.reset();
    expect([answer.status, header(answer, 'retry-after') !== undefined]).toEqual([503, true]);
    expectReadable(answer, SPA);
    expectUnreadable(elsewhere);
  });

  it('W11: of the origin is readable by the rule’s origin', async () => {
    const origin = await refusingServer();
    await using other = await startGate({
      vars: { RULES, HOSTS: [ADMIN_HOST] },
      origin,
    });
    const answer = await get(other.port, '/open/x', { Origin: SPA });
    expect(answer.status).toBe(502);
    expectReadable(answer, SPA);
    await origin.close();
  });

  it('W11: of oversized headers is readable by the rule’s origin', async () => {
    const large = { Origin: SPA, Cookie: `x=${'y'.repeat(70_000)}` };
    const answer = await get(gate.port, '/open/x', large);
    expect(answer.status).toBe(431);
    expectReadable(answer, SPA);
  });
});
