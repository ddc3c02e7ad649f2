/**
 * npm run profile -- CASE [--seconds 4] [--top 40] [--out case.cpuprofile]
 *
 * Where the CPU of one case goes: a sampled profile of the gate's own isolate, by workerd's inspector, of a bundle with
 * names. Printed by function, with what is its own and what it and all it calls took, in parts of what was not idle.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readCommandLine, readWholeNumber, refuseCall } from '../cli/command-line.ts';
import { bundleWorker } from '../test/support/bundle-worker.ts';
import { inRepository } from '../test/support/repository.ts';
import { benchWorkers } from './bench-workers.ts';
import { type BenchCase, benchCases } from './cases.ts';
import { checkCase } from './check-case.ts';
import { createFixtures } from './fixtures.ts';
import { functionShares } from './function-shares.ts';
import { inspect, profileDuring } from './inspector.ts';
import { type Load, sendLoad } from './load.ts';
import { startGates } from './start-gates.ts';

const USAGE = 'usage: npm run profile -- CASE [--seconds 4] [--top 40] [--out case.cpuprofile]';

const { values, positionals } = readCommandLine(USAGE, {
  allowPositionals: true,
  options: {
    seconds: { type: 'string', default: '4' },
    top: { type: 'string', default: '40' },
    out: { type: 'string' },
  },
});
const seconds = readWholeNumber('seconds', values.seconds, 60);
const top = readWholeNumber('top', values.top, 1000);
const TOKENS_PER_SECOND = 12_000;

const fixtures = await createFixtures(Date.now());
const cases = benchCases(fixtures);
const wanted = cases.find(({ name }) => name === positionals[0]);
if (wanted === undefined) {
  refuseCall(USAGE, `Cases: ${cases.map(({ name }) => name).join(', ')}`);
}
const profile = await profileCase(wanted, seconds);
if (values.out !== undefined) writeFileSync(values.out, JSON.stringify(profile));
console.log('   self   total  function');
for (const { name, self, total } of functionShares(profile).slice(0, top)) {
  console.log(`${percent(self)} ${percent(total)}  ${name}`);
}

async function profileCase(benchCase: BenchCase, seconds: number) {
  const code = await bundleWorker(inRepository('src/worker.ts'));
  const workers = await benchWorkers(fixtures, { code });
  const workerd = await startGates(workers, { isInspected: true });
  const folder = mkdtempSync(join(tmpdir(), 'postern-profile-'));
  try {
    const port = workerd.ports[benchCase.worker] ?? 0;
    await checkCase(benchCase, port, fixtures);
    await sendLoad(await loadOf(benchCase, port, 1, folder), 1);
    const load = await loadOf(benchCase, port, seconds, folder);
    const inspector = await inspect(workerd.inspector, benchCase.worker);
    const found = await profileDuring(inspector, () => sendLoad(load, seconds));
    inspector.close();
    return found;
  } finally {
    rmSync(folder, { recursive: true });
    await workerd.stop();
  }
}

async function loadOf(
  { path, headers }: BenchCase,
  port: number,
  seconds: number,
  folder: string,
): Promise<Load> {
  if (headers !== 'fresh-tokens') return { port, path, headers };
  const file = join(folder, `tokens-${seconds}`);
  const tokens = await fixtures.freshTokens(TOKENS_PER_SECOND * seconds);
  writeFileSync(file, tokens.map((token) => `Bearer ${token}\n`).join(''));
  return { port, path, varying: { header: 'Authorization', file } };
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1).padStart(5)} %`;
}
