/** Interleaved rounds of load: what each case costs, and how it stands to its floor in the same round. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchCase, Comparison } from './cases.ts';
import { checkCase } from './check-case.ts';
import type { Fixtures } from './fixtures.ts';
import { CONNECTIONS, type Load, sendLoad } from './load.ts';
import { ratios, rounded, type Spread, spreadOf } from './statistics.ts';
import type { RunningWorkerd } from './workerd.ts';
import type { LoadFigures } from './wrk-report.ts';

export interface CaseResult {
  readonly name: string;
  /** User and system time of the workerd process, everything in it included. The median, as are the others. */
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  /** Lowest and highest of the rounds. */
  readonly cpuMicrosRange: readonly [number, number];
  /** Empty for a floor. */
  readonly ratios: readonly MeasuredRatio[];
}

/** What a request costs as a ratio to the same of another case, in the same rounds. */
export interface MeasuredRatio {
  readonly baseline: string;
  /** The median of the rounds. */
  readonly ratio: number;
  /** Lowest and highest of the rounds. */
  readonly range: readonly [number, number];
  readonly goal: number | null;
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
  options: RoundsOptions,
): Promise<CaseResult[]> {
  const samples = await takeSamples(cases, running, fixtures, options);
  return cases.map((one) => summarize(one, samples));
}

/** Microseconds of CPU per request of each round, by the case's name. Throws as {@link measureCases} does. */
export async function measureCpuRounds(
  cases: readonly BenchCase[],
  running: RunningWorkerd,
  fixtures: Fixtures,
  options: RoundsOptions,
): Promise<ReadonlyMap<string, readonly number[]>> {
  const samples = await takeSamples(cases, running, fixtures, options);
  return new Map([...samples].map(([name, all]) => [name, all.map((one) => one.cpuMicros)]));
}

async function takeSamples(
  cases: readonly BenchCase[],
  running: RunningWorkerd,
  fixtures: Fixtures,
  { rounds, seconds, warmsUp }: RoundsOptions,
): Promise<ReadonlyMap<string, readonly Sample[]>> {
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
  return samples;
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
  const figures = await measureLoad(load, running, seconds);
  const refusals = expected.status >= 400 ? figures.requests : 0;
  if (figures.refused !== refusals) {
    throw new Error(`${name}: ${figures.refused} of ${figures.requests} answers were refusals`);
  }
  if (load.varying !== undefined && figures.requests + CONNECTIONS > tokens.count) {
    throw new Error(`${name}: ${tokens.count} tokens were not enough for ${figures.requests}`);
  }
  return figures;
}

/** Sends a load to a process that is measured meanwhile. */
export async function measureLoad(
  load: Load,
  process: Pick<RunningWorkerd, 'cpuMicros'>,
  seconds: number,
): Promise<LoadFigures & Pick<Sample, 'cpuMicros'>> {
  const before = process.cpuMicros();
  const figures = await sendLoad(load, seconds);
  return { ...figures, cpuMicros: (process.cpuMicros() - before) / figures.requests };
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
  { name, against = [] }: BenchCase,
  samples: ReadonlyMap<string, readonly Sample[]>,
): CaseResult {
  const cpuOf = (of: string) => (samples.get(of) ?? []).map(({ cpuMicros }) => cpuMicros);
  const cpu = spreadOf(cpuOf(name));
  const speed = spreadOf((samples.get(name) ?? []).map((sample) => sample.requestsPerSecond));
  return {
    name,
    cpuMicrosPerRequest: rounded(cpu.median, 1),
    requestsPerSecond: rounded(speed.median, 0),
    cpuMicrosRange: rangeOf(cpu, 1),
    ratios: against.map((comparison) => measuredRatio(comparison, name, cpuOf)),
  };
}

/** Compares a case with a baseline by what each cost in the same rounds. */
export function measuredRatio(
  { baseline, goal }: Comparison,
  name: string,
  costsOf: (name: string) => readonly number[],
): MeasuredRatio {
  const spread = spreadOf(ratios(costsOf(name), costsOf(baseline)));
  const ratio = rounded(spread.median, 3);
  return { baseline, ratio, range: rangeOf(spread, 2), goal: goal ?? null };
}

function rangeOf({ min, max }: Spread, digits: number): [number, number] {
  return [rounded(min, digits), rounded(max, digits)];
}
