import { expect, it } from 'vitest';
import { bundleWorker } from '../support/bundle-worker.ts';
import { inRepository } from '../support/repository.ts';
import { startGate } from '../support/start-gate.ts';
import { openWebSocket } from '../support/web-socket-client.ts';

const API_KEY = 'a-key-for-senders-that-cannot-sign';

it('a WebSocket is closed when the session ends that only its route requires', async () => {
  const gateScript = await bundleWorker(inRepository('test/support/nested-gate/worker.ts'));
  const RULES = [{ path: '/ws', session: 'none' }];
  const durableObjects = { REVOCATIONS: 'RevocationLog' };
  const vars = { RULES, REVOCATION_LAG_SECONDS: 2, WEBHOOK_API_KEYS: [API_KEY] };
  await using gate = await startGate({ gateScript, durableObjects, vars });
  const { cookie, id } = await gate.kratos.createSession();
  const { closed } = await openWebSocket(`ws://127.0.0.1:${gate.port}/ws`, { cookie });
  await gate.kratos.revoke(id);
  const response = await fetch(`${gate.url}/.postern/events/webhook`, {
    method: 'POST',
    body: JSON.stringify({ session_ids: [id] }),
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  expect(response.status).toBe(204);
  expect(await closed).toMatchObject({ code: 4401 });
}, 60_000);
