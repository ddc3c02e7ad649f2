/** The `wrangler.toml` of docs/keycard-alone.md, in front of the stand-ins, and what the page says about it. */
import { expect, it } from 'vitest';
import { parseToml } from '../../cli/wrangler/positioned-document.ts';
import { codeOf, readPage } from '../docs/pages.ts';
import { forAllTests } from '../support/for-all-tests.ts';
import { get, header } from '../support/raw-http.ts';
import type { Json } from '../support/runtime-worker.ts';
import { startGate } from '../support/start-gate.ts';

const HOST = 'app.example.com';
const WEBHOOK_KEY = 'correct-horse-battery-staple-0123456789';
const [file = ''] = codeOf(readPage('docs/keycard-alone.md'), 'toml');

let zone = '';
const gate = await forAllTests(
  startGate({
    services: { kratos: 'http', origin: 'binding' },
    kv: 'none',
    vars: ({ keycard }) => {
      zone = keycard;
      const parsed = parseToml(file);
      if (!parsed.ok) throw new Error(parsed.failure.problem);
      const { vars } = parsed.value.value as { vars: Record<string, Json> }; // the page's own file
      const [issuer] = vars.ISSUERS as [Record<string, Json>]; // likewise
      return {
        ...vars,
        KRATOS_PUBLIC_URL: undefined,
        ISSUERS: [{ ...issuer, issuer: keycard }],
        WEBHOOK_API_KEYS: [WEBHOOK_KEY],
      };
    },
  }),
);

const ask = (path: string, headers: Record<string, string> = {}) =>
  get(gate.port, path, { Host: HOST, ...headers });
const bearer = async (subject: string) => ({
  Authorization: `Bearer ${await gate.keycard.createToken({ subject, audience: `https://${HOST}` })}`,
});

it('is ready, and lets a token of the zone through with its user', async () => {
  const ready = JSON.parse((await ask('/.postern/health/ready')).text);
  expect(ready).toEqual({ status: 'ok', version: expect.any(String) });
  expect((await ask('/a', await bearer('user-1'))).status).toBe(200);
  const [sent] = (await gate.origin.calls()).requests;
  expect(new Headers(sent?.headers).get('x-user-id')).toBe('user-1');
  expect((await ask('/sessions/whoami', await bearer('user-1'))).text).toContain(
    '"user_id":"user-1"',
  );
});

it('answers a program without a token with the metadata that names the zone', async () => {
  const answer = await ask('/a');
  expect(answer.status).toBe(401);
  const [, url = ''] =
    /resource_metadata="([^"]+)"/.exec(header(answer, 'www-authenticate') ?? '') ?? [];
  const metadata = JSON.parse((await ask(new URL(url).pathname)).text);
  expect(metadata).toMatchObject({
    resource: `https://${HOST}`,
    authorization_servers: [zone],
  });
});

it('ends a user’s token by a webhook', async () => {
  const headers = await bearer('user-9');
  expect((await ask('/sessions/whoami', headers)).status).toBe(200);
  const sent = await fetch(`${gate.url}/.postern/events/webhook`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${WEBHOOK_KEY}`, 'Content-Type': 'application/json' },
    body: JSON.stringify({ identity_ids: ['user-9'] }),
  });
  expect(sent.status).toBeLessThan(300);
  expect((await ask('/sessions/whoami', headers)).status).toBe(401);
});
