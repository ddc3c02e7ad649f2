import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Breakage, loadBroken } from './world/broken-build.ts';
import {
  brokenPromises,
  runToldSchedule,
  type ToldReport,
  type ToldSchedule,
} from './world/run-told-schedule.ts';

const skew = () => fc.integer({ min: -400, max: 400 });

const schedules: fc.Arbitrary<ToldSchedule> = fc
  .record({
    seed: fc.nat(),
    skewsMs: fc.tuple(skew(), skew(), skew()),
    endedAtMs: fc.integer({ min: 5000, max: 180_000 }),
    channel: fc.constantFrom('works', 'dies', 'breaks'),
    /** The fault begins so long before the session ends, or after it. */
    faultBeforeMs: fc.integer({ min: -2000, max: 12_000 }),
    faultForMs: fc.constantFrom(4000, 15_000, 300_000),
    pollDelayMs: fc.constantFrom(20, 1000, 1500, 3000),
    logDelayMs: fc.constantFrom(20, 400, 1500, 4000),
    logLoss: fc.constantFrom(0, 0, 0.1, 0.5),
    logGarble: fc.constantFrom(0, 0, 0.3),
    storeDelayMs: fc.constantFrom(50, 500, 3000),
    storeLoss: fc.constantFrom(0, 0.1, 0.6),
    /** The store dies so long before the session ends. */
    storeDiesBeforeMs: fc.constantFrom(-Infinity, -Infinity, 1000, 20_000),
    kvStaleMs: fc.constantFrom(0, 60_000),
    isOneLocation: fc.boolean(),
    locationReplay: fc.constantFrom(0, 0.3),
    pauseMs: fc.constantFrom(500, 3000, 9000),
  })
  .map(({ faultBeforeMs, storeDiesBeforeMs, ...schedule }) => ({
    ...schedule,
    faultAtMs: schedule.endedAtMs - faultBeforeMs,
    storeDiesAtMs: schedule.endedAtMs - storeDiesBeforeMs,
  }));

const SEED = 20_261_127;
const ENTRY = 'test/revocation/world/run-told-schedule.ts';

type Run = (schedule: ToldSchedule) => Promise<ToldReport>;

/**
 * Schedules in which the known changes end just before the session does: the channel and the store die, and the log is
 * far. Sessions are served until the last moment that the known changes allow.
 */
const narrow = schedules.map((schedule): ToldSchedule => {
  const { endedAtMs } = schedule;
  const channel = { channel: 'dies', faultAtMs: endedAtMs - 300, faultForMs: 300_000 } as const;
  const far = { pollDelayMs: 20, logDelayMs: 4000, logLoss: 0, logGarble: 0, pauseMs: 200 };
  return { ...schedule, ...channel, ...far, storeLoss: 0, storeDiesAtMs: endedAtMs - 1000 };
});

async function hold(
  run: Run,
  numRuns: number,
  among = schedules,
): Promise<fc.RunDetails<[ToldSchedule]>> {
  const property = fc.asyncProperty(among, async (schedule) => {
    const report = await run(schedule);
    return brokenPromises(report).length === 0 && report.thrown === 0;
  });
  return fc.check(property, { numRuns, seed: SEED, endOnFailure: true });
}

describe('a session that is ended in the store directly', { timeout: 180_000 }, () => {
  it('is not served 60 s later, nor later than the lag after its mark, in 300 schedules', async () => {
    const seen = { servedOld: 0, servedAfter: 0, servedDespite: 0, storeCalls: 0 };
    const { failed, counterexample } = await hold(async (schedule) => {
      const report = await runToldSchedule(schedule);
      seen.servedOld += report.servedOld;
      seen.servedAfter += report.served.length;
      seen.servedDespite += report.served.filter(({ fault }) => fault !== undefined).length;
      seen.storeCalls += report.storeCalls;
      return report;
    }, 300);
    expect(counterexample).toBeNull();
    expect(failed).toBe(false);
    // The runs were about something: sessions were served long after their checks, also after their end.
    expect(seen.servedOld).toBeGreaterThan(5000);
    expect(seen.servedAfter).toBeGreaterThan(1000);
    expect(seen.servedDespite).toBeGreaterThan(100);
  });

  const CHANGES = 'src/revocation/store-changes.ts';
  const FRESHNESS = 'src/sessions/freshness.ts';
  it.each<[string, Breakage[]]>([
    [
      'a view that ignores since when the channel has been unbroken',
      [
        {
          file: CHANGES,
          from: 'since + CLOCK_SKEW_MS <= checkedAt && sentAt <= now;',
          to: 'sentAt <= now || since > checkedAt;',
        },
      ],
    ],
    [
      'a watermark whose age is ignored',
      [{ file: CHANGES, from: 'until: sentAt - ageMs', to: 'until: sentAt' }],
    ],
    [
      'the time of the last break dated at the sending of the read',
      [{ file: CHANGES, from: 'since: arrivedAt - unbrokenForMs', to: 'since: 0 * arrivedAt' }],
    ],
    [
      'freshness that neither sinks nor ends when the store falls silent',
      [
        {
          file: FRESHNESS,
          from: 'if (sinksForMs < 0) return toldMs;',
          to: 'if (sinksForMs < Infinity) return toldMs;',
        },
        { file: FRESHNESS, from: 'Math.min(confirmedForMs + servableMs, mostMs)', to: 'mostMs' },
      ],
    ],
    [
      'checks that are served for 930 s after the channel died, and checked behind',
      [{ file: FRESHNESS, from: 'Math.min(confirmedForMs + servableMs, mostMs)', to: 'mostMs' }],
    ],
    [
      'a view that is too old and still confirms checks',
      [
        {
          file: FRESHNESS,
          from: "if (checked.checkedAt < context.trustedSince) return 'if-error';",
          to: "if (checked.checkedAt < context.trustedSince && context.changesKnownUntil === undefined) return 'if-error';",
        },
      ],
    ],
  ])('control: would be served later in a build with %s', async (_name, breakages) => {
    const { runToldSchedule: run } = await loadBroken<{ runToldSchedule: Run }>(ENTRY, breakages);
    const { failed } = await hold(run, 500); // the rarest breaks it in one schedule of 40
    expect(failed).toBe(true);
  });

  it('control: would be served later in a build that dates a watermark at the arrival of its page', async () => {
    expect((await hold(runToldSchedule, 40, narrow)).failed).toBe(false);
    const { runToldSchedule: run } = await loadBroken<{ runToldSchedule: Run }>(ENTRY, [
      { file: CHANGES, from: 'until: sentAt - ageMs', to: 'until: arrivedAt - ageMs' },
    ]);
    const { failed } = await hold(run, 200, narrow);
    expect(failed).toBe(true);
  });

  it('would not be served later in a build whose freshness does not sink: the time in which it is served ends', async () => {
    const { runToldSchedule: run } = await loadBroken<{ runToldSchedule: Run }>(ENTRY, [
      {
        file: FRESHNESS,
        from: 'if (sinksForMs < 0) return toldMs;',
        to: 'if (sinksForMs < Infinity) return toldMs;',
      },
    ]);
    const { failed } = await hold(run, 60);
    expect(failed).toBe(false);
  });
});
