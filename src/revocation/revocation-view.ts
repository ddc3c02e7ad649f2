/** What a mark in the revocation log can name, as far as a cached session is concerned. */
export interface RevocationSubject {
  readonly sessionId: string;
  readonly identityId: string;
  /** The tier's name for the credential (a digest). */
  readonly credentialName: string;
}

/**
 * What is known of revocations. Every cached answer is held against it before it is given.
 */
export interface RevocationView {
  /**
   * The moment (milliseconds since the epoch) at or before which a check of this subject is no longer to be
   * believed; 0 when nothing names it.
   */
  notBefore(subject: RevocationSubject): number;
  /**
   * The moment before which checks are trusted only while the store cannot be asked, because the view
   * itself is too old to vouch for them; 0 while it is not.
   */
  trustedSince(now: number): number;
}

/** For sites that keep no log: freshness alone bounds how long a revoked session is served. */
export const NO_REVOCATION_LOG: RevocationView = Object.freeze({
  notBefore: () => 0,
  trustedSince: () => 0,
});
