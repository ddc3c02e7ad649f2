/** The parts that only operators and sampled hits need. A module of its own, which `compose-operator-status.ts` loads on demand. */

import type { RouteRequest } from '../http/routes.ts';
import { compareHit, type HitComparisonOptions } from '../observability/hit-comparison.ts';
import { answerStatus, type StatusOptions } from '../routes/status/status.ts';
import type { ComparedHit } from '../sessions/sampled-hits.ts';

/** Makes the comparison of hits with the store. */
export function createHitComparison(
  options: HitComparisonOptions,
): (hit: ComparedHit) => Promise<void> {
  return (hit) => compareHit(hit, options);
}

/** Makes the handler of the status page. */
export function createStatusPage(
  options: StatusOptions,
): (received: RouteRequest) => Promise<Response> {
  return (received) => answerStatus(received, options);
}
