/** Measures cache hits from memory while the store is slow and background checks run. */
import { setTimeout as sleep } from 'node:timers/promises';
import {
  bareWorker,
  gateSettings,
  gateWorker,
  originWorker,
  storeWorker,
} from './bench-workers.ts';
import { askMany, type Question } from './client.ts';
import { type Fixtures, sessionToken } from './fixtures.ts';
import { askPaced, type TimedAnswer } from './paced.ts';
import { startGates } from './start-gates.ts';
import { percentile, ratios, rounded, spreadOf } from './statistics.ts';

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
  /** Delay of the store; a multiple of 1000 / 9. */
  readonly storeDelayMs: number;
  readonly rounds: number;
  /** Of each load. */
  readonly seconds: number;
}

const SESSIONS = 100;
const GROUPS = 10;
/** Far from what a gate can do: a latency under full load is how long the queue is. */
const PER_SECOND = 300;

/**
 * Two gates under the same load, both with sessions that are being checked again at all times: one tenth of them at
 * any moment where the store is slow. A session is fresh for nine times as long as the store takes, and the ten
 * groups were first asked for one such time apart. All three Workers are asked at the same time.
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
  const tokens = Array.from({ length: SESSIONS }, (_, person) => sessionToken(person));
  const load = (port: number) =>
    askPaced((index) => whoami(port, tokens[index % SESSIONS] ?? ''), {
      perSecond: PER_SECOND,
      seconds,
    });
  try {
    await fillInGroups([fast, slow], tokens, storeDelayMs);
    const answers: Loads = { bare: [], fast: [], slow: [] };
    for (let round = 0; round < rounds; round += 1) {
      // All at once: a gate without requests meanwhile has every session to check again at its next request.
      const loads = [running.ports.bare ?? 0, fast, slow].map(load);
      const [ofBare = [], ofFast = [], ofSlow = []] = await Promise.all(loads);
      answers.bare.push(ofBare);
      answers.fast.push(ofFast);
      answers.slow.push(ofSlow);
    }
    assertRevalidating(answers.slow.flat());
    return summarize(storeDelayMs, answers);
  } finally {
    await running.stop();
  }
}

async function fillInGroups(ports: readonly number[], tokens: readonly string[], apartMs: number) {
  for (let group = 0; group < GROUPS; group += 1) {
    const startedAt = performance.now();
    const members = tokens.filter((_, index) => index % GROUPS === group);
    for (const port of ports) {
      await askMany(members, (token) => whoami(port, token), members.length);
    }
    await sleep(Math.max(0, apartMs - (performance.now() - startedAt)));
  }
}

/** Throws unless hits are hits, and about one in ten is served stale, while being checked. */
function assertRevalidating(answers: readonly TimedAnswer[]): void {
  const statuses = answers.map(({ answer }) => String(answer.headers['cache-status']));
  const hits = statuses.filter((status) => /; hit; .*; detail=memory$/.test(status));
  if (hits.length < statuses.length)
    throw new Error('expected only cache hits, but a request waited for the store');
  const stale = hits.filter((status) => /; ttl=-/.test(status));
  const share = stale.length / hits.length;
  if (share < 0.02 || share > 0.5) {
    throw new Error(
      `${rounded(100 * share, 1)} % of the hits cause a background check; expected 10 %`,
    );
  }
}

function whoami(port: number, token: string): Question {
  return { port, path: '/sessions/whoami', headers: { 'X-Session-Token': token } };
}

/** The answers of each round. */
type Loads = Readonly<Record<'bare' | 'fast' | 'slow', TimedAnswer[][]>>;

function summarize(storeDelayMs: number, { bare, fast, slow }: Loads): SlowStoreFigures {
  const p99 = (rounds: readonly TimedAnswer[][]) =>
    rounds.map((round) => percentileOf(round, 0.99));
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

function percentileOf(answers: readonly TimedAnswer[], share: number): number {
  return percentile(
    answers.map(({ millis }) => millis),
    share,
  );
}

/** Medians of the rounds' own. */
function percentiles(rounds: readonly TimedAnswer[][]): Percentiles {
  const of = (share: number) => spreadOf(rounds.map((round) => percentileOf(round, share))).median;
  return { p50: rounded(of(0.5), 2), p99: rounded(of(0.99), 2) };
}
