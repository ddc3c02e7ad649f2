import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadBroken } from '../revocation/world/broken-build.ts';
import { ACTIONS } from './world/actions.ts';
import { BROKEN_BUILDS } from './world/broken-builds.ts';
import {
  type DoorReport,
  type DoorSchedule,
  type Seen,
  violations,
} from './world/door-schedule.ts';
import { KEYCARD_CREDENTIALS, KRATOS_CREDENTIALS } from './world/people.ts';
import { runDoors } from './world/run-doors.ts';

const SEED = Number(process.env.DOOR_SEED ?? 20_261_126);
const ENTRY = 'test/session-changes/world/run-doors.ts';
/** Schedules of each action; a build that is broken fails one of many more. */
const RUNS = Number(process.env.DOOR_SCHEDULES ?? 5);
const RUNS_OF_BROKEN = 100;

type Run = (schedule: DoorSchedule) => Promise<DoorReport>;

const share = () => fc.constantFrom(0, 0, 0, 0.1, 0.2);
/** Every run draws its own world from this; a failure prints the smallest that fails. */
const schedules = fc.record({
  seed: fc.nat(),
  skewsMs: fc.tuple(skew(), skew(), skew()),
  isByCookie: fc.boolean(),
  isStoreSlow: fc.boolean(),
  storeFaults: fc.record({
    unreached: share(),
    unanswered: share(),
    late: share(),
    failing: share(),
    limited: share(),
  }),
  logDelayMs: fc.constantFrom(20, 400, 1500),
  logLoss: fc.constantFrom(0, 0, 0.2, 0.5),
  logDownMs: fc.constantFrom(0, 0, 2000, 6000),
  hasKv: fc.boolean(),
  kvLoss: fc.constantFrom(0, 0.3),
  pauseMs: fc.constantFrom(1000, 4000),
});

function skew(): fc.Arbitrary<number> {
  return fc.integer({ min: -400, max: 400 });
}

/** A schedule without failures, in which every effect of an action is visible. */
const CALM: DoorSchedule = {
  seed: 1,
  action: 0,
  skewsMs: [0, 0, 0],
  isByCookie: true,
  isStoreSlow: false,
  storeFaults: { unreached: 0, unanswered: 0, late: 0, failing: 0, limited: 0 },
  logDelayMs: 20,
  logLoss: 0,
  logDownMs: 0,
  hasKv: true,
  kvLoss: 0,
  pauseMs: 1000,
};

/** Runs one action: first without failures, then in the drawn schedule. */
async function hold(
  run: Run,
  name: string,
  { numRuns, note = () => {} }: { numRuns: number; note?: (report: DoorReport) => void },
) {
  const action = ACTIONS.findIndex((one) => one.name === name);
  if (action < 0) throw new RangeError(`no action is called ${name}`);
  const drawn = schedules.map((schedule) => ({ ...schedule, action }));
  const property = fc.asyncProperty(drawn, async (schedule) => {
    const report = await run(schedule);
    note(report);
    return violations(report).length === 0 && report.bugs.length === 0;
  });
  const examples: [DoorSchedule][] = [[{ ...CALM, action }]];
  return fc.check(property, { numRuns, examples, seed: SEED + action, endOnFailure: true });
}

/** Observations that must occur at least once in this number of schedules; otherwise they prove too little. */
const EXPECTED = [
  ...[...KRATOS_CREDENTIALS, ...KEYCARD_CREDENTIALS].flatMap((by) => [
    `${by} was 200`,
    `${by} is 401`,
  ]),
  ...ACTIONS.flatMap(({ name, over, renewed, untouched }) => [
    ...over.flatMap((who) => [`${name}: ${who} was 200`, `${name}: ${who} is 401`]),
    ...renewed.flatMap((who) => [
      `${name}: ${who} was shown with the first address`,
      `${name}: ${who} is shown with the new address`,
    ]),
    ...untouched.map((who) => `${name}: ${who} is 200`),
  ]),
];

function observations({ action, before, seen }: DoorReport): string[] {
  const told = (verb: string) => (one: Seen) => [
    `${one.by} ${verb} ${one.status}`,
    `${action}: ${one.who} ${verb} ${one.status}`,
    `${action}: ${one.who} ${verb} shown with the ${one.shows}`,
  ];
  return [...before.flatMap(told('was')), ...seen.flatMap(told('is'))];
}

describe('every success has its mark', { timeout: 60_000 * RUNS }, () => {
  it(`R11: by every request that changes sessions, with retries and failing connections, in ${RUNS} schedules each`, async () => {
    const observed = new Set<string>();
    let retried = 0;
    const note = (report: DoorReport) => {
      if (report.answeredAt === undefined) return;
      for (const one of observations(report)) observed.add(one);
      if (report.tries > 1) retried += 1;
    };
    for (const { name } of ACTIONS) {
      const result = await hold(runDoors, name, { numRuns: RUNS, note });
      expect(result.failed, `${name}: ${fc.defaultReportMessage(result)}`).toBe(false);
    }
    expect(EXPECTED.filter((one) => !observed.has(one))).toEqual([]);
    expect(retried).toBeGreaterThan((ACTIONS.length * RUNS) / 10);
  });

  it.each(BROKEN_BUILDS)(
    'control: would have none in a build with $name',
    async ({ only, breakages }) => {
      const { runDoors: run } = await loadBroken<{ runDoors: Run }>(ENTRY, breakages);
      const { failed } = await hold(run, only, { numRuns: RUNS_OF_BROKEN });
      expect(failed).toBe(true);
    },
  );
});
