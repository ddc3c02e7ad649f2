import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SingleFlight } from '../../src/runtime/single-flight.ts';

const DEADLINE_MS = 1000;
const GIVEN_UP_MS = DEADLINE_MS + 500;

/** Work that ends when the test says so, and the times at which it was begun. */
function createWork() {
  const begun: { startedAt: number; end: (value: string) => void; fail: (e: Error) => void }[] = [];
  const work = (startedAt: number) => {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    begun.push({ startedAt, end: resolve, fail: reject });
    return promise;
  };
  return { begun, work };
}

const anchored: Promise<unknown>[] = [];
const waitUntil = (promise: Promise<unknown>) => {
  anchored.push(promise.catch(() => {}));
};

describe('SingleFlight', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    anchored.length = 0;
  });
  afterEach(() => {
    vi.useRealTimers();
  });
  const create = () => new SingleFlight<string>({ deadlineMs: DEADLINE_MS, now: () => Date.now() });

  it('runs the work once for all concurrent callers, and marks the first one', async () => {
    const flights = create();
    const { begun, work } = createWork();
    const joins = Array.from({ length: 100 }, () => flights.join('n', 0, work, waitUntil));
    expect([begun.length, anchored.length, flights.has('n')]).toEqual([1, 1, true]);
    begun[0]?.end('done');
    const results = await Promise.all(joins);
    expect(results.filter(({ joined }) => !joined)).toHaveLength(1);
    expect(new Set(results.map(({ value }) => value))).toEqual(new Set(['done']));
    expect(flights.has('n')).toBe(false);
  });

  it('keeps keys apart', async () => {
    const flights = create();
    const { begun, work } = createWork();
    const joins = [flights.join('a', 0, work, waitUntil), flights.join('b', 0, work, waitUntil)];
    for (const [index, { end }] of begun.entries()) end(`value ${index}`);
    const values = (await Promise.all(joins)).map(({ value }) => value);
    expect(values).toEqual(['value 0', 'value 1']);
  });

  it('starts again after the work has ended', async () => {
    const flights = create();
    const { begun, work } = createWork();
    const first = flights.join('n', 0, work, waitUntil);
    begun[0]?.end('one');
    await first;
    const second = flights.join('n', 0, work, waitUntil);
    begun[1]?.end('two');
    expect(await second).toEqual({ value: 'two', joined: false });
  });

  it('gives callers with no-cache one shared later flight, after the running one', async () => {
    const flights = create();
    const { begun, work } = createWork();
    const past = flights.join('n', 0, work, waitUntil);
    vi.advanceTimersByTime(100);
    const minStartedAt = Date.now();
    const present = Array.from({ length: 10 }, () =>
      flights.join('n', minStartedAt, work, waitUntil),
    );
    expect(begun).toHaveLength(1);
    begun[0]?.end('past');
    expect((await past).value).toBe('past');
    await vi.waitFor(() => expect(begun).toHaveLength(2));
    expect(begun[1]?.startedAt).toBeGreaterThanOrEqual(minStartedAt);
    begun[1]?.end('present');
    const results = await Promise.all(present);
    expect(results.every(({ value }) => value === 'present')).toBe(true);
    expect(begun).toHaveLength(2);
  });

  it('replaces a flight that does not return, once for all who wait', async () => {
    const flights = create();
    const { begun, work } = createWork();
    void flights.join('n', 0, work, waitUntil);
    const waiting = Array.from({ length: 5 }, () => flights.join('n', 0, work, waitUntil));
    await vi.advanceTimersByTimeAsync(GIVEN_UP_MS - 1);
    expect(begun).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(begun).toHaveLength(2);
    begun[1]?.end('again');
    const values = (await Promise.all(waiting)).map(({ value }) => value);
    expect(values).toEqual(Array(5).fill('again'));
  });

  it('does not count a lost flight as running', async () => {
    const flights = create();
    const { begun, work } = createWork();
    void flights.join('n', 0, work, waitUntil);
    vi.advanceTimersByTime(GIVEN_UP_MS);
    expect(flights.has('n')).toBe(false);
    const join = flights.join('n', 0, work, waitUntil);
    await vi.advanceTimersByTimeAsync(0);
    begun[1]?.end('again');
    expect((await join).value).toBe('again');
  });

  it('ignores a lost flight that ends after all', async () => {
    const flights = create();
    const { begun, work } = createWork();
    const lost = flights.join('n', 0, work, waitUntil);
    const waiting = flights.join('n', 0, work, waitUntil);
    await vi.advanceTimersByTimeAsync(GIVEN_UP_MS);
    begun[0]?.end('late');
    expect((await lost).value).toBe('late');
    expect(flights.has('n')).toBe(true);
    begun[1]?.end('again');
    expect((await waiting).value).toBe('again');
  });

  it('treats a flight that the platform ended as lost', async () => {
    const flights = create();
    const { begun, work } = createWork();
    const owner = flights.join('n', 0, work, waitUntil);
    const waiting = flights.join('n', 0, work, waitUntil);
    begun[0]?.fail(new Error('This promise was created by a request that has since ended'));
    await expect(owner).rejects.toThrow('has since ended');
    await vi.waitFor(() => expect(begun).toHaveLength(2));
    begun[1]?.end('again');
    expect((await waiting).value).toBe('again');
  });
});
