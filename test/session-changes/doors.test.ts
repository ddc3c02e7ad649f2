import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Breakage, loadBroken } from '../revocation/world/broken-build.ts';
import { ACTIONS } from './world/actions.ts';
import { type DoorReport, type DoorSchedule, violations } from './world/door-schedule.ts';
import { runDoors } from './world/run-doors.ts';

const SEED = 20_261_126;
const ENTRY = 'test/session-changes/world/run-doors.ts';
const RUNS = 100;

type Run = (schedule: DoorSchedule) => Promise<DoorReport>;

const share = () => fc.constantFrom(0, 0, 0, 0.1, 0.2);
/** Every run draws its own world from this; a failure prints the smallest that fails. */
const schedules: fc.Arbitrary<DoorSchedule> = fc.record({
  seed: fc.nat(),
  action: fc.nat(ACTIONS.length - 1),
  skewsMs: fc.tuple(skew(), skew(), skew()),
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

async function hold(
  run: Run,
  numRuns: number,
  { note = () => {}, only }: { note?: (report: DoorReport) => void; only?: string } = {},
) {
  const action = ACTIONS.findIndex(({ name }) => name === only);
  const drawn = action < 0 ? schedules : schedules.map((schedule) => ({ ...schedule, action }));
  const property = fc.asyncProperty(drawn, async (schedule) => {
    const report = await run(schedule);
    note(report);
    return violations(report).length === 0 && report.bugs.length === 0;
  });
  return fc.check(property, { numRuns, seed: SEED, endOnFailure: true });
}

describe('every success has its mark', { timeout: 300_000 }, () => {
  it(`R11: over every route, with retries and failing roads, in ${RUNS} schedules`, async () => {
    const done = new Map<string, number>();
    const seen = { retried: 0, over: 0, served: 0 };
    const note = (report: DoorReport) => {
      if (report.answeredAt === undefined) return;
      done.set(report.action, (done.get(report.action) ?? 0) + 1);
      if (report.tries > 1) seen.retried += 1;
      seen.over += report.seen.filter(({ status }) => status === 401).length;
      seen.served += report.seen.filter(({ status }) => status === 200).length;
    };
    const result = await hold(runDoors, RUNS, { note });
    expect(result.failed, fc.defaultReportMessage(result)).toBe(false);
    expect([...done.keys()].sort()).toEqual(ACTIONS.map(({ name }) => name).sort());
    expect(seen.retried).toBeGreaterThan(RUNS / 10);
    expect(seen.over).toBeGreaterThan(1000);
    expect(seen.served).toBeGreaterThan(1000);
  });

  it.each<[string, string, Breakage[]]>([
    [
      'the second mark left out',
      'DELETE /sessions/{id}',
      [
        {
          file: 'src/session-changes/change-maker.ts',
          from: 'const recorded = await writer.append(marks);',
          to: 'const recorded = true;',
        },
      ],
    ],
    [
      'a store that does not say taken for nobody',
      'DELETE /self-service/logout/api',
      [
        {
          file: 'src/session-api/caller.ts',
          from: "return { kind: 'unknown' };",
          to: "return { kind: 'nobody' };",
        },
      ],
    ],
    [
      'no mark on a retry',
      'DELETE /self-service/logout/api',
      [
        {
          file: 'src/session-api/flows/logout.ts',
          from: 'return kept.value.length > 0',
          to: 'return kept.value.length < 0',
        },
      ],
    ],
    [
      'a 404 taken for a proof',
      'DELETE /admin/identities/{id}/sessions',
      [
        {
          file: 'src/session-changes/session-change.ts',
          from: 'const AFTER_AN_EARLIER_TRY = [404, 408, 409, 410];',
          to: 'const AFTER_AN_EARLIER_TRY = [408];',
        },
      ],
    ],
    [
      'a session that a caller names marked without the caller',
      'DELETE /sessions/{id} of a stranger',
      [
        {
          file: 'src/session-changes/subjects.ts',
          from: "kind: 'session-of',",
          to: "kind: 'session',",
        },
      ],
    ],
    [
      'all others marked as none',
      'DELETE /sessions',
      [
        {
          file: 'src/revocation/known-marks.ts',
          from: 'if (spared !== own) found.push(mark);',
          to: 'if (spared === own) found.push(mark);',
        },
      ],
    ],
    [
      'a recovery by whoami alone',
      'POST /self-service/recovery of an account with a second factor',
      [
        {
          file: 'src/session-api/flows/recovery.ts',
          from: 'const names = await namesByAddress(issued, flow);',
          to: "const names = ['nobody'];",
        },
        {
          file: 'src/session-api/flows/issued-session.ts',
          from: 'if (names.length > 0) return { names, sessionId: undefined };',
          to: '',
        },
      ],
    ],
  ])('would not, in a build with %s', async (_name, only, breakages) => {
    const { runDoors: run } = await loadBroken<{ runDoors: Run }>(ENTRY, breakages);
    const { failed } = await hold(run, RUNS, { only });
    expect(failed).toBe(true);
  });
});
