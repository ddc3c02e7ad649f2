/**
 * Runs the parts of the test suite one after the other, and prints how long each took.
 *
 *   npm test                                      the parts that are quick enough for every change
 *   npm run test:all [-- --report counts.json]    all parts; writes how many tests passed, failed and were skipped, and what the failed ones said
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import * as v from 'valibot';
import { readCommandLine } from '../cli/command-line.ts';
import { PARTS, type Part } from './parts.ts';
import { inRepository } from './support/repository.ts';

const { values } = readCommandLine('usage: node test/run.ts [--all] [--report counts.json]', {
  options: { all: { type: 'boolean', default: false }, report: { type: 'string' } },
});

/** With two idle cores. */
const EXPECTED = values.all
  ? 'All tests: about 20 minutes.'
  : 'The tests for every change: about 7 minutes. npm run test:all runs the others too, in about 20.';

/** Properties that `npm test` tries on a sample, at their full size. A variable that is set already stays. */
const FULL_SIZES = { RAW_TARGETS: '100000' };

/** The members of vitest's JSON report that are needed. */
const Counts = v.object({
  numPassedTests: v.number(),
  numFailedTests: v.number(),
  numPendingTests: v.number(),
  numTodoTests: v.number(),
  testResults: v.array(
    v.object({
      name: v.string(),
      status: v.string(),
      message: v.string(),
      assertionResults: v.array(
        v.object({
          status: v.string(),
          fullName: v.string(),
          failureMessages: v.array(v.string()),
        }),
      ),
    }),
  ),
});

/** Of the message of a failed test, in characters: its stack is in the part's own output. */
const MAX_MESSAGE = 600;

interface Failure {
  readonly file: string;
  readonly test: string;
  readonly message: string;
}

interface Outcome {
  readonly name: string;
  readonly seconds: number;
  readonly isGood: boolean;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly failures: readonly Failure[];
}

const folder = mkdtempSync(join(tmpdir(), 'postern-tests-'));
const outcomes: Outcome[] = [];
console.log(EXPECTED);
try {
  const parts = PARTS.filter(({ isQuick }) => values.all || isQuick);
  for (const [index, part] of parts.entries()) {
    console.log(`\n=== ${part.name} (${index + 1} of ${parts.length}): ${part.shows}`);
    outcomes.push(await run(part));
    console.log(lineOf(outcomes.at(-1)));
  }
} finally {
  rmSync(folder, { recursive: true });
}

console.log('');
for (const outcome of outcomes) console.log(lineOf(outcome));
const total = (count: (outcome: Outcome) => number) =>
  outcomes.reduce((sum, outcome) => sum + count(outcome), 0);
const counts = {
  seconds: Math.round(total(({ seconds }) => seconds)),
  passed: total(({ passed }) => passed),
  failed: total(({ failed }) => failed),
  skipped: total(({ skipped }) => skipped),
};
console.log(lineOf({ name: 'together', isGood: true, ...counts, failures: [] }));
for (const { file, test, message } of outcomes.flatMap(({ failures }) => failures)) {
  console.log(`\nFAILED ${file}: ${test}\n${message}`);
}
if (values.report !== undefined) {
  writeFileSync(values.report, `${JSON.stringify({ ...counts, parts: outcomes }, null, 2)}\n`);
}
process.exitCode = outcomes.every(({ isGood }) => isGood) ? 0 : 1;

async function run({ name, workers = 2, variables }: Part): Promise<Outcome> {
  const report = join(folder, `${name}.json`);
  const startedAt = performance.now();
  const child = spawn(
    process.execPath,
    [
      inRepository('node_modules/vitest/vitest.mjs'),
      ...['run', '--project', name, `--maxWorkers=${workers}`],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
    ],
    { stdio: 'inherit', env: { ...(values.all ? FULL_SIZES : {}), ...process.env, ...variables } },
  );
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  const seconds = (performance.now() - startedAt) / 1000;
  return { name, seconds, ...countsIn(report, code) };
}

/** The counts of one part. A part without a report has failed. */
function countsIn(report: string, code: number | null): Omit<Outcome, 'name' | 'seconds'> {
  const isGood = code === 0;
  try {
    const counts = v.parse(Counts, JSON.parse(readFileSync(report, 'utf8')));
    // A file whose set-up fails before its first test counts as one failed test.
    const unstarted = counts.testResults.filter(
      ({ status, assertionResults }) => status === 'failed' && assertionResults.length === 0,
    );
    return {
      isGood,
      passed: counts.numPassedTests,
      failed: counts.numFailedTests + unstarted.length,
      skipped: counts.numPendingTests + counts.numTodoTests,
      failures: counts.testResults.flatMap(failuresOf),
    };
  } catch (error) {
    console.error(`The part wrote no report that can be read: ${String(error)}`);
    return { isGood: false, passed: 0, failed: 0, skipped: 0, failures: [] };
  }
}

function failuresOf({
  name,
  status,
  message,
  assertionResults,
}: v.InferOutput<typeof Counts>['testResults'][number]): Failure[] {
  const file = relative(inRepository('.'), name);
  const failures = assertionResults
    .filter((test) => test.status === 'failed')
    .map(({ fullName, failureMessages }) => ({
      file,
      test: fullName,
      message: failureMessages.join('\n').slice(0, MAX_MESSAGE),
    }));
  // Its set-up or its end failed, not one of its tests.
  if (status === 'failed' && failures.length === 0) {
    return [{ file, test: 'the file itself', message: message.slice(0, MAX_MESSAGE) }];
  }
  return failures;
}

function lineOf(outcome: Outcome | undefined): string {
  if (outcome === undefined) return '';
  const { name, seconds, isGood, passed, failed, skipped } = outcome;
  const time = `${Math.floor(seconds / 60)} min ${String(Math.round(seconds % 60)).padStart(2)} s`;
  const failure = isGood ? '' : '  FAILED';
  return `${name.padEnd(12)} ${time.padStart(12)}  ${passed} passed, ${failed} failed, ${skipped} skipped${failure}`;
}
