/** What a mark can name, of a cached session or of a token; each left out where it does not apply. */
export interface RevocationSubject {
  readonly sessionId?: string;
  readonly identityId?: string;
  /** The tiers' name for the credential (a digest). */
  readonly credentialName?: string;
  /** The `iss` and `jti` of a token. */
  readonly issuer?: string;
  readonly tokenId?: string;
}

/** What is known of revocations. Every cached answer is held against it before it is given. */
export interface RevocationView {
  /**
   * Makes the view young enough to be held against: nothing to wait for while it is (a refresh may go on
   * behind), else a promise that settles, and never rejects, when it has been refreshed or could not be.
   */
  refresh(now: number, anchor: (work: Promise<unknown>) => void): Promise<void> | undefined;
  /**
   * The moment (milliseconds since the epoch) at or before which a check of this subject at the store is no
   * longer to be believed; 0 when nothing names it.
   */
  notBefore(subject: RevocationSubject): number;
  /** The same for tokens, by the moment they were issued; tentative marks do not count. */
  tokenNotBefore(subject: RevocationSubject): number;
  /**
   * The moment before which checks are trusted only while the store cannot be asked, because the view
   * itself is too old to vouch for them; 0 while it is not.
   */
  trustedSince(now: number): number;
}

/** For sites that keep no log: freshness alone bounds how long a revoked session is served. */
export const NO_REVOCATION_LOG: RevocationView = Object.freeze({
  refresh: () => undefined,
  notBefore: () => 0,
  tokenNotBefore: () => 0,
  trustedSince: () => 0,
});
