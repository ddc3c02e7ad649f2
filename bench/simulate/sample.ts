// Pure: no I/O, no clock.
import type { Random } from './random.ts';
import { Zipf } from './zipf.ts';

export interface Population {
  readonly sessions: number;
  /** The mean over all sessions. */
  readonly requestsPerSessionDay: number;
  /** Zipf's exponent of requests over sessions. */
  readonly exponent: number;
}

/** One simulated session, and the number of sessions that it represents. */
export interface SampledSession {
  readonly rank: number;
  readonly requestsPerDay: number;
  readonly weight: number;
}

/** Layers of equal traffic: the busiest thirty-second of all requests has as many witnesses as the quietest. */
const LAYERS = 32;

/**
 * Sessions share nothing but room in memory, so a sample of them behaves as they do. The ranks are cut into layers of
 * equal traffic and each layer is sampled evenly, until the sample makes about `requestsPerDay` requests; a
 * session's weight is its layer's traffic over the traffic of those sampled of it. The whole population, each of weight
 * 1, when it makes no more than that.
 */
export function sampleSessions(
  population: Population,
  requestsPerDay: number,
  random: Random,
): SampledSession[] {
  const { sessions, requestsPerSessionDay, exponent } = population;
  const zipf = new Zipf(sessions, exponent);
  const total = sessions * requestsPerSessionDay;
  const rateOf = (rank: number) => zipf.shareOf(rank) * total;
  if (total <= requestsPerDay) {
    return Array.from({ length: sessions }, (_, index) => ({
      rank: index + 1,
      requestsPerDay: rateOf(index + 1),
      weight: 1,
    }));
  }
  const sampled: SampledSession[] = [];
  let from = 0;
  for (let layer = 1; layer <= LAYERS; layer += 1) {
    const to = layer === LAYERS ? sessions : zipf.rankAt(layer / LAYERS);
    if (to <= from) continue;
    const traffic = (zipf.shareUpTo(to) - zipf.shareUpTo(from)) * total;
    const wanted = (requestsPerDay / LAYERS) * ((to - from) / traffic);
    const count = Math.min(to - from, Math.max(1, Math.round(wanted)));
    const step = (to - from) / count;
    const start = random.next();
    const ranks = Array.from(
      { length: count },
      (_, index) => from + 1 + Math.min(to - from - 1, Math.floor((index + start) * step)),
    );
    const weight = traffic / ranks.reduce((sum, rank) => sum + rateOf(rank), 0);
    for (const rank of ranks) sampled.push({ rank, requestsPerDay: rateOf(rank), weight });
    from = to;
  }
  return sampled;
}
