/**
 * npm run bench [-- --json] [--rounds 7] [--seconds 2] [--quick] [--write]
 *
 * CPU microseconds per request of the workerd process and requests per second: medians over interleaved
 * rounds, each case as a ratio to its floor in the same round; then what is counted. Exits 0 whatever the figures.
 *
 * `--quick`: one round, to see that it runs. `--write`: the tables in docs/performance.md are those of this run.
 */
import { readCommandLine, readWholeNumber } from '../cli/command-line.ts';
import { benchWorkers } from './bench-workers.ts';
import { benchCases } from './cases.ts';
import { countAll } from './counted.ts';
import { createFixtures } from './fixtures.ts';
import { hasWrk } from './load.ts';
import { describeMachine, writePerformancePage } from './performance-page.ts';
import { casesTable, countsTable } from './results-table.ts';
import { measureCases } from './rounds.ts';
import { startGates } from './start-gates.ts';

const USAGE = 'usage: npm run bench [-- --json] [--rounds 7] [--seconds 2] [--quick] [--write]';

const { values } = readCommandLine(USAGE, {
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '7' },
    seconds: { type: 'string', default: '2' },
    quick: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});

if (!hasWrk()) {
  console.error('wrk is not installed; it sends the load. On Debian: apt-get install wrk');
  process.exit(0);
}

const rounds = values.quick ? 1 : readWholeNumber('rounds', values.rounds, 99);
const seconds = values.quick ? 1 : readWholeNumber('seconds', values.seconds, 60);
const fixtures = await createFixtures(Date.now());
const cases = await runCases();
if (!values.json) console.log(casesTable(cases));
const counts = await countAll(fixtures, values.quick);
const run = { cases, counts, machine: describeMachine(), date: new Date(), rounds, seconds };
if (values.write) writePerformancePage(run);
console.log(values.json ? JSON.stringify({ cases, counts }) : `\n${countsTable(counts)}`);

async function runCases() {
  const workerd = await startGates(await benchWorkers(fixtures));
  try {
    const options = { rounds, seconds, warmsUp: !values.quick };
    return await measureCases(benchCases(fixtures), workerd, fixtures, options);
  } finally {
    await workerd.stop();
  }
}
