/** Interleaved rounds of load: what each case costs, and how it stands to its floor in the same round. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCase } from './cases.ts';
import { checkCase } from './check-case.ts';
import type { Fixtures } from './fixtures.ts';
import { CONNECTIONS, type Load, sendLoad } from './load.ts';
import { ratios, rounded, type Spread, spreadOf } from './statistics.ts';
import type { RunningWorkerd } from './workerd.ts';

export interface CaseResult {
  readonly name: string;
  /** User and system time of the workerd process, everything in it included. The median, as are the others. */
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly baseline: string | null;
  readonly cpuRatio: number | null;
  readonly goal: number | null;
  /** Lowest and highest of the rounds. */
  readonly cpuMicrosRange: readonly [number, number];
  readonly cpuRatioRange: readonly [number, number] | null;
}

export interface RoundsOptions {
  readonly rounds: number;
  /** Of each load; whole. */
  readonly seconds: number;
  /** Whether a round that is not counted goes first. */
  readonly warmsUp: boolean;
}

interface Sample {
  readonly cpuMicros: number;
  readonly requestsPerSecond: number;
}

/** More than a machine of today verifies in a second with one process. */
const TOKENS_PER_SECOND = 12_000;
const WARM_UP_SECONDS = 1;

/** Throws when an answer is not what it should be: before the first round, in any, or after the last. */
export async function measureCases(
  cases: readonly BenchCase[],
  running: RunningWorkerd,
  fixtures: Fixtures,
  { rounds, seconds, warmsUp }: RoundsOptions,
): Promise<CaseResult[]> {
  const samples = new Map(cases.map(({ name }) => [name, [] as Sample[]]));
  const checkAll = async () => {
    for (const one of cases) await checkCase(one, running.ports[one.worker] ?? 0, fixtures);
  };
  await checkAll();
  for (let round = warmsUp ? -1 : 0; round < rounds; round += 1) {
    const lasting = round < 0 ? WARM_UP_SECONDS : seconds;
    using tokens = await writeTokens(fixtures, TOKENS_PER_SECOND * lasting);
    for (const one of cases) {
      const sample = await measureOnce(one, running, tokens, lasting);
      if (round >= 0) samples.get(one.name)?.push(sample);
    }
  }
  await checkAll();
  return cases.map((one) => summarize(one, samples));
}

async function measureOnce(
  { name, worker, path, headers, expected }: BenchCase,
  running: RunningWorkerd,
  tokens: TokenFile,
  seconds: number,
): Promise<Sample> {
  const load: Load = {
    port: running.ports[worker] ?? 0,
    path,
    ...(headers === 'fresh-tokens'
      ? { varying: { header: 'Authorization', file: tokens.file } }
      : { headers }),
  };
  const before = running.cpuMicros();
  const figures = await sendLoad(load, seconds);
  const used = running.cpuMicros() - before;
  const refusals = expected.status >= 400 ? figures.requests : 0;
  if (figures.refused !== refusals) {
    throw new Error(`${name}: ${figures.refused} of ${figures.requests} answers were refusals`);
  }
  if (load.varying !== undefined && figures.requests + CONNECTIONS > tokens.count) {
    throw new Error(`${name}: ${tokens.count} tokens were not enough for ${figures.requests}`);
  }
  return {
    cpuMicros: used / figures.requests,
    requestsPerSecond: figures.requestsPerSecond,
  };
}

interface TokenFile extends Disposable {
  readonly file: string;
  readonly count: number;
}

/** New ones for each round, so that no Worker has seen them. */
async function writeTokens(fixtures: Fixtures, count: number): Promise<TokenFile> {
  const folder = mkdtempSync(join(tmpdir(), 'postern-tokens-'));
  const file = join(folder, 'tokens');
  const tokens = await fixtures.freshTokens(count);
  writeFileSync(file, tokens.map((token) => `Bearer ${token}\n`).join(''));
  return { file, count, [Symbol.dispose]: () => rmSync(folder, { recursive: true }) };
}

function summarize(
  { name, baseline, goal }: BenchCase,
  samples: ReadonlyMap<string, readonly Sample[]>,
): CaseResult {
  const cpuOf = (of: string) => (samples.get(of) ?? []).map(({ cpuMicros }) => cpuMicros);
  const cpu = spreadOf(cpuOf(name));
  const speed = spreadOf((samples.get(name) ?? []).map((sample) => sample.requestsPerSecond));
  const ratio = baseline === undefined ? undefined : spreadOf(ratios(cpuOf(name), cpuOf(baseline)));
  return {
    name,
    cpuMicrosPerRequest: rounded(cpu.median, 1),
    requestsPerSecond: rounded(speed.median, 0),
    baseline: baseline ?? null,
    cpuRatio: ratio === undefined ? null : rounded(ratio.median, 3),
    goal: goal ?? null,
    cpuMicrosRange: rangeOf(cpu, 1),
    cpuRatioRange: ratio === undefined ? null : rangeOf(ratio, 2),
  };
}

function rangeOf({ min, max }: Spread, digits: number): [number, number] {
  return [rounded(min, digits), rounded(max, digits)];
}
