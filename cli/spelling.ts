// Pure: no I/O, no clock.
import { distanceOf } from '../src/config/misspelt-names.ts';

/** Returns `Did you mean "…"?` for the candidate that is nearest to a word; empty if none is near. */
export function didYouMean(word: string, candidates: Iterable<string>): string {
  const near = nearestWord(word, candidates);
  return near === undefined ? '' : ` Did you mean ${JSON.stringify(near)}?`;
}

/**
 * Returns the candidate with the fewest changed, added, missing or swapped letters: at most a third of the word, and at
 * most 3. Case, `-` and `_` make no difference.
 */
export function nearestWord(word: string, candidates: Iterable<string>): string | undefined {
  const wanted = fold(word);
  let best: { readonly candidate: string; readonly distance: number } | undefined;
  for (const candidate of candidates) {
    if (candidate === word) continue;
    const distance = distanceOf(wanted, fold(candidate));
    const most = Math.min(3, Math.floor(Math.max(wanted.length, candidate.length) / 3));
    if (distance <= most && distance < (best?.distance ?? Infinity)) best = { candidate, distance };
  }
  return best?.candidate;
}

function fold(word: string): string {
  return word.toLowerCase().replaceAll(/[-_]/g, '');
}
