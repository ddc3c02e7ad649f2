import { expect, test } from 'vitest';
import { SimulatedTime } from '../../bench/simulate/simulated-time.ts';

test('timers fire in the order of their times, and equal times in the order of their creation', async () => {
  const time = new SimulatedTime(1000);
  const fired: string[] = [];
  const plan = (name: string, delayMs: number) =>
    time.after(delayMs, () => fired.push(`${name}@${time.now()}`));
  plan('late', 500);
  plan('early', 5);
  plan('as late', 500);
  plan('first', 0);
  await time.run();
  expect(fired).toEqual(['first@1000', 'early@1005', 'late@1500', 'as late@1500']);
});

test('five hundred timers in random order fire in order of time', async () => {
  const time = new SimulatedTime(0);
  const fired: number[] = [];
  for (let index = 0; index < 500; index += 1) {
    time.after((index * 7919) % 997, () => fired.push(time.now()));
  }
  await time.run();
  expect(fired).toHaveLength(500);
  expect(fired).toEqual([...fired].sort((a, b) => a - b));
});

test('all pending work runs before the clock moves', async () => {
  const time = new SimulatedTime(0);
  let seenAt: number | undefined;
  time.after(10, async () => {
    for (let hop = 0; hop < 50; hop += 1) await Promise.resolve();
    await crypto.subtle.digest('SHA-256', new Uint8Array(3));
    seenAt = time.now();
  });
  time.after(11, () => undefined);
  await time.run();
  expect(seenAt).toBe(10);
});

test('setTimeout() is simulated during the simulation, and real after it', async () => {
  const before = [setTimeout, clearTimeout, crypto];
  const time = new SimulatedTime(0);
  let firedAt: number | undefined;
  time.after(0, () => {
    setTimeout(() => {
      firedAt = time.now();
    }, 86_400_000);
    const cancelled = setTimeout(() => {
      throw new Error('cancelled timers do not fire');
    }, 5);
    clearTimeout(cancelled);
  });
  await time.run();
  expect(firedAt).toBe(86_400_000);
  expect([setTimeout, clearTimeout, crypto]).toEqual(before);
});

test('a timetable and timers alternate by time', async () => {
  const time = new SimulatedTime(0);
  const seen: string[] = [];
  const planned = [3, 3, 20];
  time.after(10, () => seen.push('timer'));
  await time.run({
    nextAt: () => planned[0] ?? Infinity,
    fire: () => seen.push(`planned ${planned.shift()}`),
  });
  expect(seen).toEqual(['planned 3', 'planned 3', 'timer', 'planned 20']);
});
