import { setTimeout as delay } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { createEventSigner } from '../support/event-signer.ts';
import { startNodeOrigin } from '../support/node-origin.ts';
import { startGate } from '../support/start-gate.ts';

const ISSUER = 'https://issuer.example.test/';
const API_KEY = 'a-key-for-senders-that-cannot-sign';
const LAG_MS = 2000;
const KEYS_TIMEOUT_MS = 4000;

it('C32: a token that is revoked during the wait for its key is denied', {
  timeout: 60_000,
}, async () => {
  const signer = await createEventSigner('k1');
  let hangs = false;
  await using endpoint = await startNodeOrigin((_, response) => {
    if (hangs) return;
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ keys: [signer.publicJwk] }));
  });
  const issuer = {
    issuer: ISSUER,
    preset: 'kratos',
    audience: 'site',
    algorithms: ['ES256'],
    jwks_url: `${endpoint.url}/jwks.json`,
  };
  await using gate = await startGate({
    isolates: 2,
    vars: {
      ISSUERS: JSON.stringify([issuer]),
      WEBHOOK_API_KEYS: [API_KEY],
      REVOCATION_LAG_SECONDS: LAG_MS / 1000,
      KEYS_TIMEOUT_MS,
    },
  });
  const [here, there] = gate.gates;
  await gate.clock.advance(120_000); // past the head start of a new log
  const iat = Math.floor(gate.clock.now() / 1000) - 2;
  const claims = { iss: ISSUER, aud: 'site', sub: 'someone', sid: 'gone', iat, exp: iat + 3600 };
  const authorization = `Bearer ${await signer.sign(claims)}`;
  const ask = async () => {
    const response = await fetch(`${there?.url}/sessions/whoami`, { headers: { authorization } });
    await response.arrayBuffer();
    return [response.status, response.headers.get('postern-reason')];
  };
  expect(await ask()).toEqual([200, null]);

  // The keys are old, so they are looked for in front of the answer; by the time the look ends, so is the view.
  hangs = true;
  await gate.clock.advance(11 * 60_000);
  const startedAt = Date.now();
  const answer = ask();
  await delay(500);
  const revoked = await fetch(`${here?.url}/.postern/events/webhook`, {
    method: 'POST',
    body: JSON.stringify({ session_ids: ['gone'] }),
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  expect(revoked.status).toBe(204);
  const answeredAt = Date.now();
  expect(await answer).toEqual([401, 'token_revoked']);
  expect(Date.now() - startedAt).toBeGreaterThan(KEYS_TIMEOUT_MS - 500);
  expect(Date.now() - answeredAt).toBeGreaterThan(LAG_MS);
});
