import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { inRepository } from '../../support/repository.ts';
import { fetchAs } from './fetch-as.ts';
import { startKratosApi } from './start-session-api.ts';

const gate = await forAllTests(startKratosApi({ vars: { SELF_SERVICE: true } }));
afterEach(() => gate.reset());

const FLOWS = ['login', 'registration', 'settings', 'recovery', 'verification'];

/** The public routes of Kratos for people (`RegisterPublicRoutes` in `session`, `selfservice`, `x/webauthnx`). */
const ROUTED = [
  'GET /sessions/whoami',
  'GET /sessions',
  'DELETE /sessions',
  'DELETE /sessions/{id}',
  'GET /sessions/token-exchange',
  ...FLOWS.flatMap((flow) => [
    `GET /self-service/${flow}/browser`,
    `GET /self-service/${flow}/api`,
    `GET /self-service/${flow}/flows`,
    `GET /self-service/${flow}`,
    `POST /self-service/${flow}`,
  ]),
  'DELETE /self-service/login/test',
  'GET /self-service/logout/browser',
  'GET /self-service/logout',
  'DELETE /self-service/logout/api',
  'GET /self-service/errors',
  'GET /self-service/methods/oidc/callback',
  'GET /self-service/methods/oidc/callback/{provider}',
  'POST /self-service/methods/oidc/callback/{provider}',
  'GET /.well-known/change-password',
  'GET /.well-known/ory/webauthn.js',
];

/** The other public routes of Kratos and of its SDKs. docs/session-api.md gives the reason for each. */
const LEFT_OUT = [
  'GET /self-service/fed-cm/parameters',
  'POST /self-service/fed-cm/token',
  'GET /self-service/methods/oidc/organization/{organization}/callback/{provider}',
  'GET /self-service/methods/saml/callback/{provider}',
  'GET /schemas',
  'GET /schemas/{id}',
  'GET /identities',
  'GET /identities/{id}',
  'DELETE /identities/{id}/sessions',
  'GET /admin/courier/messages',
  'GET /admin/identities',
  'POST /recovery/code',
  'POST /recovery/link',
  'GET /health/alive',
  'GET /health/ready',
];

/** Sends a request to a route and returns the routes at which Kratos was asked, whoami left out. */
async function reached(route: string) {
  const [method = '', pattern = ''] = route.split(' ');
  const { token } = await gate.kratos.createSession();
  const path = pattern.replaceAll('{id}', crypto.randomUUID()).replaceAll(/\{\w+\}/g, 'google');
  await gate.kratos.clearCalls();
  const body = path === '/self-service/logout/api' ? { session_token: token } : {};
  const answer = await fetchAs(gate.url + path, {
    method,
    headers: { 'X-Session-Token': token, 'content-type': 'application/json' },
    ...(method !== 'GET' && { body: JSON.stringify(body) }),
  });
  const asked = (await gate.kratos.calls()).requests.map(
    (one) => `${one.method} ${one.path.replace(/\?.*/, '')}`,
  );
  return { status: answer.status, isAsked: asked.some((one) => one === `${method} ${path}`) };
}

describe('with SELF_SERVICE', () => {
  it.each(ROUTED)('calls Kratos at %s', async (route) => {
    expect((await reached(route)).isAsked).toBe(true);
  });

  it.each(LEFT_OUT)('does not call Kratos at %s, and the docs state that', async (route) => {
    expect((await reached(route)).isAsked).toBe(false);
    const docs = readFileSync(inRepository('docs/session-api.md'), 'utf8');
    const [, leftOut = ''] =
      /\n## Routes of Kratos that are left out\n(.*?)\n## /s.exec(docs) ?? [];
    const [, path = ''] = route.split(' ');
    const named = [...leftOut.matchAll(/`(\/[^`]*)`/g)].map(([, name = '']) => name);
    expect(named.some((name) => covers(name, path))).toBe(true);
  });

  it('sends a password manager to the page of the settings (W3C, change-password-url)', async () => {
    // Kratos answers 303 to `selfservice.flows.settings.ui_url` (`selfservice/flow/settings/handler.go`).
    const location = 'https://kratos.example.test/ui/settings';
    await gate.kratos.control({
      answers: { 'GET /.well-known/change-password': { status: 303, location } },
    });
    const answer = await fetchAs(`${gate.url}/.well-known/change-password`, { redirect: 'manual' });
    expect([answer.status, answer.headers.get('location')]).toEqual([
      303,
      'https://app.example.test/ui/settings',
    ]);
  });
});

it('without SELF_SERVICE, these paths belong to the site', async () => {
  await using plain = await startKratosApi({ vars: { RULES: [{ path: '/*', session: 'none' }] } });
  for (const path of ['/.well-known/change-password', '/self-service/login/test']) {
    await fetchAs(plain.url + path);
  }
  expect((await plain.origin.calls()).requests).toHaveLength(2);
});

/** Whether a name in the docs stands for a path. A name that ends in `…` stands for all paths that begin so. */
function covers(name: string, path: string): boolean {
  return name.endsWith('…') ? path.startsWith(name.slice(0, -1)) : path === name;
}
