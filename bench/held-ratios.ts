// Pure: no I/O, no clock.
import type { CountedRounds } from './counted-rounds.ts';
import { median, ratios, rounded } from './statistics.ts';

/** The hot paths, each as `case/baseline`: no change may make them cost more without saying so. */
export const HELD = [
  'whoami-hit/bare-headers',
  'denied/bare-headers',
  'gate-hit/forward-headers',
  'gate-token-warm/forward-headers',
] as const;

export type HeldRatios = Readonly<Record<(typeof HELD)[number], number>>;

/** bench/instructions.json: the ratios of instructions, and those of CPU time for machines without Valgrind. */
export interface CommittedRatios {
  readonly instructions: HeldRatios;
  readonly cpu: HeldRatios;
}

/** Returns the median ratio of each hot path. Throws when a case of it was not measured. */
export function heldRatios(costs: CountedRounds): HeldRatios {
  const costsOf = (name: string) => {
    const found = costs.get(name);
    if (found === undefined) throw new Error(`${name} was not measured`);
    return found;
  };
  const entries = HELD.map((pair) => {
    const [name = '', baseline = ''] = pair.split('/');
    return [pair, rounded(median(ratios(costsOf(name), costsOf(baseline))), 3)];
  });
  return Object.fromEntries(entries) as HeldRatios; // each pair of HELD has an entry
}

/** Returns the lower ratio of each path in two runs: what V8 does by chance, or by the clock, only adds instructions. */
export function lowerRatios(one: HeldRatios, other: HeldRatios): HeldRatios {
  const entries = HELD.map((pair) => [pair, Math.min(one[pair], other[pair])]);
  return Object.fromEntries(entries) as HeldRatios; // each pair of HELD has an entry
}

/** Returns one line for each ratio that is above the committed one by more than the factor allows. */
export function grownRatios(found: HeldRatios, committed: HeldRatios, mayGrow: number): string[] {
  return HELD.filter((pair) => !(found[pair] <= committed[pair] * mayGrow)).map(
    (pair) =>
      `${pair}: ${found[pair]}, expected at most ${rounded(committed[pair] * mayGrow, 3)}. Make the path cheaper, or run npm run bench:instructions -- --write and say in the commit why it costs more.`,
  );
}
