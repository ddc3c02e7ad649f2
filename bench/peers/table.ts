// Pure: no I/O, no clock.
import { markdownTable } from '../results-table.ts';
import { median, rounded, spreadOf } from '../statistics.ts';
import type { Measured } from './measure.ts';
import { BASELINE, COLUMNS, type Column, type System } from './peers.ts';

const FAR: Column = 'store 50 ms away';

/**
 * The systems as Markdown: CPU per request as a ratio to Postern's in the same round, and Postern's in microseconds. Medians, with
 * the lowest and the highest. Sorted by the cost of the first column; systems without a figure there come last, by name.
 */
export function peersTable(peers: readonly System[], measured: readonly Measured[]): string {
  const rows = peers
    .map(({ id, name }) => ({ name, cost: costOf(measured, id), cells: cellsOf(measured, id) }))
    .filter(({ cells }) => cells.some((cell) => cell !== ''))
    .toSorted((a, b) => a.cost - b.cost || a.name.localeCompare(b.name));
  const head = ['', ...COLUMNS];
  return markdownTable(
    head,
    rows.map(({ name, cells }) => [name, ...cells]),
  );
}

function costOf(measured: readonly Measured[], id: string): number {
  const cost = median(ratiosOf(measured, id, COLUMNS[0]));
  return Number.isNaN(cost) ? Number.MAX_VALUE : cost;
}

function cellsOf(measured: readonly Measured[], id: string): string[] {
  return COLUMNS.map((column) => {
    const of = figuresOf(measured, id, column);
    const values =
      id === BASELINE ? of.map(({ cpuMicros }) => cpuMicros) : ratiosOf(measured, id, column);
    if (values.length === 0) return '';
    const text = id === BASELINE ? `${spread(values, 0)} µs` : spread(values, 2);
    if (column !== FAR) return text;
    return `${text}; ${rounded(median(of.map(({ p50Millis }) => p50Millis)), 0)} ms`;
  });
}

/** By the rounds in which both were measured. */
function ratiosOf(measured: readonly Measured[], id: string, column: Column): number[] {
  const baseline = new Map(
    figuresOf(measured, BASELINE, column).map(({ round, cpuMicros }) => [round, cpuMicros]),
  );
  return figuresOf(measured, id, column).flatMap(({ round, cpuMicros }) => {
    const other = baseline.get(round);
    return other === undefined ? [] : [cpuMicros / other];
  });
}

function figuresOf(measured: readonly Measured[], id: string, column: Column): Measured[] {
  return measured.filter((one) => one.id === id && one.column === column);
}

function spread(values: readonly number[], digits: number): string {
  const { median: middle, min, max } = spreadOf(values);
  return `${middle.toFixed(digits)} (${min.toFixed(digits)}–${max.toFixed(digits)})`;
}
