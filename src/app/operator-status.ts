/** The parts that only operators and sampled hits need. A module of its own, which `compose-operator-status.ts` loads on demand. */
import { compareHit, type HitComparisonOptions } from '../observability/hit-comparison.ts';
import type { ComparedHit } from '../sessions/sampled-hits.ts';

/** Makes the comparison of hits with the store. */
export function createHitComparison(
  options: HitComparisonOptions,
): (hit: ComparedHit) => Promise<void> {
  return (hit) => compareHit(hit, options);
}
