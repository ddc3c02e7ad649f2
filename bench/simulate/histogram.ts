// Pure: no I/O, no clock.

/** Weighted counts in buckets of equal width; what is beyond the last goes into the last. */
export class Histogram {
  readonly #counts: Float64Array;
  readonly #width: number;
  #total = 0;
  #sum = 0;

  constructor(width: number, buckets: number) {
    this.#width = width;
    this.#counts = new Float64Array(buckets);
  }

  get total(): number {
    return this.#total;
  }

  /** The mean of the values themselves, not of their buckets. */
  get mean(): number {
    return this.#total === 0 ? 0 : this.#sum / this.#total;
  }

  add(value: number, weight = 1): void {
    const bucket = Math.min(this.#counts.length - 1, Math.max(0, Math.floor(value / this.#width)));
    this.#counts[bucket] = (this.#counts[bucket] ?? 0) + weight;
    this.#total += weight;
    this.#sum += value * weight;
  }

  /** The value that this share of all does not exceed, to the width of a bucket. */
  quantile(share: number): number {
    let sum = 0;
    const index = this.#counts.findIndex((count) => {
      sum += count;
      return sum >= share * this.#total;
    });
    return Math.max(0, index) * this.#width;
  }

  /** Points of the cumulative distribution: the value, and the share of all that is no greater. */
  cumulative(upTo: number): [number, number][] {
    const points: [number, number][] = [];
    let sum = 0;
    for (
      let bucket = 0;
      bucket * this.#width <= upTo && bucket < this.#counts.length;
      bucket += 1
    ) {
      sum += this.#counts[bucket] ?? 0;
      points.push([bucket * this.#width, this.#total === 0 ? 0 : sum / this.#total]);
    }
    return points;
  }
}
