/** The modules that are loaded on demand: each one that a request does not need stays unevaluated. */
import { expect, it } from 'vitest';
import { readBuiltModules } from '../support/built-gate.ts';
import { get } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';
import { createTestIssuer } from '../support/token-issuer.ts';
import { ask, SECRET } from './proxy-questions.ts';

/** All that a start evaluates. Every other module beside it is loaded on demand. */
const MAIN = 'postern.js';
const PAGE = {
  Accept: 'text/html',
  'Accept-Language': 'de',
  'Sec-Fetch-Mode': 'navigate',
  'Sec-Fetch-Dest': 'document',
};

/** The built modules. Each that is loaded on demand logs its name when it is evaluated. */
function modulesThatTell(): Readonly<Record<string, string>> {
  const entries = Object.entries(readBuiltModules()).map(([name, code]) => [
    name,
    name === MAIN ? code : `console.log('evaluated ${name}');\n${code}`,
  ]);
  return Object.fromEntries(entries);
}

it('the requests of a site and its programs evaluate no module that is loaded on demand', async () => {
  const issuer = await createTestIssuer({ issuer: 'https://auth.example.test/' });
  await using gate = await startGate({
    gateModules: modulesThatTell(),
    vars: {
      ISSUERS: [issuer.settings],
      FORWARD_AUTH_SECRETS: [SECRET],
      IDENTITY_HEADERS: { 'X-User-Id': 'identity.id' },
      RULES: [
        { path: '/public/*', session: 'none' },
        { path: '/maybe/*', session: 'optional' },
      ],
    },
  });
  const { cookie, token } = await gate.kratos.createSession();
  const statuses: number[] = [];
  const send = async (path: string, headers: Readonly<Record<string, string>>) => {
    statuses.push((await get(gate.port, path, headers)).status);
  };
  for (const repeated of [1, 2]) {
    for (const path of ['/sessions/whoami', '/members', '/public/x', '/maybe/x']) {
      await send(path, { Cookie: cookie });
      await send(path, { 'X-Session-Token': token });
      await send(path, { Authorization: `Bearer ${await issuer.token(gate.clock.now())}` });
    }
    await send('/members', { ...PAGE, Cookie: cookie });
    await send('/.postern/health/ready', {});
    statuses.push((await ask(gate.port, 'nginx', '/members', { Cookie: cookie })).status);
    expect(new Set(statuses), `time ${repeated}`).toEqual(new Set([200]));
  }
  for (const path of ['/sessions/whoami', '/members']) {
    expect((await get(gate.port, path)).status).toBe(401);
    expect((await get(gate.port, path, { 'X-Session-Token': 'unknown' })).status).toBe(401);
  }
  // A person without a session is sent to the sign-in page of Kratos.
  expect((await get(gate.port, '/members', PAGE)).status).toBe(302);
  const evaluated = async () =>
    (await gate.logs()).flatMap((line) => /evaluated ([\w-]+\.js)/.exec(line)?.[1] ?? []);
  expect(await evaluated()).toEqual([]);
  // The control: a page in the reader's language needs some of them, each once.
  for (const _ of [1, 2]) {
    expect((await get(gate.port, '/.postern/sessions', { ...PAGE, Cookie: cookie })).status).toBe(
      200,
    );
  }
  const needed = await evaluated();
  expect(needed).toEqual(expect.arrayContaining(['render-page.js', 'languages.js']));
  expect(needed).toHaveLength(new Set(needed).size);
});
