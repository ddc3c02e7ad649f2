// Pure: no I/O, no clock.

/** A figure over several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** The middle one; of an even number of values the mean of the middle two. `NaN` of none. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
}

export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values) };
}

/** The value that so large a share (0 to 1) of all is not above. `NaN` of none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/**
 * Each value by the one of the same round, so that what slows the machine down for a while slows both sides.
 * Throws when the rounds are not the same ones.
 */
export function ratios(values: readonly number[], baseline: readonly number[]): number[] {
  if (values.length !== baseline.length) {
    throw new Error(`${values.length} rounds cannot be compared with ${baseline.length}`);
  }
  return values.map((value, round) => value / (baseline[round] ?? Number.NaN));
}

export function rounded(value: number, digits: number): number {
  return Number(value.toFixed(digits));
}
