import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readCommandLine, readWholeNumber, refuseCall } from '../../cli/command-line.ts';
import { inRepository } from '../support/repository.ts';
import { EQUIVALENT_MUTANTS, type EquivalentMutant } from './equivalent-mutants.ts';
import { type Mutant, mutantsOf } from './mutants.ts';
import { drawSample } from './sample.ts';
import { Laboratory, type Outcome, STAGES, type Stage } from './trial.ts';

/** The rooms that a wrong verdict could come from. */
const TRUSTED_ROOMS = [
  'credentials',
  'forwarding',
  'http',
  'refusals',
  'revocation',
  'routes',
  'rules',
  'session-changes',
  'sessions',
  'tokens',
];

const USAGE = `npm run mutate [-- --sample 60] [--seed 1] [--rooms revocation,tokens] [--since COMMIT] [--stages importing] [--minutes 5] [--at-least 95] [--jobs 2]

Changes the source in one small way at a time and runs the tests: a change that no test notices is a gap in the tests.
  --sample    how many mutants are drawn (60)
  --seed      which ones are drawn (1)
  --rooms     folders of src/ (${TRUSTED_ROOMS.join(',')})
  --since     only lines that changed since this commit
  --stages    which tests are tried, cheapest first (${STAGES.join(',')})
  --minutes   no test begins later; what is not decided by then does not count (unlimited)
  --at-least  the score in per cent below which the run fails (95)
  --jobs      trials at the same time (2)`;

const { values } = readCommandLine(USAGE, {
  options: {
    sample: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    rooms: { type: 'string', default: TRUSTED_ROOMS.join(',') },
    since: { type: 'string' },
    stages: { type: 'string', default: STAGES.join(',') },
    minutes: { type: 'string' },
    'at-least': { type: 'string', default: '95' },
    jobs: { type: 'string', default: '2' },
  },
} as const);
const sampleSize = readWholeNumber('sample', values.sample, 100_000);
const seed = readWholeNumber('seed', values.seed, 2 ** 31);
const atLeast = readWholeNumber('at-least', values['at-least'], 100);
const stages = readStages(values.stages);
const jobs = readWholeNumber('jobs', values.jobs, 64);
const until =
  values.minutes === undefined
    ? Number.POSITIVE_INFINITY
    : Date.now() + readWholeNumber('minutes', values.minutes, 10_000) * 60_000;

interface Judged {
  readonly mutant: Mutant;
  readonly outcome: Outcome | 'equivalent';
}

await main();

async function main(): Promise<void> {
  const mutants = candidates(values.rooms.split(','), values.since);
  const sample = drawSample(mutants, sampleSize, seed);
  console.log(`${sample.length} of ${mutants.length} mutants, seed ${seed}`);
  if (sample.length === 0) return;
  const laboratories = Array.from({ length: jobs }, () => new Laboratory());
  process.once('SIGINT', () => {
    for (const laboratory of laboratories) laboratory.close();
    process.exit(130);
  });
  try {
    const [first] = laboratories;
    const areBuilt = await Promise.all(laboratories.map((laboratory) => laboratory.build()));
    if (areBuilt.includes(false) || !(await first?.passes('src/app/gateway.ts'))) {
      refuseCall('The tests fail on the unchanged code: mend them first (npm test).');
    }
    report(await judgeAll([...sample, ...controlsOf(sample)], laboratories));
  } finally {
    for (const laboratory of laboratories) laboratory.close();
  }
}

/** One in twenty is tried once more with nothing changed: tests that fail then are too busy to judge by. */
function controlsOf(sample: readonly Mutant[]): Mutant[] {
  return sample
    .filter((_, index) => index % 20 === 0)
    .map((mutant) => ({ ...mutant, replacement: mutant.original }));
}

function isControl({ original, replacement }: Mutant): boolean {
  return original === replacement;
}

function candidates(rooms: readonly string[], since: string | undefined): Mutant[] {
  const files = git('ls-files', '--', ...rooms.map((room) => `src/${room}/*.ts`));
  const changed = since === undefined ? undefined : linesSince(since);
  return files.flatMap((file) => {
    const mutants = mutantsOf(file, readSource(file));
    return changed === undefined
      ? mutants
      : mutants.filter(({ line }) => changed.get(file)?.has(line));
  });
}

function readStages(text: string): Stage[] {
  const names = text.split(',');
  const unknown = names.find((name) => !STAGES.some((stage) => stage === name));
  if (unknown !== undefined) {
    refuseCall(`--stages: expected some of ${STAGES.join(', ')}; got ${unknown}.`, USAGE);
  }
  return STAGES.filter((stage) => names.includes(stage));
}

function git(...args: string[]): string[] {
  const options = { cwd: inRepository('.'), encoding: 'utf8', maxBuffer: 2 ** 28 } as const;
  return execFileSync('git', args, options)
    .split('\n')
    .filter((line) => line !== '');
}

/** The numbers of the lines that a commit did not have, by file. */
function linesSince(commit: string): Map<string, Set<number>> {
  const lines = new Map<string, Set<number>>();
  let current = new Set<number>();
  for (const line of git('diff', '--unified=0', '--no-renames', commit, '--', 'src')) {
    const file = /^\+\+\+ b\/(.+)$/.exec(line)?.[1];
    if (file !== undefined) {
      current = new Set();
      lines.set(file, current);
    }
    const [, from, count = '1'] = /^@@ \S+ \+(\d+)(?:,(\d+))? @@/.exec(line) ?? [];
    for (let at = 0; from !== undefined && at < Number(count); at += 1) {
      current.add(Number(from) + at);
    }
  }
  return lines;
}

function readSource(file: string): string {
  return readFileSync(inRepository(file), 'utf8');
}

/** Tries all by the cheapest tests, then those that are left by dearer ones, so that little time decides most. */
async function judgeAll(
  sample: readonly Mutant[],
  laboratories: readonly Laboratory[],
): Promise<Judged[]> {
  const judged: Judged[] = sample
    .filter(isEquivalent)
    .map((mutant) => ({ mutant, outcome: 'equivalent' }));
  let left = sample.filter((mutant) => !isEquivalent(mutant));
  for (const stage of stages) {
    const tried = await tryAll(left, stage, laboratories);
    const isLast = stage === stages.at(-1);
    judged.push(...tried.filter(({ outcome }) => outcome === 'killed' || isLast));
    left = tried.filter(({ outcome }) => outcome !== 'killed').map(({ mutant }) => mutant);
  }
  return judged;
}

async function tryAll(
  mutants: readonly Mutant[],
  stage: Stage,
  laboratories: readonly Laboratory[],
): Promise<Judged[]> {
  const waiting = drawSample(mutants, mutants.length, seed); // controls among the others
  const tried: Judged[] = [];
  await Promise.all(
    laboratories.map(async (laboratory) => {
      for (let mutant = waiting.shift(); mutant !== undefined; mutant = waiting.shift()) {
        const startedAt = Date.now();
        const outcome = await laboratory.try(mutant, stage, until);
        tried.push({ mutant, outcome });
        if (outcome === 'undecided') continue;
        const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
        console.log(
          `${stage.padEnd(9)} ${outcome.padEnd(9)} ${seconds.padStart(6)} s  ${describe(mutant)}`,
        );
      }
    }),
  );
  return tried;
}

function describe(mutant: Mutant): string {
  return `${mutant.file}:${mutant.line}  ${changeOf(mutant)}  in  ${lineOf(mutant)}`;
}

function changeOf({ original, replacement }: Mutant): string {
  return `${original.replaceAll(/\s+/g, ' ')} → ${replacement}`;
}

function lineOf({ file, line }: Mutant): string {
  return readSource(file).split('\n')[line - 1]?.trim() ?? '';
}

function isEquivalent(mutant: Mutant): boolean {
  return EQUIVALENT_MUTANTS.some(
    ({ file, line, change }: EquivalentMutant) =>
      file === mutant.file && line === lineOf(mutant) && change === changeOf(mutant),
  );
}

function report(all: readonly Judged[]): void {
  const controls = all.filter(({ mutant }) => isControl(mutant));
  const failed = controls.filter(({ outcome }) => outcome === 'killed');
  const judged = all.filter(({ mutant }) => !isControl(mutant));
  const count = (wanted: Judged['outcome']) =>
    judged.filter(({ outcome }) => outcome === wanted).length;
  const killed = count('killed');
  const survived = count('survived');
  const equivalent = count('equivalent');
  const decided = killed + survived;
  const score = decided === 0 ? 100 : (100 * killed) / decided;
  console.log(
    `\n${killed} killed, ${survived} survived, ${equivalent} equivalent, ${count('undecided')} undecided: ${score.toFixed(1)} %`,
  );
  for (const { mutant, outcome } of judged) {
    if (outcome === 'survived') console.log(`survived  ${describe(mutant)}`);
  }
  console.log(`of ${controls.length} trials with nothing changed, ${failed.length} failed`);
  if (failed.length > 0) {
    console.error(
      'Tests fail on the unchanged code: end what else runs here, or use fewer --jobs.',
    );
    process.exitCode = 1;
  }
  if (score < atLeast) {
    console.error(`The score is below ${atLeast} %: write the tests that the survivors lack.`);
    process.exitCode = 1;
  }
  if (equivalent > 0.12 * judged.length) {
    console.error('More than 12 % of the sample counts as equivalent: look at the reasons again.');
    process.exitCode = 1;
  }
}
