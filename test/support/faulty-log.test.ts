import { afterAll, beforeAll, expect, it } from 'vitest';
import { type RunningGate, startGate } from './start-gate.ts';

const API_KEY = 'a-key-for-senders-that-cannot-sign';
const vars = { WEBHOOK_API_KEYS: [API_KEY] };

let gate: RunningGate;

beforeAll(async () => {
  gate = await startGate({ log: 'faulty', vars });
});
afterAll(() => gate.dispose());

async function announce({ url }: { readonly url: string }, id: string): Promise<number> {
  const response = await fetch(`${url}/.postern/events/webhook`, {
    method: 'POST',
    body: JSON.stringify({ session_ids: [id] }),
    headers: { authorization: `Bearer ${API_KEY}` },
  });
  return response.status;
}

it('a faulty log passes calls on until it is set to fail, and again after its repair', async () => {
  expect(await announce(gate, 'one')).toBe(204);
  for (const append of ['throw', 'lost'] as const) {
    await gate.setLogFaults({ append });
    expect(await announce(gate, 'two')).toBe(503);
  }
  await gate.setLogFaults({});
  expect(await announce(gate, 'three')).toBe(204);
});

it('a gate in another runtime shares the log', async () => {
  const url = gate.logUrl ?? '';
  await using other = await startGate({ log: { url }, vars });
  const { id, token } = await other.kratos.createSession();
  const whoami = async () => {
    const headers = { 'x-session-token': token };
    return (await fetch(`${other.url}/sessions/whoami`, { headers })).headers.get('cache-status');
  };
  await whoami();
  expect(await whoami()).toContain('hit');
  expect(await announce(gate, id)).toBe(204);
  await other.clock.advance(5000);
  expect(await whoami()).toContain('fwd=');
});
