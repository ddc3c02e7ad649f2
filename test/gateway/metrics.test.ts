import { expect, it } from 'vitest';
import { createGateway } from '../../src/app/gateway.ts';
import { readConfig } from '../../src/config/config.ts';
import type { DataPoint } from '../../src/observability/metrics.ts';
import { get } from '../support/raw-http.ts';
import { startGate } from '../support/start-gate.ts';

const VARS = { RULES: [{ path: '/public/*', session: 'none' }], DECISION_LOG: 'none' };

it('counts each decision once, and writes no log if the log is off', async () => {
  const points: DataPoint[] = [];
  const config = readConfig({
    ...VARS,
    PUBLIC_URL: 'https://app.example.test',
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    REVOCATION: 'off',
  });
  if (!config.ok) throw new Error(config.failure.join());
  const unexpected = () => expect.fail('not to be called');
  const gateway = createGateway(config.value, {
    kv: undefined,
    openLog: undefined,
    fetchers: {
      kratos: async ({ url }) =>
        url.endsWith('/health/ready')
          ? Response.json({ status: 'ok' })
          : new Response('{"error":{"code":401}}', { status: 401 }),
      kratosAdmin: unexpected,
      keycard: unexpected,
      keys: unexpected,
    },
    fetchOrigin: async () => new Response('ok'),
    now: () => Date.now(),
    random: () => 0.5,
    report: ({ event }) => expect(event).toBe('revocation-off'),
    metrics: { writeDataPoint: (point) => void points.push(point) },
  });
  const ask = (target: string, headers: Record<string, string> = {}) =>
    gateway.fetch(new Request(`https://app.example.test${target}`, { headers }), () => {});
  await ask('/public/page');
  await ask('/account');
  await ask('/sessions/whoami', { 'X-Session-Token': 'ory_st_canary_canary_canary' });
  await ask('/a%2e%2e/b?canary=1');
  expect(points.map(({ blobs, doubles }) => [doubles[0], ...blobs])).toEqual([
    [200, 'gate', 'pass', '', 'RULES.0', '', ''],
    [401, 'gate', 'deny', 'credential_missing', 'default', 'none', ''],
    [401, 'whoami', 'deny', 'session_inactive', '', 'store', ''],
    [400, 'admission', 'refuse', 'path_not_canonical', '', '', ''],
  ]);
  expect(JSON.stringify(points)).not.toContain('canary');
});

it('counts the sessions that a wave of refusals would have ended', async () => {
  const points: DataPoint[] = [];
  const events: string[] = [];
  const config = readConfig({
    PUBLIC_URL: 'https://app.example.test',
    KRATOS_PUBLIC_URL: 'https://kratos.example.test',
    REVOCATION: 'off',
    DECISION_LOG: 'none',
  });
  if (!config.ok) throw new Error(config.failure.join());
  const unexpected = () => expect.fail('not to be called');
  let now = Date.parse('2026-11-27T10:00:00Z');
  let isFailing = false;
  const whoami = ({ headers }: Request) => {
    if (isFailing) return new Response('{"error":{"code":401}}', { status: 401 });
    const id = headers.get('x-session-token');
    const expires_at = '2026-11-28T10:00:00Z';
    return Response.json({ id, active: true, expires_at, identity: { id: `of-${id}` } });
  };
  const gateway = createGateway(config.value, {
    kv: undefined,
    openLog: undefined,
    fetchers: {
      kratos: async (request) =>
        request.url.endsWith('/health/ready') ? Response.json({ status: 'ok' }) : whoami(request),
      kratosAdmin: unexpected,
      keycard: unexpected,
      keys: unexpected,
    },
    fetchOrigin: undefined,
    now: () => now,
    random: () => 0.5,
    report: ({ event }) => void events.push(event),
    metrics: { writeDataPoint: (point) => void points.push(point) },
  });
  const behind: Promise<unknown>[] = [];
  const askBoth = async () => {
    for (const token of ['ory_st_of_one_person_here', 'ory_st_of_another_person']) {
      const headers = { 'X-Session-Token': token };
      const request = new Request('https://app.example.test/sessions/whoami', { headers });
      await gateway.fetch(request, (work) => void behind.push(work));
    }
  };
  await askBoth();
  now += 35_000;
  isFailing = true;
  await askBoth();
  for (let turns = 0; turns < 20; turns += 1) {
    await new Promise((resolve) => setTimeout(resolve, 1));
    now += 100; // a question about readiness waits for its turn by this clock
  }
  await Promise.all(behind);
  points.length = 0;
  await askBoth();
  const wave = ['whoami', 'pass', '', '', 'memory', 'refusal-wave'];
  expect(points.map(({ blobs }) => blobs)).toEqual([wave, wave]);
  expect(events.filter((event) => event === 'refusal-wave')).toHaveLength(1);
});

it('writes to the dataset bound as METRICS', async () => {
  await using gate = await startGate({
    vars: VARS,
    bindings: { METRICS: { type: 'worker', worker: 'origin', exportName: 'Points' } },
    // A test cannot read back the points of a real dataset.
    originScript: `
      import { WorkerEntrypoint } from 'cloudflare:workers';
      const points = [];
      export class Points extends WorkerEntrypoint {
        writeDataPoint(point) { points.push(point); }
      }
      export default { fetch: () => Response.json(points) };
    `,
  });
  /** A call of this stand-in, unlike a dataset's, may end with the request that made it; then the next one tells. */
  const firstPoint = async () => {
    const { token } = await gate.kratos.createSession();
    await get(gate.port, '/sessions/whoami', { 'X-Session-Token': token });
    const points = JSON.parse((await get(gate.port, '/public/points')).text) as unknown[]; // as the site above writes them
    return points[0];
  };
  await expect.poll(firstPoint).toEqual({
    indexes: ['whoami'],
    blobs: ['whoami', 'pass', '', '', 'store', ''],
    doubles: [200, expect.any(Number), 0, -1],
  });
});

it('serves with a real dataset bound', async () => {
  await using gate = await startGate({
    vars: VARS,
    bindings: { METRICS: { type: 'analytics-engine-dataset', name: 'postern' } },
  });
  expect((await get(gate.port, '/public/page')).status).toBe(200);
  expect(await gate.logs()).toEqual([]);
});
