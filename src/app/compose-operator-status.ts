import type { Config } from '../config/config.ts';
import type { Handler, RouteRequest } from '../http/routes.ts';
import type { HitComparisonOptions } from '../observability/hit-comparison.ts';
import type { Revocation } from '../revocation/revocation.ts';
import type { StatusOptions } from '../routes/status/status.ts';
import { servedForSeconds } from '../sessions/freshness.ts';
import { SampledHits } from '../sessions/sampled-hits.ts';
import { appearanceOf } from './appearance.ts';
import { lifetimesOf } from './compose-revocation.ts';
import type { Dependencies } from './dependencies.ts';
import { onlyMethods, READ_METHODS } from './only-methods.ts';

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
  const lifetimes = lifetimesOf(config);
  const promisedMs = servedForSeconds({ ...lifetimes, told: undefined }) * 1000;
  const toldWithinMs = lifetimes.told?.withinMs ?? 0;
  return new SampledHits({
    oneIn,
    maxPerSecond,
    random,
    now,
    async compare(hit) {
      const { createHitComparison } = await loadOperatorStatus();
      await createHitComparison({ counts, promisedMs, toldWithinMs, dataset, report })(hit);
    },
  });
}

interface StatusPageServices
  extends Pick<StatusOptions, 'counts' | 'hosts' | 'errorShape' | 'reporting'>,
    Pick<Dependencies, 'openLogStatus' | 'location'> {
  /** `undefined` if no proof of an operator is configured. */
  readonly guard: StatusOptions['guard'] | undefined;
  readonly revocation: Pick<Revocation, 'view'>;
}

/** The path of the status page, for operators. */
const STATUS_PATH = '/.postern/status';

/** Adds the status page, if a proof of an operator is configured. */
export function addStatusPage(
  add: (path: string, handle: Handler<RouteRequest>) => void,
  config: Config,
  {
    guard,
    counts,
    revocation,
    hosts,
    errorShape,
    reporting,
    openLogStatus,
    location = '-',
  }: StatusPageServices,
): void {
  if (guard === undefined) return;
  const { ADMIN_SECRETS: secrets = [] } = config;
  const allowedMethods = secrets.length > 0 ? [...READ_METHODS, 'POST'] : READ_METHODS;
  const options = {
    guard,
    secrets,
    hosts,
    openLogStatus: config.REVOCATION === 'off' ? undefined : openLogStatus,
    lagMs: revocation.view.lagMs,
    counts,
    location,
    errorShape,
    appearance: appearanceOf(config),
    reporting,
  };
  add(
    STATUS_PATH,
    onlyMethods(allowedMethods, async (received) => {
      const { createStatusPage } = await loadOperatorStatus();
      return createStatusPage(options)(received);
    }),
  );
}
