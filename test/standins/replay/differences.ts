import type { Difference } from './compare.ts';

/** A way in which the stand-in answers otherwise than Kratos, on purpose. */
export interface KeptDifference {
  /** Numbers of recordings. Each of them must show it: a difference that is gone leaves the list. */
  readonly recordings: readonly string[];
  /** The place, as `compare.ts` names it. */
  readonly at: string;
  readonly reason: string;
}

export const KEPT_DIFFERENCES: readonly KeptDifference[] = [
  {
    recordings: ['050', '053', '305'],
    at: 'body.tokenized.header.kid',
    reason: 'An operator names the key of a tokenizer. The stand-in makes keys, and their names.',
  },
  {
    recordings: ['306'],
    at: 'header ory-session-cache-for',
    reason: 'The seconds until the session ends, which was signed in some time before.',
  },
  {
    recordings: ['320'],
    at: 'body.continue_with[0].redirect_browser_to',
    reason: 'The stand-in serves its sign-in pages itself: they move with its public URL.',
  },
];

/** The differences of a recording by whether the list has them. */
export class DifferenceList {
  readonly #shown = new Set<string>();

  /** Returns the differences that the list does not have. */
  unlisted(number: string, differences: readonly Difference[]): Difference[] {
    return differences.filter(({ at }) => {
      const isListed = KEPT_DIFFERENCES.some(
        (kept) => kept.at === at && kept.recordings.includes(number),
      );
      if (isListed) this.#shown.add(`${number} ${at}`);
      return !isListed;
    });
  }

  /** Returns the listed places that showed no difference. */
  gone(): string[] {
    const listed = KEPT_DIFFERENCES.flatMap(({ recordings, at }) =>
      recordings.map((number) => `${number} ${at}`),
    );
    return listed.filter((place) => !this.#shown.has(place));
  }
}
