import { afterAll, beforeAll, expect, it } from 'vitest';
import { median, percentile } from '../../bench/statistics.ts';
import { drawSample } from '../mutation/sample.ts';
import { Random } from '../revocation/world/random.ts';
import { CHANGING_ROUTES } from '../routes/session-api/routes.ts';
import { type Deployment, startDeployment } from './deployment.ts';
import { FAULTS, type Fault } from './faults.ts';
import { KRATOS_DOORS } from './kratos-doors.ts';
import { OTHER_DOORS } from './other-doors.ts';
import type { Door } from './revocation.ts';
import { type Outcome, runBatch } from './run-batch.ts';
import { SELF_SERVICE_DOORS } from './self-service-doors.ts';

const DOORS: readonly Door[] = [...KRATOS_DOORS, ...SELF_SERVICE_DOORS, ...OTHER_DOORS];

/** `ISOLATE_REVOCATIONS=all` goes through every door under every fault; the seed of a sample is printed with it. */
const IS_WHOLE = process.env.ISOLATE_REVOCATIONS === 'all';
const SEED = Number(process.env.ISOLATE_SEED ?? Math.floor(Math.random() * 1e6));
/** Size of a sample: the number of faults, one of them a rarely used isolate, and of routes under each. */
const SAMPLE = { faults: 3, doors: 10 };
/** Number of concurrent changes. */
const BATCH_SIZE = 24;
/** Number of faults under which the changes that concern all people are made too. */
const FAULTS_FOR_ALL = 4;

/** Routes that change sessions and that no door here leads through, with the reason. */
const EXCUSED: Readonly<Record<string, string>> = {
  'GET /self-service/login': 'a link of another flow: a sign-in has none',
  'GET /self-service/registration': 'as above',
  'POST /self-service/registration': 'a new person has nothing that could be ended',
  'GET /self-service/settings': 'a link of another flow: settings have none',
  'GET /self-service/recovery': 'the stand-in sends codes and no links',
  'GET /self-service/verification': 'the same change as its POST',
  'POST /self-service/methods/oidc/callback/:provider': 'sends the browser on to the GET',
  'DELETE /self-service/login/test': 'changes no session',
};

interface Batch {
  readonly fault: Fault;
  readonly doors: readonly Door[];
}

let deployment: Deployment;
const outcomes: Outcome[] = [];

beforeAll(async () => {
  deployment = await startDeployment();
});
afterAll(async () => {
  console.log(report());
  await deployment[Symbol.asyncDispose]();
});

function batches(): Batch[] {
  const random = new Random(SEED);
  const draw = <Item>(items: readonly Item[], size: number) =>
    drawSample(items, size, random.upTo(1e9));
  const single = DOORS.filter(({ isForAll }) => !isForAll);
  if (!IS_WHOLE) {
    const seldom = FAULTS.filter(({ isQuiet }) => isQuiet);
    const others = FAULTS.filter(({ isQuiet }) => !isQuiet);
    const faults = [...draw(seldom, 1), ...draw(others, SAMPLE.faults - 1)];
    return faults.map((fault) => ({ fault, doors: draw(single, SAMPLE.doors) }));
  }
  const all = DOORS.filter(({ isForAll }) => isForAll);
  return FAULTS.flatMap((fault, index) => {
    const shuffled = draw(single, single.length);
    const together: Batch[] = [];
    for (let start = 0; start < shuffled.length; start += BATCH_SIZE) {
      together.push({ fault, doors: shuffled.slice(start, start + BATCH_SIZE) });
    }
    if (index >= FAULTS_FOR_ALL) return together;
    return [...together, ...all.map((door) => ({ fault, doors: [door] }))];
  });
}

/** For how long sessions and tokens were served after the end of a change, as rows of a table. */
function report(): string {
  const made = Object.entries(Object.groupBy(outcomes, ({ fault }) => fault));
  const labelled = outcomes.reduce((sum, outcome) => sum + outcome.labelled, 0);
  return [
    `ISOLATE_SEED=${SEED}, answers after the lag with a label: ${labelled}`,
    '| | changes | sessions: median, p99, longest (s) | tokens |',
    '| --- | --- | --- | --- |',
    ...made.map(([fault, some = []]) => row(fault, some)),
    row('all', outcomes),
  ].join('\n');
}

function row(name: string, some: readonly Outcome[]): string {
  const figures = (['session', 'token'] as const).map((kind) => {
    const ages = some.flatMap(({ lastServedMs }) => lastServedMs[kind] ?? []);
    const shown = [median(ages), percentile(ages, 0.99), Math.max(...ages)];
    return shown.map((ms) => (ms / 1000).toFixed(2)).join(', ');
  });
  return `| ${[name, some.length, ...figures].join(' | ')} |`;
}

it('every route that changes sessions is tested here, or has a reason', () => {
  const covered = new Set(DOORS.flatMap(({ route }) => route ?? []));
  const missing = CHANGING_ROUTES.filter((route) => !covered.has(route) && !(route in EXCUSED));
  expect(missing).toEqual([]);
  expect([...covered].filter((route) => !CHANGING_ROUTES.includes(route))).toEqual([]);
});

it.each(batches().map((batch) => [batch.fault.name, batch] as const))(
  `an ended session is not served after the lag: %s (ISOLATE_SEED=${SEED})`,
  async (_, { fault, doors }) => {
    const random = new Random(SEED + outcomes.length);
    const made = await runBatch(deployment, { fault, doors, random });
    outcomes.push(...made);
    expect(made.flatMap(({ violations }) => violations)).toEqual([]);
  },
  180_000,
);
