/** What hits from memory take while the store is slow and sessions are being checked behind their answers. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  bareWorker,
  gateSettings,
  gateWorker,
  originWorker,
  storeWorker,
} from './bench-workers.ts';
import { askMany } from './client.ts';
import { type Fixtures, sessionToken } from './fixtures.ts';
import { sendLoad } from './load.ts';
import { startGates } from './start-gates.ts';
import { ratios, rounded, spreadOf } from './statistics.ts';
import type { LoadFigures } from './wrk-report.ts';

export interface SlowStoreFigures {
  readonly storeDelayMs: number;
  /** Of the constant that `bare` answers, under the same load: what of the rest is the machine's. */
  readonly bareMillis: Percentiles;
  readonly hitMillisWithFastStore: Percentiles;
  readonly hitMillisWithSlowStore: Percentiles;
  /** Of the 99th percentiles, round by round: slow store by fast store. */
  readonly p99Ratio: number;
  readonly p99RatioRange: readonly [number, number];
}

export interface Percentiles {
  readonly p50: number;
  readonly p99: number;
}

export interface SlowStoreOptions {
  /** How long the store takes; a multiple of 1000 / 9. */
  readonly storeDelayMs: number;
  readonly rounds: number;
  /** Of each load; whole. */
  readonly seconds: number;
}

const SESSIONS = 1000;
const GROUPS = 10;
/** Of both gates alike; enough to keep one busy, few enough that it is not all waiting for one another. */
const CONNECTIONS = 4;
const PATH = '/sessions/whoami';

/**
 * Two gates under the same load, both with sessions that are being checked again at all times: one tenth of them at
 * any moment where the store is slow. A session is fresh for nine times as long as the store takes, and the ten
 * groups were first asked for one such time apart.
 */
export async function measureSlowStore(
  fixtures: Fixtures,
  { storeDelayMs, rounds, seconds }: SlowStoreOptions,
): Promise<SlowStoreFigures> {
  const settings = {
    ...gateSettings(fixtures),
    FRESH_SECONDS: Math.round((9 * storeDelayMs) / 1000),
    STALE_WHILE_REVALIDATE_SECONDS: 3600,
  };
  const running = await startGates([
    originWorker(),
    bareWorker(),
    storeWorker('fast-store'),
    storeWorker('slow-store', storeDelayMs),
    gateWorker('beside-fast-store', settings, { store: 'fast-store' }),
    gateWorker('beside-slow-store', settings, { store: 'slow-store' }),
  ]);
  const fast = running.ports['beside-fast-store'] ?? 0;
  const slow = running.ports['beside-slow-store'] ?? 0;
  const folder = mkdtempSync(join(tmpdir(), 'postern-sessions-'));
  const file = join(folder, 'sessions');
  const tokens = Array.from({ length: SESSIONS }, (_, person) => sessionToken(person));
  writeFileSync(file, tokens.map((token) => `${token}\n`).join(''));
  const load = async (port: number) => {
    const varying = { header: 'X-Session-Token', file };
    const figures = await sendLoad(
      { port, path: PATH, varying, connections: CONNECTIONS },
      seconds,
    );
    if (figures.refused > 0) throw new Error(`${figures.refused} hits were refused`);
    return figures;
  };
  try {
    await fillInGroups([fast, slow], tokens, storeDelayMs);
    const figures = {
      bare: [] as LoadFigures[],
      fast: [] as LoadFigures[],
      slow: [] as LoadFigures[],
    };
    for (let round = 0; round < rounds; round += 1) {
      figures.bare.push(await load(running.ports.bare ?? 0));
      figures.fast.push(await load(fast));
      figures.slow.push(await load(slow));
    }
    return summarize(storeDelayMs, figures);
  } finally {
    rmSync(folder, { recursive: true });
    await running.stop();
  }
}

async function fillInGroups(ports: readonly number[], tokens: readonly string[], apartMs: number) {
  for (let group = 0; group < GROUPS; group += 1) {
    const startedAt = performance.now();
    const members = tokens.filter((_, index) => index % GROUPS === group);
    for (const port of ports) {
      const question = (token: string) => {
        return { port, path: PATH, headers: { 'X-Session-Token': token } };
      };
      await askMany(members, question, members.length);
    }
    await sleep(Math.max(0, apartMs - (performance.now() - startedAt)));
  }
}

function summarize(
  storeDelayMs: number,
  { bare, fast, slow }: Readonly<Record<'bare' | 'fast' | 'slow', readonly LoadFigures[]>>,
): SlowStoreFigures {
  const p99 = (figures: readonly LoadFigures[]) => figures.map(({ p99Millis }) => p99Millis);
  const ratio = spreadOf(ratios(p99(slow), p99(fast)));
  return {
    storeDelayMs: rounded(storeDelayMs, 0),
    bareMillis: percentiles(bare),
    hitMillisWithFastStore: percentiles(fast),
    hitMillisWithSlowStore: percentiles(slow),
    p99Ratio: rounded(ratio.median, 2),
    p99RatioRange: [rounded(ratio.min, 2), rounded(ratio.max, 2)],
  };
}

function percentiles(figures: readonly LoadFigures[]): Percentiles {
  return {
    p50: rounded(spreadOf(figures.map(({ p50Millis }) => p50Millis)).median, 2),
    p99: rounded(spreadOf(figures.map(({ p99Millis }) => p99Millis)).median, 2),
  };
}
