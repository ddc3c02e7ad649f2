// Pure: no I/O, no clock.

/**
 * Finds the name that was probably meant; `undefined` if the name belongs to somebody else. A short name may have one
 * changed, added, missing or swapped letter, a name of 12 letters or more two. Case and separators make no difference.
 *
 * @param takes whether the value would be a value of the known name. A site's own `HOST` or `SIGNING_SECRET` has a text
 *   that `HOSTS` or `SIGN_IN_SECRETS` would not accept, so it is no misspelling.
 */
export function meantName(
  name: string,
  known: readonly string[],
  takes: (known: string) => boolean,
): string | undefined {
  const wanted = fold(name);
  return known.find((each) => {
    const folded = fold(each);
    const most = folded.length < 12 ? 1 : 2;
    return (
      Math.abs(folded.length - wanted.length) <= most &&
      distanceOf(wanted, folded) <= most &&
      takes(each)
    );
  });
}

function fold(name: string): string {
  return name.toUpperCase().replace(/[^A-Z0-9]/g, '');
}

/** Returns the optimal string alignment distance: Levenshtein's, with a swap of two neighbours as one change. */
export function distanceOf(a: string, b: string): number {
  let [before, row]: [number[], number[]] = [[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replaced = at(row, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swapped = isSwap ? at(before, j - 2) + 1 : Infinity;
      next.push(Math.min(at(row, j) + 1, at(next, j - 1) + 1, replaced, swapped));
    }
    [before, row] = [row, next];
  }
  return at(row, b.length);
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Infinity;
}
