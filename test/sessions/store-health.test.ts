import { describe, expect, it } from 'vitest';
import { StoreHealth } from '../../src/sessions/store-health.ts';

const T = 1_000_000;

describe('StoreHealth', () => {
  it('starts without a failure, and allows every call', () => {
    const health = new StoreHealth();
    expect([health.failure(T), health.mayRetry(T)]).toEqual([undefined, true]);
  });

  it('counts a fault of the store as a failure, ignores a fault of one answer, and counts any other answer as a success', () => {
    const health = new StoreHealth();
    const fault = (scope: 'store' | 'answer') =>
      health.note({ kind: 'fault', scope, detail: `of the ${scope}`, retryAfterSeconds: 9 }, T);
    fault('answer');
    expect([health.failure(T), health.mayRetry(T)]).toEqual([undefined, true]);
    fault('store');
    fault('answer');
    expect([health.failure(T), health.mayRetry(T + 8999)]).toEqual(['of the store', false]);
    health.note({ kind: 'insufficient', body: 'more' }, T);
    expect([health.failure(T), health.mayRetry(T)]).toEqual([undefined, true]);
  });

  it('allows one attempt a second', () => {
    const health = new StoreHealth();
    health.noteFailure('store-503', T, undefined);
    expect(health.failure(T)).toBe('store-503');
    expect([T, T + 999, T + 1000].map((now) => health.mayRetry(now))).toEqual([false, false, true]);
  });

  it('waits for the time that the store requested', () => {
    const health = new StoreHealth();
    health.noteFailure('store-429', T, 20);
    expect([health.mayRetry(T + 19_999), health.mayRetry(T + 20_000)]).toEqual([false, true]);
    expect(health.failure(T + 20_000)).toBe('store-429');
  });

  it('recovers after one success', () => {
    const health = new StoreHealth();
    health.noteFailure('store-503', T, 20);
    health.noteSuccess();
    expect([health.failure(T), health.mayRetry(T)]).toEqual([undefined, true]);
  });

  it('does not count a store as failing without a call for half a minute', () => {
    const health = new StoreHealth();
    health.noteFailure('store-503', T, undefined);
    expect(health.failure(T + 30_999)).toBe('store-503');
    expect(health.failure(T + 31_000)).toBeUndefined();
  });

  it('survives a clock that goes back', () => {
    const health = new StoreHealth();
    health.noteFailure('store-503', T, 60);
    expect([health.failure(T - 1), health.mayRetry(T - 1)]).toEqual([undefined, true]);
  });
});
