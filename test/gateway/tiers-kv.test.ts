import { afterEach, describe, expect, it } from 'vitest';
import type { Fault, FaultSettings } from '../support/faulty-kv/settings.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { startGate } from '../support/start-gate.ts';
import {
  byToken,
  cacheStatus,
  SLOW_MS,
  sessionIdOf,
  strangersToken,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

/** KV fails, in every way that KV can: everything is right all the same, only slower. */

const gate = await gateForAllTests({ kv: 'faulty', isolates: 2 });
afterEach(async () => {
  await gate.reset();
  await gate.clock.set(0);
  gate.clearLogs();
});

const FAULTS: Fault[] = ['throw', 'throttle', 'hang', { delayMs: 50 }, { delayMs: 400 }];
const LIES: Fault[] = [{ lieBase64: null }, { lieBase64: '' }, { lieBase64: 'AQIDBA==' }];
const MODES: FaultSettings[] = [
  ...FAULTS.flatMap((fault) => [
    { get: fault },
    { put: fault },
    { delete: fault },
    { get: fault, put: fault, delete: fault, list: fault },
  ]),
  ...LIES.map((get) => ({ get })),
  { staleSeconds: 60 },
  { enforceWriteRate: true },
];

/** A life of a session, as its owner sees it in both isolates. */
async function liveThrough(what: string) {
  await gate.kratos.control({ delayMs: SLOW_MS }); // KV is read beside a slow store
  const { token, id } = await gate.kratos.createSession();
  for (const { port } of gate.gates)
    for (let turn = 0; turn < 2; turn += 1)
      expect([sessionIdOf(await whoami(port, byToken(token))), what]).toEqual([id, what]);
  const stranger = await whoami(gate.port, byToken(strangersToken()));
  expect([stranger.status, what]).toEqual([401, what]);
  const fresh = { ...byToken(token), 'Cache-Control': 'no-cache' };
  expect(sessionIdOf(await whoami(gate.port, fresh)), what).toBe(id);
  await gate.kratos.revoke(id);
  for (const { port } of gate.gates)
    expect([(await whoami(port, fresh)).status, what]).toEqual([401, what]);
  for (const { port } of gate.gates)
    expect([(await whoami(port, byToken(token))).status, what]).toEqual([401, what]);
}

describe('C21: KV', () => {
  it.each(MODES.map((mode) => [JSON.stringify(mode), mode] as const))(
    'C21: with %s',
    async (what, mode) => {
      await gate.kv.setMode(mode);
      await liveThrough(what);
      const logs = await gate.logs();
      expect(logs.filter((line) => /Uncaught|"bug"/.test(line))).toEqual([]);
    },
  );

  it('C21: each failure is logged once, without a key or a value', async () => {
    await gate.kv.setMode({ get: 'throw', put: 'throttle' });
    await gate.kratos.control({ delayMs: SLOW_MS });
    const { token } = await gate.kratos.createSession();
    await whoami(gate.port, byToken(token));
    const failures = async () => (await gate.logs()).filter((line) => line.includes('kv-failure'));
    await expect
      .poll(async () => (await failures()).sort())
      .toEqual([
        '{"event":"kv-failure","operation":"get"}',
        '{"event":"kv-failure","operation":"put"}',
      ]);
  });

  it('C21: a KV that hangs delays no answer, neither of the store nor of memory', async () => {
    await gate.kv.setMode({ get: 'hang', put: 'hang', delete: 'hang' });
    const sessions = [await gate.kratos.createSession(), await gate.kratos.createSession()];
    const startedAt = performance.now();
    for (const { token } of sessions)
      expect(cacheStatus(await whoami(gate.port, byToken(token)))).toContain('fwd=miss');
    for (const { token } of [...sessions, ...sessions])
      expect(cacheStatus(await whoami(gate.port, byToken(token)))).toContain('; hit; ');
    expect(performance.now() - startedAt).toBeLessThan(6 * 95);
  });
});

it('without a namespace, memory and the store suffice', async () => {
  await using lonely = await startGate({ kv: 'none' });
  const { token, id } = await lonely.kratos.createSession();
  const answers = [
    await whoami(lonely.port, byToken(token)),
    await whoami(lonely.port, byToken(token)),
  ];
  expect(answers.map(sessionIdOf)).toEqual([id, id]);
  expect(await whoamiCalls(lonely.kratos)).toBe(1);
});

it('memory holds the configured number of entries and drops the least recently used', async () => {
  await using small = await startGate({ kv: 'none', vars: { MEMORY_MAX_ENTRIES: 3 } });
  const sessions = [];
  for (let index = 0; index < 4; index += 1) {
    sessions.push(await small.kratos.createSession());
    await whoami(small.port, byToken(sessions[index]?.token ?? ''));
    if (index === 2) await whoami(small.port, byToken(sessions[0]?.token ?? ''));
  }
  const hits = [];
  for (const index of [0, 2, 3, 1]) {
    const answer = await whoami(small.port, byToken(sessions[index]?.token ?? ''));
    hits.push(cacheStatus(answer)?.includes('hit'));
  }
  expect(hits).toEqual([true, true, true, false]);
});

it.each([
  { texts: 'of one byte for each character', note: 'x'.repeat(17_000), calls: 2 },
  { texts: 'of one byte for each character, in Latin-1', note: 'é'.repeat(17_000), calls: 2 },
  { texts: 'of one byte for each character, too long', note: 'x'.repeat(34_000), calls: 3 },
  { texts: 'in UTF-8', note: 'ж'.repeat(8500), calls: 2 },
  { texts: 'in UTF-8, too long', note: 'ж'.repeat(17_000), calls: 3 },
])('memory holds the configured number of bytes: texts $texts', async ({ note, calls }) => {
  await using small = await startGate({ kv: 'none', vars: { MEMORY_MAX_BYTES: 65_536 } });
  const large = () => small.kratos.createSession({ metadataPublic: { note } });
  const [one, two] = [await large(), await large()];
  for (const { token, id } of [one, two, one])
    expect(sessionIdOf(await whoami(small.port, byToken(token)))).toBe(id);
  expect(await whoamiCalls(small.kratos)).toBe(calls);
});
