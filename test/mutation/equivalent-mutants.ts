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
    file: 'src/tokens/token-sessions.ts',
    line: 'if (remembered === undefined || revocation.trustedSince(now()) > 0) return undefined;',
    change: '0 → 1',
    reason: 'The value is 0, or a time of this century in milliseconds.',
  },
  {
    file: 'src/sessions/sessions.ts',
    line: 'if (revocation.trustedSince(now) > 0) return undefined;',
    change: '0 → 1',
    reason: 'The value is 0, or a time of this century in milliseconds.',
  },
  {
    file: 'src/forwarding/web-socket-relay.ts',
    line: 'watch.stop();',
    change: 'watch.stop(); → ;',
    reason:
      'workerd ends the timers of a request whose sockets are closed: the store got no further check in 4 s.',
  },
  {
    file: 'src/http/path-readings.ts',
    line: 'const MAX_SPLIT_LENGTH = 256;',
    change: '256 → 257',
    reason: 'Both ways give the same segments; the length decides which of them is used.',
  },
  {
    file: 'src/runtime/strict-json.ts',
    line: 'const MAX_PLAIN_LENGTH = 8192;',
    change: '8192 → 8193',
    reason: 'Both ways accept the same texts; the length decides which of them is used.',
  },
  {
    file: 'src/http/routes.ts',
    line: 'const KNOWN_LIMITS = { maxEntries: 64, maxBytes: 16_384 };',
    change: '64 → 65',
    reason: 'A path that is not remembered is matched again, to the same route.',
  },
  {
    file: 'src/revocation/log-pages.ts',
    line: "const rows = cursor >= head ? [] : this.#select(cursor, 'ASC', maxMarks + 1);",
    change: '1 → 2',
    reason:
      'The first row beyond the page tells that there are more; the second is read for nothing.',
  },
  {
    file: 'src/revocation/revocation-table.ts',
    line: 'this.#position = Math.max(this.#position + 1, now);',
    change: '1 → 2',
    reason: 'Positions have to increase, by any step.',
  },
  {
    file: 'src/routes/events/receiver.ts',
    line: '#tokens = 2 * MESSAGES_PER_SECOND;',
    change: '2 → 3',
    reason:
      'The first message fills the bucket up to its limit: it has not been filled since 1970.',
  },
  {
    file: 'src/routes/events/receiver.ts',
    line: '#filledAt = 0;',
    change: '0 → 1',
    reason:
      'The first message fills the bucket up to its limit: it has not been filled since 1970.',
  },
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
    file: 'src/routes/gate/gate.ts',
    line: 'session === undefined',
    change: 'session === undefined → false',
    reason:
      'Turns are counted for pages that require a session, and such a page passes no request without one.',
  },
  {
    file: 'src/tokens/trusted-issuer.ts',
    line: "if (issuedAt === undefined || expiresAt === undefined) return refused('token_claim_missing');",
    change: 'issuedAt === undefined || expiresAt === undefined → false',
    reason:
      'Both presets require `iat` and `exp`, so a token without one is refused before: the line tells the compiler so.',
  },
  {
    file: 'src/sessions/revocation-guard.ts',
    line: 'minCheckedAt = 0,',
    change: '0 → 1',
    reason:
      'The earliest check that will do, in milliseconds since 1970: no check was made in the first of them.',
  },
  {
    file: 'src/sessions/sessions.ts',
    line: "const forwarded = !hadCandidate ? 'miss' : requirement.minCheckedAt > 0 ? 'request' : 'stale';",
    change: '0 → 1',
    reason:
      'The earliest check that will do, in milliseconds since 1970: no request asks for the first of them.',
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
