import { expect, test } from 'vitest';
import { functionShares } from '../../bench/function-shares.ts';
import type { ProfileNode } from '../../bench/inspector.ts';
import { busyMillis } from '../../bench/start-up.ts';

const node = (id: number, functionName: string, lineNumber: number, children: number[] = []) =>
  ({
    id,
    callFrame: { functionName, lineNumber, columnNumber: 0 },
    children,
  }) satisfies ProfileNode;

/** 100 µs idle; 300 µs in `gate`, of which 200 are of the runtime's own `fetch`, and 50 of `gate` inside `gate`. */
const PROFILE = {
  nodes: [
    node(1, '(root)', -1, [2, 3]),
    node(2, '(idle)', -1),
    node(3, 'gate', 9, [4, 5]),
    node(4, 'fetch', -1),
    node(5, 'gate', 9),
  ],
  samples: [2, 3, 4, 5],
  timeDeltas: [100, 50, 200, 50],
};

test('functionShares() gives the own time of a function and the time of all its callees, without idle time', () => {
  const shares = functionShares(PROFILE);
  expect(shares.map(({ name }) => name)).not.toContain('(idle)');
  expect(shares).toContainEqual({ name: 'fetch < gate:10', self: 2 / 3, total: 2 / 3 });
  expect(shares).toContainEqual({ name: 'gate:10', self: 1 / 3, total: 1 });
  expect(shares[0]?.name).toBe('fetch < gate:10');
});

test('busyMillis() is all time that is not idle', () => {
  expect(busyMillis(PROFILE)).toBe(0.3);
});
