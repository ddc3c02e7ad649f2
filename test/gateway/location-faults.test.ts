import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type BenchWorker, type RunningWorkerd, startWorkerd } from '../../bench/workerd.ts';
import { readBuiltGate, readBuiltModules } from '../support/built-gate.ts';
import { bundleWorker } from '../support/bundle-worker.ts';
import { inRepository } from '../support/repository.ts';
import { type KratosHandle, kratosHandle } from '../support/standin-control.ts';
import { byToken, cacheStatus, sessionIdOf, strangersToken, whoami } from './whoami-requests.ts';

/** The location's cache fails, in every way that a cache can: everything is right all the same, only slower. */

const KRATOS_URL = 'https://kratos.example.test';
/** Faults that the cache does not admit. The others switch it off in time, so each has isolates of its own. */
const LIES = ['none', 'lose', 'replay', 'garble', 'swap'];
const FAILURES = ['throw', 'hang', 'slow'];

let running: RunningWorkerd;
let kratos: KratosHandle;
let gates: readonly number[];

function gate(name: string, cacheOutbound?: string): BenchWorker {
  return {
    name,
    code: readBuiltGate(),
    modules: readBuiltModules(),
    bindings: {
      PUBLIC_URL: { json: 'https://app.example.test' },
      HOSTS: { json: ['127.0.0.1', 'localhost'] },
      KRATOS_PUBLIC_URL: { json: KRATOS_URL },
      KRATOS: { service: 'kratos' },
      REVOCATION: { json: 'off' },
    },
    isTarget: true,
    ...(cacheOutbound !== undefined && { cacheOutbound }),
  };
}

beforeAll(async () => {
  const cache = readFileSync(inRepository('test/support/faulty-cache/worker.js'), 'utf8');
  const store = await bundleWorker(inRepository('standins/kratos/src/worker.ts'));
  running = await startWorkerd([
    { name: 'cache', code: cache, isTarget: true },
    { name: 'kratos', code: store, isTarget: true },
    ...['lie', ...FAILURES].flatMap((kind) => [
      gate(`${kind}-a`, 'cache'),
      gate(`${kind}-b`, 'cache'),
    ]),
    gate('uncached'),
  ]);
  kratos = kratosHandle(`http://127.0.0.1:${running.ports.kratos}`);
  gates = isolates('lie');
}, 60_000);
afterAll(() => running.stop());
afterEach(() => setFault('none'));

function isolates(kind: string): number[] {
  return [`${kind}-a`, `${kind}-b`].map((name) => running.ports[name] ?? 0);
}

async function setFault(fault: string): Promise<void> {
  await fetch(`http://127.0.0.1:${running.ports.cache}/`, { method: 'POST', body: fault });
}

async function cacheCalls(): Promise<{ method: string; url: string; namespace: string | null }[]> {
  const response = await fetch(`http://127.0.0.1:${running.ports.cache}/calls`);
  return (await response.json()) as Awaited<ReturnType<typeof cacheCalls>>; // written by this repository
}

/** Two people and a stranger, as they see themselves in both isolates, before and after a sign-out. */
async function liveThrough(gates: readonly number[]): Promise<void> {
  const [ann, bob] = [await kratos.createSession(), await kratos.createSession()];
  for (const { token, id } of [ann, bob, ann, bob])
    for (const port of gates) expect(sessionIdOf(await whoami(port, byToken(token)))).toBe(id);
  expect((await whoami(gates[0] ?? 0, byToken(strangersToken()))).status).toBe(401);
  const fresh = { ...byToken(ann.token), 'Cache-Control': 'no-cache' };
  expect(sessionIdOf(await whoami(gates[0] ?? 0, fresh))).toBe(ann.id);
  await kratos.revoke(ann.id);
  for (const port of gates) expect((await whoami(port, fresh)).status).toBe(401);
  for (const port of gates) {
    expect((await whoami(port, byToken(ann.token))).status).toBe(401);
    expect(sessionIdOf(await whoami(port, byToken(bob.token)))).toBe(bob.id);
  }
}

describe('the cache of a location', () => {
  it('has a session that another isolate checked', async () => {
    await setFault('none');
    const { token, id } = await kratos.createSession();
    await whoami(gates[0] ?? 0, byToken(token));
    await expect
      .poll(async () => (await cacheCalls()).map(({ method }) => method))
      .toEqual(['GET', 'PUT']);
    const answer = await whoami(gates[1] ?? 0, byToken(token));
    expect([sessionIdOf(answer), cacheStatus(answer)]).toEqual([
      id,
      expect.stringMatching(/^postern; hit; ttl=\d+; detail=location$/),
    ]);
    const [{ url, namespace } = expect.fail('no call')] = await cacheCalls();
    expect(namespace).toBe('postern');
    expect(url).toMatch(/^https:\/\/app\.example\.test\/\.postern\/location\/2\/v1s:[\w-]{43}$/);
  });

  it.each([...LIES, ...FAILURES])(
    'causes no wrong answer and no error with the fault: %s',
    async (fault) => {
      await setFault(fault);
      await liveThrough(isolates(FAILURES.includes(fault) ? fault : 'lie'));
      const methods = (await cacheCalls()).map(({ method }) => method);
      expect(methods).toEqual(expect.arrayContaining(['GET', 'PUT'])); // the fault had its chance
    },
  );

  it('delays an answer by its deadline at most when it hangs', async () => {
    await setFault('hang');
    const { token } = await kratos.createSession();
    const startedAt = performance.now();
    await whoami(gates[0] ?? 0, byToken(token));
    expect(performance.now() - startedAt).toBeLessThan(1000);
  });

  it('may be missing: the store is asked', async () => {
    const uncached = running.ports.uncached ?? 0;
    for (let turn = 0; turn < 12; turn += 1) {
      const { token, id } = await kratos.createSession();
      expect(sessionIdOf(await whoami(uncached, byToken(token)))).toBe(id);
      expect(sessionIdOf(await whoami(uncached, byToken(token)))).toBe(id);
    }
  });
});
