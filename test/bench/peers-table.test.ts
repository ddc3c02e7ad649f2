import { expect, test } from 'vitest';
import type { Measured } from '../../bench/peers/measure.ts';
import type { Column } from '../../bench/peers/peers.ts';
import { peersTable } from '../../bench/peers/table.ts';

const PEERS = [
  { id: 'slow', name: 'Slow' },
  { id: 'postern', name: '**Postern**' },
  { id: 'checks', name: 'Checks' },
  { id: 'quick', name: 'Quick' },
  { id: 'failed', name: 'Failed' },
];

function rounds(id: string, column: Column, costs: readonly number[]): Measured[] {
  return costs.map((cpuMicros, round) => ({ round, column, id, cpuMicros, p50Millis: 51.7 }));
}

function rowsOf(measured: readonly Measured[]): string[] {
  return peersTable(PEERS, measured).split('\n').slice(2);
}

test('peersTable() compares costs of one round, and takes the median of the ratios', () => {
  const measured = [
    ...rounds('postern', 'gate by cookie', [100, 400, 200]),
    ...rounds('slow', 'gate by cookie', [150, 800, 250]), // 1.5, 2, 1.25; the ratio of the medians is 1.25
  ];
  const [postern, slow] = rowsOf(measured);
  expect(postern).toBe('| **Postern** | 200 (100–400) µs |  |  |  |  |  |');
  expect(slow).toBe('| Slow | 1.50 (1.25–2.00) |  |  |  |  |  |');
});

test('peersTable() sorts by the cost of the gate, whoever is cheaper, and puts systems without one last', () => {
  const measured = [
    ...rounds('postern', 'gate by cookie', [100]),
    ...rounds('postern', 'check only', [50]),
    ...rounds('slow', 'gate by cookie', [150]),
    ...rounds('quick', 'gate by cookie', [20]),
    ...rounds('checks', 'check only', [10]),
  ];
  expect(rowsOf(measured).map((row) => row.split(' | ')[0])).toEqual([
    '| Quick',
    '| **Postern**',
    '| Slow',
    '| Checks',
  ]);
});

test('peersTable() leaves out a round in which Postern was not measured', () => {
  const measured = [
    ...rounds('postern', 'denied', [100, 100]).filter(({ round }) => round === 1),
    ...rounds('quick', 'denied', [999, 50]),
  ];
  expect(rowsOf(measured)).toContain('| Quick |  |  |  | 0.50 (0.50–0.50) |  |  |');
});

test('peersTable() shows how long an answer takes when the store is far away', () => {
  const measured = [
    ...rounds('postern', 'store 50 ms away', [100]),
    ...rounds('quick', 'store 50 ms away', [50]),
  ];
  expect(rowsOf(measured)).toContain('| Quick |  |  |  |  | 0.50 (0.50–0.50); 52 ms |  |');
});
