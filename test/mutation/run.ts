import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readCommandLine, readWholeNumber, refuseCall } from '../../cli/command-line.ts';
import { inRepository } from '../support/repository.ts';
import { exceedsChance } from './chance.ts';
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

/** So many mutants are decided however long it takes, or all if there are fewer: of none, all would be killed. */
const ENOUGH = 40;
/** More mutants than this share that count as equivalent are a sign of excuses. */
const MAX_EQUIVALENT_SHARE = 0.12;

const USAGE = `npm run mutate [-- --sample 60] [--seed 1] [--rooms revocation,tokens] [--since COMMIT] [--stages own,importing] [--minutes 5] [--at-least 80] [--jobs 2]

Changes the source in one small way at a time and runs the tests: a change that no test notices is a gap in the tests.
  --sample    how many mutants are drawn; the compiler accepts each of them (60)
  --seed      which ones are drawn (1)
  --rooms     folders of src/ (${TRUSTED_ROOMS.join(',')})
  --since     only lines that changed since this commit
  --stages    which tests are tried, cheapest first (${STAGES.join(',')})
  --minutes   no mutant is begun later, except until ${ENOUGH} are decided (unlimited)
  --at-least  the share in per cent that the tests have to notice (80); the run fails if so many survive that
              this share is out of the question
  --jobs      trials at the same time (2)`;

const { values } = readCommandLine(USAGE, {
  options: {
    sample: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    rooms: { type: 'string', default: TRUSTED_ROOMS.join(',') },
    since: { type: 'string' },
    stages: { type: 'string', default: STAGES.join(',') },
    minutes: { type: 'string' },
    'at-least': { type: 'string', default: '80' },
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
  const mutants = candidates(readRooms(values.rooms), values.since);
  if (mutants.length === 0) {
    console.log('These rooms have no line that a mutant could change.');
    return;
  }
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
    const sample = await draw(mutants, laboratories);
    report(await judgeAll(withControls(sample), laboratories));
  } finally {
    for (const laboratory of laboratories) laboratory.close();
  }
}

/** Draws mutants that the compiler accepts. The same seed draws the same. */
async function draw(
  mutants: readonly Mutant[],
  laboratories: readonly Laboratory[],
): Promise<Mutant[]> {
  const order = drawSample(mutants, mutants.length, seed);
  const accepted: number[] = [];
  let next = 0;
  await each(laboratories, async (laboratory) => {
    while (accepted.length < sampleSize) {
      const at = next;
      const mutant = order[at];
      if (mutant === undefined) return;
      next += 1;
      if (await laboratory.compiles(mutant)) accepted.push(at);
    }
  });
  const drawn = accepted.sort((a, b) => a - b).slice(0, sampleSize);
  const refused = next - accepted.length;
  console.log(
    `${drawn.length} of ${mutants.length} mutants, seed ${seed}; the compiler refused ${refused} more`,
  );
  return drawn.flatMap((at) => order[at] ?? []);
}

async function each(
  laboratories: readonly Laboratory[],
  work: (laboratory: Laboratory) => Promise<void>,
): Promise<void> {
  await Promise.all(laboratories.map(work));
}

/** One in twenty runs again without a change: a failure then means that the machine is too busy to judge. */
function withControls(sample: readonly Mutant[]): Mutant[] {
  return sample.flatMap((mutant, index) =>
    index % 20 === 0 ? [mutant, { ...mutant, replacement: mutant.original }] : [mutant],
  );
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

function readRooms(text: string): string[] {
  const rooms = text.split(',');
  const unknown = rooms.find((room) => git('ls-files', '--', `src/${room}/*.ts`).length === 0);
  if (unknown !== undefined) {
    refuseCall(`--rooms: expected folders of src/ with TypeScript; got ${unknown}.`, USAGE);
  }
  return rooms;
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

/**
 * Decides one mutant after the other, by all stages that it needs. So those that are decided when the time is over are
 * still a fair sample: they were not chosen because they were easily killed.
 */
async function judgeAll(
  sample: readonly Mutant[],
  laboratories: readonly Laboratory[],
): Promise<Judged[]> {
  const waiting = [...sample];
  const judged: Judged[] = [];
  await each(laboratories, async (laboratory) => {
    while (Date.now() < until || decidedIn(judged).length < ENOUGH) {
      const mutant = waiting.shift();
      if (mutant === undefined) return;
      judged.push(await judge(mutant, laboratory));
    }
  });
  return judged;
}

async function judge(mutant: Mutant, laboratory: Laboratory): Promise<Judged> {
  if (isEquivalent(mutant)) return { mutant, outcome: 'equivalent' };
  for (const stage of stages) {
    const startedAt = Date.now();
    const outcome = await laboratory.try(mutant, stage);
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.log(
      `${stage.padEnd(9)} ${outcome.padEnd(8)} ${seconds.padStart(6)} s  ${describe(mutant)}`,
    );
    if (outcome === 'killed') return { mutant, outcome };
  }
  return { mutant, outcome: 'survived' };
}

function decidedIn(judged: readonly Judged[]): Judged[] {
  return judged.filter(({ mutant, outcome }) => !isControl(mutant) && outcome !== 'equivalent');
}

function describe(mutant: Mutant): string {
  return `${mutant.file}:${mutant.line}  ${changeOf(mutant)}  in  ${lineOf(mutant)}`;
}

function changeOf(mutant: Mutant): string {
  if (isControl(mutant)) return 'no change';
  const { original, replacement } = mutant;
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
  const judged = all.filter(({ mutant }) => !isControl(mutant));
  const decided = decidedIn(all);
  const survivors = decided.filter(({ outcome }) => outcome === 'survived');
  const killed = decided.length - survivors.length;
  const equivalent = judged.length - decided.length;
  console.log(
    `\n${killed} of ${decided.length} killed, by the stages ${stages.join(', ')}; ${equivalent} without an effect`,
  );
  for (const { mutant } of survivors) console.log(`survived  ${describe(mutant)}`);
  const controls = all.filter(({ mutant }) => isControl(mutant));
  const failed = controls.filter(({ outcome }) => outcome === 'killed');
  console.log(`of ${controls.length} trials without a change, ${failed.length} failed`);
  if (failed.length > 0) {
    fail('Tests fail on the unchanged code: end what else runs here, or use fewer --jobs.');
  }
  if (exceedsChance(survivors.length, decided.length, 1 - atLeast / 100)) {
    fail(
      `The tests notice fewer than ${atLeast} % of the changes (so many survivors would come by chance in 1 of 100 samples): write the tests that the survivors lack.`,
    );
  }
  if (exceedsChance(equivalent, judged.length, MAX_EQUIVALENT_SHARE)) {
    fail('More than 12 % of the mutants count as equivalent: look at the reasons again.');
  }
}

function fail(message: string): void {
  console.error(message);
  process.exitCode = 1;
}
