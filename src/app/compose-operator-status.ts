import type { Config } from '../config/config.ts';
import type { HitComparisonOptions } from '../observability/hit-comparison.ts';
import { SampledHits } from '../sessions/sampled-hits.ts';
import type { Dependencies } from './dependencies.ts';

/** Loads what only operators and sampled hits need. Rejects when its module is missing or does not start. */
export async function loadOperatorStatus(): Promise<typeof import('./operator-status.ts')> {
  try {
    return await import('./operator-status.ts');
  } catch (error) {
    throw new Error(
      `The operators' part could not be loaded (${error}). Deploy operator-status.js beside worker.js, as wrangler.toml does.`,
      { cause: error },
    );
  }
}

/** Makes the choice of the hits that are compared with the store, and their comparison; `undefined` if none is. */
export function createSampledHits(
  config: Config,
  {
    counts,
    metrics: dataset,
    report,
    random,
    now,
  }: Pick<Dependencies, 'metrics' | 'report' | 'random' | 'now'> &
    Pick<HitComparisonOptions, 'counts'>,
): SampledHits | undefined {
  const { VERIFY_SAMPLE: oneIn, VERIFY_MAX_PER_SECOND: maxPerSecond } = config;
  if (oneIn === 0) return undefined;
  const promisedMs = (config.FRESH_SECONDS + config.STALE_WHILE_REVALIDATE_SECONDS) * 1000;
  return new SampledHits({
    oneIn,
    maxPerSecond,
    random,
    now,
    async compare(hit) {
      const { createHitComparison } = await loadOperatorStatus();
      await createHitComparison({ counts, promisedMs, dataset, report })(hit);
    },
  });
}
