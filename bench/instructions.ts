/**
 * npm run bench:instructions [-- --rounds 5] [--cases a,b] [--check] [--write]
 *
 * Instructions per request of the workerd process, counted by callgrind: medians over interleaved rounds, each case
 * as a ratio to its baselines in the same rounds. They repeat on a busy machine, where CPU time does not.
 *
 * `--check`: compares the hot paths with bench/instructions.json, and exits 1 if a ratio is more than 5 % above its own there,
 * in a second run too.
 * Without Valgrind it compares the ratios of CPU time, with a limit of 25 %. Without wrk too it exits 1.
 * `--write`: writes the ratios into that file, and the table into docs/performance.md.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { readCommandLine, readWholeNumber } from '../cli/command-line.ts';
import { inRepository } from '../test/support/repository.ts';
import { benchWorkers, type Settings, SLOW_CLOCK } from './bench-workers.ts';
import { hasCallgrind, startCounted } from './callgrind.ts';
import { type BenchCase, benchCases } from './cases.ts';
import { type CountedRounds, countCases } from './counted-rounds.ts';
import { createFixtures } from './fixtures.ts';
import {
  type CommittedRatios,
  grownRatios,
  HELD,
  type HeldRatios,
  heldRatios,
  lowerRatios,
} from './held-ratios.ts';
import { hasWrk } from './load.ts';
import { describeMachine, writeInstructions } from './performance-page.ts';
import { instructionsTable } from './results-table.ts';
import { measureCpuRounds } from './rounds.ts';
import { startGates } from './start-gates.ts';
import type { BenchWorker } from './workerd.ts';

const USAGE = 'usage: npm run bench:instructions [-- --rounds 5] [--cases a,b] [--check] [--write]';
const COMMITTED = inRepository('bench/instructions.json');
const INSTRUCTIONS_MAY_GROW = 1.05;
const CPU_MAY_GROW = 1.25;

const { values } = readCommandLine(USAGE, {
  options: {
    rounds: { type: 'string', default: '5' },
    cases: { type: 'string' },
    check: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
  },
});
const rounds = readWholeNumber('rounds', values.rounds, 99);
const fixtures = await createFixtures(Date.now());
const committed = JSON.parse(readFileSync(COMMITTED, 'utf8')) as CommittedRatios; // held to its shape by a test

if (values.check) await check();
else await print();

async function check(): Promise<void> {
  const cases = benchCases(fixtures).filter(isHeld);
  const counts = hasCallgrind();
  if (!counts && !hasWrk()) {
    console.error(
      'Neither valgrind nor wrk is installed, so nothing can be measured. On Debian: apt-get install valgrind',
    );
    process.exit(1);
  }
  const measure = async () => heldRatios(await (counts ? count(cases) : measureCpu(cases)));
  const grownOf = (found: HeldRatios) =>
    counts
      ? grownRatios(found, committed.instructions, INSTRUCTIONS_MAY_GROW)
      : grownRatios(found, committed.cpu, CPU_MAY_GROW);
  console.log(counts ? 'instructions' : 'CPU time (valgrind is not installed)');
  let found = await measure();
  printRatios(found);
  if (grownOf(found).length > 0) {
    console.log(
      'A ratio is above its limit. All are measured once more, and the lower one counts:',
    );
    found = lowerRatios(found, await measure());
    printRatios(found);
  }
  const grown = grownOf(found);
  for (const line of grown) console.error(line);
  if (grown.length > 0) process.exitCode = 1;
}

function printRatios(found: HeldRatios): void {
  for (const [pair, ratio] of Object.entries(found)) console.log(pair, ratio);
}

async function print(): Promise<void> {
  if (!hasCallgrind()) {
    console.error('valgrind is not installed; it counts. On Debian: apt-get install valgrind');
    process.exit(1);
  }
  const wanted = values.cases?.split(',');
  const all = benchCases(fixtures);
  const cases = wanted === undefined ? all : all.filter(({ name }) => wanted.includes(name));
  const costs = await count(cases);
  const table = instructionsTable(cases, costs);
  console.log(table);
  if (!values.write) return;
  const measured = hasWrk() ? heldRatios(await measureCpu(all)) : committed.cpu;
  const written = { instructions: heldRatios(costs), cpu: measured };
  writeFileSync(COMMITTED, `${JSON.stringify(written, null, 2)}\n`);
  writeInstructions({ table, machine: describeMachine(), date: new Date(), rounds });
}

async function count(cases: readonly BenchCase[]): Promise<CountedRounds> {
  await using workerd = await startCounted(await workersOf(cases, SLOW_CLOCK));
  try {
    return await countCases(cases, workerd, fixtures, rounds);
  } catch (cause) {
    const end = await workerd.running.ended();
    throw end === undefined ? cause : new Error(end, { cause });
  }
}

/** Returns the Workers of the cases, and those around them: each Worker more makes the start longer. */
async function workersOf(cases: readonly BenchCase[], settings?: Settings): Promise<BenchWorker[]> {
  const all = await benchWorkers(fixtures, { settings });
  return all.filter(
    ({ name, isTarget }) => !isTarget || cases.some(({ worker }) => worker === name),
  );
}

async function measureCpu(cases: readonly BenchCase[]): Promise<CountedRounds> {
  const held = cases.filter(isHeld);
  const running = await startGates(await workersOf(held));
  try {
    return await measureCpuRounds(held, running, fixtures, { rounds, seconds: 2, warmsUp: true });
  } finally {
    await running.stop();
  }
}

/** Tells whether a case is one of a hot path, or its baseline. */
function isHeld({ name }: BenchCase): boolean {
  return HELD.some((pair) => pair.split('/').includes(name));
}
