/**
 * Mutants that change nothing a user or a test could see, each with the reason. They are left out of the score; more
 * than 12 % of a sample would mean that the reasons are excuses.
 */
export interface EquivalentMutant {
  readonly file: string;
  /** The whole line as it stands in the source, without white space around it. */
  readonly line: string;
  /** As the report writes it: `original → replacement`. */
  readonly change: string;
  readonly reason: string;
}

export const EQUIVALENT_MUTANTS: readonly EquivalentMutant[] = [];
