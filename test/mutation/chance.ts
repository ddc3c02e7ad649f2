// No I/O, no clock.

/** A result that comes by chance in fewer samples than this is no accident. */
const RARE = 0.01;

/**
 * Whether more events happened than chance explains: whether `events` or more of `trials` would happen in less than
 * 1 % of samples, if each happened with the probability `rate` at most (one-sided binomial test).
 */
export function exceedsChance(events: number, trials: number, rate: number): boolean {
  let fewer = 0;
  for (let count = 0; count < events; count += 1) fewer += probability(count, trials, rate);
  return 1 - fewer < RARE;
}

/** The binomial distribution: the probability of exactly `events`. */
function probability(events: number, trials: number, rate: number): number {
  let result = (1 - rate) ** (trials - events);
  for (let k = 1; k <= events; k += 1) result *= (rate * (trials - events + k)) / k;
  return result;
}
