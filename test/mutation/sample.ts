import { Random } from '../revocation/world/random.ts';

/** Draws `size` of the items without repetition, in random order; the same seed draws the same. */
export function drawSample<Item>(items: readonly Item[], size: number, seed: number): Item[] {
  const random = new Random(seed);
  const pool = [...items];
  const drawn: Item[] = [];
  while (drawn.length < size && pool.length > 0) {
    drawn.push(...pool.splice(random.upTo(pool.length), 1));
  }
  return drawn;
}
