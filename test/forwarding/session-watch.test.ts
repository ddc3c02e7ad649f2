import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  recheckMaxAgeMs,
  type SessionStatus,
  watchSession,
} from '../../src/forwarding/session-watch.ts';

const LAG_MS = 5000;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** When a vigil ended, and how; `undefined` while it goes on. */
function watchEnd(watch: { over: Promise<string> }) {
  const end: { at?: number; status?: string } = {};
  void watch.over.then((status) => Object.assign(end, { at: Date.now(), status }));
  return end;
}

const later = <Value>(value: Value, ms: number) =>
  new Promise<Value>((resolve) => setTimeout(resolve, ms, value));

describe('watchSession()', () => {
  it('continues while every check passes, and stops checking when it is stopped', async () => {
    const check = vi.fn(async (): Promise<SessionStatus> => 'pass');
    const watch = await watchSession(check, LAG_MS);
    const end = watchEnd(watch);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(check).toHaveBeenCalledTimes(61);
    expect(end).toEqual({});
    watch.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(check).toHaveBeenCalledTimes(61);
    expect(end).toEqual({});
    expect(vi.getTimerCount()).toBe(0);
  });

  it.each([
    [2000, 500],
    [4000, 1000],
    [60_000, 1000],
  ])('with a lag of %i ms, checks every %i ms', async (lagMs, everyMs) => {
    const check = vi.fn(async (): Promise<SessionStatus> => 'pass');
    const watch = await watchSession(check, lagMs);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(check).toHaveBeenCalledTimes(1 + 10_000 / everyMs);
    watch.stop();
  });

  it.each(['deny', 'cannot-tell'] as const)(
    'ends with the first check that returns %s',
    async (no) => {
      const answers: SessionStatus[] = ['pass', 'pass', no];
      const watch = await watchSession(async () => answers.shift() ?? 'pass', LAG_MS);
      const end = watchEnd(watch);
      await vi.advanceTimersByTimeAsync(1999);
      expect(end).toEqual({});
      await vi.advanceTimersByTimeAsync(1);
      expect(end.status).toBe(no);
      expect(vi.getTimerCount()).toBe(0);
    },
  );

  it('ends at once if the first check denies the session', async () => {
    const end = watchEnd(await watchSession(async () => 'deny', LAG_MS));
    await vi.advanceTimersByTimeAsync(0);
    expect(end.status).toBe('deny');
  });

  it('treats a failed check as no verdict', async () => {
    const watch = await watchSession(() => Promise.reject(new Error('no')), LAG_MS);
    expect(await watch.over).toBe('cannot-tell');
  });

  it('ends when the last proof runs out, if a check never returns', async () => {
    let looks = 0;
    const started = Date.now();
    const watch = await watchSession(() => {
      looks += 1;
      return looks < 4 ? Promise.resolve('pass') : new Promise<never>(() => {});
    }, LAG_MS);
    const end = watchEnd(watch);
    await vi.advanceTimersByTimeAsync(20_000);
    // The last look that proved anything began at 2 s, and holds for what the lag leaves.
    expect(end).toEqual({
      at: started + 2000 + LAG_MS - recheckMaxAgeMs(LAG_MS),
      status: 'cannot-tell',
    });
    expect(looks).toBe(4);
  });

  it.each([2000, 3000, 5000, 60_000])(
    'with a lag of %i ms, a revocation at any time ends the stream within the lag, even with slow checks',
    async (lagMs) => {
      for (let revokedAfter = 0; revokedAfter < 3 * lagMs; revokedAfter += lagMs / 7) {
        for (const takesMs of [0, lagMs / 9, lagMs / 3, 2 * lagMs]) {
          const begun = Date.now();
          const revokedAt = begun + revokedAfter;
          // The oldest view a look may have: it was read just before.
          const check = (): Promise<SessionStatus> => {
            const knows = Date.now() - recheckMaxAgeMs(lagMs);
            return later(knows >= revokedAt ? 'deny' : 'pass', takesMs);
          };
          const end: { at?: number } = {};
          void watchSession(check, lagMs).then(({ over }) =>
            over.then(() => Object.assign(end, { at: Date.now() })),
          );
          await vi.advanceTimersByTimeAsync(4 * lagMs + 1);
          expect(end.at ?? Infinity).toBeLessThanOrEqual(revokedAt + lagMs);
        }
      }
    },
  );

  it.each(['pass', 'deny'] as const)(
    'leaves no timer and reports no end when it is stopped during a check (%s)',
    async (answer) => {
      let looks = 0;
      const watch = await watchSession(() => {
        looks += 1;
        return looks === 1 ? Promise.resolve('pass') : later(answer, 500);
      }, LAG_MS);
      const end = watchEnd(watch);
      await vi.advanceTimersByTimeAsync(1100);
      expect(looks).toBe(2);
      watch.stop();
      await vi.advanceTimersByTimeAsync(500);
      expect(vi.getTimerCount()).toBe(0);
      await vi.advanceTimersByTimeAsync(60_000);
      expect([looks, end]).toEqual([2, {}]);
    },
  );

  it('without a lag, the watch waits for a slow check', async () => {
    const opening = watchSession(() => later('pass', 30_000), Infinity);
    await vi.advanceTimersByTimeAsync(30_000);
    const watch = await opening;
    const end = watchEnd(watch);
    await vi.advanceTimersByTimeAsync(300_000);
    expect(end).toEqual({});
    watch.stop();
  });
});
