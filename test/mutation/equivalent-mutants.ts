/**
 * Mutants that change nothing a user or a test could see, each with the reason. They are left out of the score; more
 * than 12 % of a sample would mean that the reasons are excuses.
 */
export interface EquivalentMutant {
  readonly file: string;
  /** The whole line of the source, without white space around it. */
  readonly line: string;
  /** As the report writes it: `original → replacement`. */
  readonly change: string;
  readonly reason: string;
}

export const EQUIVALENT_MUTANTS: readonly EquivalentMutant[] = [
  {
    file: 'src/revocation/known-marks.ts',
    line: 'for (const mark of this.#naming(subject)) if (mark.position > newest.position) newest = mark;',
    change: '> → >=',
    reason:
      'Every mark has a position of its own, and none has the position 0 of "nothing": two are never equal.',
  },
  {
    file: 'src/routes/events/backchannel-logout.ts',
    line: 'if (issuedAt === undefined || expiresAt === undefined)',
    change: 'issuedAt === undefined || expiresAt === undefined → false',
    reason:
      'A token without `iat` or `exp` is refused before, as the profile requires both: the line tells the compiler so.',
  },
  {
    file: 'src/tokens/trusted-issuer.ts',
    line: "if (issuedAt === undefined || expiresAt === undefined) return refused('token_claim_missing');",
    change: 'issuedAt === undefined || expiresAt === undefined → false',
    reason:
      'Both presets require `iat` and `exp`, so a token without one is refused before: the line tells the compiler so.',
  },
  {
    file: 'src/sessions/sessions.ts',
    line: '#usability(name: CredentialName, checked: CheckedSession, minCheckedAt = 0) {',
    change: '0 → 1',
    reason:
      'The earliest check that will do, in milliseconds since 1970: no check was made in the first of them.',
  },
  {
    file: 'src/sessions/store-readiness.ts',
    line: 'const { value } = await this.#flights.join(QUESTION, 0, () => this.#question(), waitUntil);',
    change: '0 → 1',
    reason:
      'The earliest start that will do, in milliseconds since 1970: no question was sent in the first of them.',
  },
  {
    file: 'src/sessions/store-readiness.ts',
    line: 'if (question > (this.#latest?.question ?? 0)) this.#latest = finding;',
    change: '> → >=',
    reason: 'Each question has a number of its own from 1 on, and one finding: it is never equal.',
  },
];
