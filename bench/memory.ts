/** Measures the memory of the sessions that one isolate has cached. */

import { gateSettings, gateWorker, originWorker, storeWorker } from './bench-workers.ts';
import { askMany, type Question } from './client.ts';
import { type Fixtures, sessionToken } from './fixtures.ts';
import { type Inspector, inspect, liveBytes } from './inspector.ts';
import { startGates } from './start-gates.ts';
import { rounded } from './statistics.ts';

export interface MemoryFigures {
  /** MiB of the isolate's heap that 10,000 sessions add to it. */
  readonly memoryMibPer10000Sessions: number;
  /** The same for sessions that were used at the gate within the last minute: with identity headers and assertions. */
  readonly memoryMibPer10000AtGate: number;
  /** MiB that sessions add to it when there are more than the default limits allow, and how many are kept. */
  readonly memoryMibAtBound: number;
  readonly sessionsAtBound: number;
}

export interface MemoryOptions {
  /** Number of cached sessions. */
  readonly sessions: number;
}

const MIB = 1024 * 1024;
const WHOAMI = '/sessions/whoami';
const AT_ONCE = 50;
/** Number of sessions that warm the gate up, so that its loaded and compiled code does not count as theirs. */
const WARM_UP = 200;
/** As many as the setting allows, so that all of them are kept. */
const ROOMY = { MEMORY_MAX_ENTRIES: 20_000, MEMORY_MAX_BYTES: 67_108_864 };

export async function measureMemory(
  fixtures: Fixtures,
  { sessions }: MemoryOptions,
): Promise<MemoryFigures> {
  const settings = { ...gateSettings(fixtures), FRESH_SECONDS: 3600 };
  const gates = [
    ...['roomy', 'gate'].map((name) => gateWorker(name, { ...settings, ...ROOMY })),
    gateWorker('bounded', settings),
  ];
  const workers = [originWorker(), storeWorker(), ...gates];
  const running = await startGates(workers, { isInspected: true });
  try {
    const fillGate = async (name: string, count: number, path = WHOAMI) =>
      fill({ port: running.ports[name] ?? 0, path }, await inspect(running.inspector, name), count);
    const perSessions = async (name: string, path: string) => {
      const { kept, bytes } = await fillGate(name, sessions, path);
      if (kept !== sessions)
        throw new Error(`${kept} of ${sessions} sessions are cached; expected all`);
      return rounded((bytes / MIB) * (10_000 / sessions), 1);
    };
    const memoryMibPer10000Sessions = await perSessions('roomy', WHOAMI);
    const memoryMibPer10000AtGate = await perSessions('gate', '/account');
    const bounded = await fillGate('bounded', 2 * sessions);
    return {
      memoryMibPer10000Sessions,
      memoryMibPer10000AtGate,
      memoryMibAtBound: rounded(bounded.bytes / MIB, 1),
      sessionsAtBound: bounded.kept,
    };
  } finally {
    await running.stop();
  }
}

/** Bytes that sessions add when so many are used at a path, and the number of sessions cached afterwards. */
async function fill(
  { port, path }: Pick<Question, 'port' | 'path'>,
  inspector: Inspector,
  count: number,
) {
  const people = (from: number, to: number) =>
    Array.from({ length: to - from }, (_, index) => from + index);
  const use = (person: number): Question => {
    return { port, path, headers: { 'X-Session-Token': sessionToken(person) } };
  };
  await askAll(people(0, WARM_UP), use);
  const before = await liveBytes(inspector);
  await askAll(people(WARM_UP, count), use);
  const after = await liveBytes(inspector);
  inspector.close();
  const known = (person: number): Question => {
    const headers = { ...use(person).headers, 'Cache-Control': 'only-if-cached' };
    return { port, path: WHOAMI, headers };
  };
  const answers = await askMany(people(0, count), known, AT_ONCE);
  const kept = answers.filter(({ status }) => status === 200).length;
  return { bytes: ((after - before) * kept) / (kept - WARM_UP), kept };
}

async function askAll(people: readonly number[], use: (person: number) => Question) {
  const answers = await askMany(people, use, AT_ONCE);
  const failed = answers.find(({ status }) => status !== 200);
  if (failed !== undefined) throw new Error(`a session was answered ${failed.status}`);
}
