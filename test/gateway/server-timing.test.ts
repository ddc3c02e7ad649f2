import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { get, header, headerValues } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';

const DELAY_MS = 150;

const gate = await gateForAllTests({
  vars: { SERVER_TIMING: 'true' },
  originScript: `export default { async fetch() {
    await scheduler.wait(${2 * DELAY_MS});
    return new Response('site', { headers: { 'Server-Timing': 'db;dur=3' } });
  } };`,
});

/** The milliseconds that each part took. */
function timesIn(answer: Awaited<ReturnType<typeof get>>): Record<string, number> {
  const metrics = headerValues(answer, 'server-timing').flatMap((value) => value.split(', '));
  return Object.fromEntries(
    metrics.map((metric) => {
      const [name = '', millis = ''] = metric.split(';dur=');
      return [name, Number(millis)];
    }),
  );
}

describe('Server-Timing, if it is enabled', () => {
  it('states the time of the session check and of the origin, beside the origin’s own entries', async () => {
    const { cookie } = await gate.kratos.createSession();
    await gate.kratos.control({ delayMs: DELAY_MS });
    const cold = timesIn(await get(gate.port, '/in', { Cookie: cookie }));
    expect(Object.keys(cold).sort()).toEqual(['db', 'origin', 'session']);
    expect(cold.db).toBe(3);
    expect(cold.session).toBeGreaterThanOrEqual(DELAY_MS - 10);
    expect(cold.origin).toBeGreaterThanOrEqual(2 * DELAY_MS - 10);
    const warm = timesIn(await get(gate.port, '/in', { Cookie: cookie }));
    expect(warm.session).toBeLessThan(DELAY_MS / 2);
    await gate.kratos.reset();
  });

  it('states only the time of the session check for whoami and for a denial', async () => {
    const { cookie } = await gate.kratos.createSession();
    const known = await get(gate.port, '/sessions/whoami', { Cookie: cookie });
    expect(Object.keys(timesIn(known))).toEqual(['session']);
    const denied = await get(gate.port, '/in');
    expect([denied.status, Object.keys(timesIn(denied))]).toEqual([401, ['session']]);
  });
});

it('is absent by default', async () => {
  await using quiet = await startGate();
  const { cookie } = await quiet.kratos.createSession();
  for (const target of ['/in', '/sessions/whoami']) {
    const answer = await get(quiet.port, target, { Cookie: cookie });
    expect([answer.status, header(answer, 'server-timing')]).toEqual([200, undefined]);
  }
});
