/**
 * npm run bench [-- --json] [--rounds 7] [--seconds 2]
 *
 * CPU microseconds per request of the workerd process and requests per second: medians over interleaved
 * rounds, each case as a ratio to its floor in the same run. Exits 0 whatever the figures.
 */
import { parseArgs } from 'node:util';
import { CASES, WORKERS } from './cases.ts';
import { hasWrk, sendLoad } from './load.ts';
import { type RunningWorkerd, startWorkerd } from './workerd.ts';

interface CaseResult {
  readonly name: string;
  readonly cpuMicrosPerRequest: number;
  readonly requestsPerSecond: number;
  readonly baseline: string | undefined;
  readonly cpuRatio: number | undefined;
  readonly goal: number | undefined;
}

const { values } = parseArgs({
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
  },
});

if (!hasWrk()) {
  console.error('wrk is not installed; it sends the load. On Debian: apt-get install wrk');
  process.exit(0);
}

const workerd = await startWorkerd(WORKERS);
try {
  const results = await measure(workerd, Number(values.rounds), Number(values.seconds));
  console.log(values.json ? JSON.stringify({ cases: results }) : table(results));
} finally {
  await workerd.stop();
}

async function measure(
  running: RunningWorkerd,
  rounds: number,
  seconds: number,
): Promise<CaseResult[]> {
  const cpu = new Map(CASES.map(({ name }) => [name, [] as number[]]));
  const speed = new Map(CASES.map(({ name }) => [name, [] as number[]]));
  for (let round = -1; round < rounds; round += 1) {
    for (const { name, worker, path, headers, isRefusal = false } of CASES) {
      const port = running.ports[worker] ?? 0;
      const before = running.cpuMicros();
      // Round -1 warms up and is not counted.
      const figures = await sendLoad({ port, path, headers }, round < 0 ? 1 : seconds);
      const used = running.cpuMicros() - before;
      const expectedRefusals = isRefusal ? figures.requests : 0;
      if (figures.refused !== expectedRefusals) {
        throw new Error(`${name}: ${figures.refused} of ${figures.requests} answers were errors`);
      }
      if (round < 0) continue;
      cpu.get(name)?.push(used / figures.requests);
      speed.get(name)?.push(figures.requestsPerSecond);
    }
  }
  return CASES.map(({ name, baseline, goal }) => {
    const own = cpu.get(name) ?? [];
    const floor = cpu.get(baseline ?? '');
    // Round by round, so that what slows the machine down for a while slows both.
    const ratios = floor && own.map((value, round) => value / (floor[round] ?? Number.NaN));
    return {
      name,
      cpuMicrosPerRequest: round1(median(own)),
      requestsPerSecond: Math.round(median(speed.get(name) ?? [])),
      baseline,
      cpuRatio: ratios && Math.round(median(ratios) * 1000) / 1000,
      goal,
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

function round1(value: number): number {
  return Math.round(value * 10) / 10;
}

function table(results: readonly CaseResult[]): string {
  const rows = results.map((result) => [
    result.name,
    String(result.cpuMicrosPerRequest),
    String(result.requestsPerSecond),
    result.baseline ?? '–',
    result.cpuRatio?.toFixed(2) ?? '1',
    result.goal === undefined ? '–' : `≤ ${result.goal}`,
  ]);
  const head = ['case', 'CPU µs/request', 'requests/s', 'baseline', 'CPU ratio', 'goal'];
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}
