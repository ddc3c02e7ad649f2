// Pure: no I/O, no clock.
import type { Random } from './random.ts';

/** Ranks whose share is summed one by one; beyond them the sum is an integral, to six digits. */
const HEAD = 1000;

/**
 * Zipf's law over ranks 1 to `count`: the share of rank r is in proportion to r^-exponent. Needs no table of all ranks, so
 * that ten million cost nothing.
 */
export class Zipf {
  readonly count: number;
  readonly #exponent: number;
  readonly #head: Float64Array;
  readonly #total: number;

  constructor(count: number, exponent: number) {
    this.count = count;
    this.#exponent = exponent;
    this.#head = new Float64Array(Math.min(HEAD, count) + 1);
    for (let rank = 1; rank < this.#head.length; rank += 1) {
      this.#head[rank] = (this.#head[rank - 1] ?? 0) + rank ** -exponent;
    }
    this.#total = this.#sumTo(count);
  }

  shareOf(rank: number): number {
    return rank ** -this.#exponent / this.#total;
  }

  /** The share of ranks 1 to `rank` together. */
  shareUpTo(rank: number): number {
    return this.#sumTo(rank) / this.#total;
  }

  /** The least rank up to which the shares reach this much. */
  rankAt(share: number): number {
    let low = 1;
    let high = this.count;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (this.shareUpTo(middle) < share) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  draw(random: Random): number {
    return this.rankAt(random.next());
  }

  #sumTo(rank: number): number {
    const last = this.#head.length - 1;
    if (rank <= last) return this.#head[rank] ?? 0;
    return (this.#head[last] ?? 0) + this.#integral(last + 0.5, rank + 0.5);
  }

  #integral(from: number, to: number): number {
    const power = 1 - this.#exponent;
    return power === 0 ? Math.log(to / from) : (to ** power - from ** power) / power;
  }
}
