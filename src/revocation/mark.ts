// Pure: no I/O, no clock.

/** Whose checks and tokens a mark speaks of. */
export type MarkSubject =
  | { readonly kind: 'session'; readonly sessionId: string }
  | { readonly kind: 'identity'; readonly identityId: string }
  /** A digest, as the tiers name it; never the credential. */
  | { readonly kind: 'credential'; readonly credentialName: string }
  | { readonly kind: 'token'; readonly issuer: string; readonly tokenId: string }
  /** Every token of an issuer. */
  | { readonly kind: 'issuer'; readonly issuer: string }
  | { readonly kind: 'everything' };

/**
 * One line of the revocation log: what was checked or issued about the subject at or before `notBefore` is no
 * longer to be believed.
 */
export interface Mark {
  readonly subject: MarkSubject;
  /** Milliseconds since the epoch. */
  readonly notBefore: number;
  /**
   * Written before a change is known to succeed. It makes cached sessions be checked again, which harms nobody,
   * and says nothing of tokens, which it would deny: else whoever names another's session in a request
   * that then fails could end that one's tokens.
   */
  readonly isTentative: boolean;
}
