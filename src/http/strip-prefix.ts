// Pure: no I/O, no clock.
import type { AdmittedTarget } from './admit.ts';
import { type PathReading, segmentsOf } from './path-readings.ts';

/** The beginning of a path that an origin does not get. */
export interface StrippedPrefix {
  /** As in a URL: `/api`, without a slash at its end. */
  readonly text: string;
  /** Its segments, percent-decoded. */
  readonly segments: readonly string[];
}

/**
 * Returns the path without its first segments, byte for byte as sent. `undefined` if some reading of the path
 *
 * - does not begin with the prefix and a slash. The prefix alone would be `/`, as the prefix with a slash is, and these
 *   two paths can have different rules;
 * - goes on with an empty segment. The rest would begin with `//`, which many servers read as the name of a host (RFC
 *   3986 section 3.3).
 */
export function withoutPrefix(
  { path, readings }: Pick<AdmittedTarget, 'path' | 'readings'>,
  { segments }: StrippedPrefix,
): string | undefined {
  if (!readings.every((reading) => beginsWith(reading, segments))) return undefined;
  // Every reading begins with the segments, also the one that ends a segment only at a slash that was sent as such.
  let end = 0;
  for (let count = 0; count < segments.length; count += 1) end = path.indexOf('/', end + 1);
  return path.slice(end);
}

function beginsWith(reading: PathReading, prefix: readonly string[]): boolean {
  let place = 0;
  let endsEmpty = false;
  for (const segment of segmentsOf(reading)) {
    if (endsEmpty) return false;
    if (place < prefix.length) {
      if (segment !== prefix[place]) return false;
    } else if (segment !== '') return true;
    else endsEmpty = true;
    place += 1;
  }
  return endsEmpty;
}
