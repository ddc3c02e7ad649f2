import { LOG_START, type LogPosition } from './log-protocol.ts';

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

/**
 * What is known of revocations. Every cached answer is held against it before it is given.
 *
 * Cached checks are held against marks by their *order in the log*: whoever starts a check takes down
 * `position()`, and the check is not to be believed once `notBefore(subject)` is beyond that. So no clock
 * of any place decides whether a check or a revocation came first. Tokens, which their issuer made
 * elsewhere, are compared by time.
 */
export interface RevocationView {
  /** How old the view may be when a cached answer is given; `Infinity` where no log is kept. */
  readonly lagMs: number;
  /**
   * Makes the view young enough to be held against: nothing to wait for while it is (a refresh may go on
   * behind), else a promise that settles, and never rejects, when it has been refreshed or could not be.
   *
   * @param maxAgeMs for those that ask on a timer and not for an answer; the lag when left out
   * @param waitMs how long it is worth a wait, for those that have nobody else to ask
   */
  refresh(
    now: number,
    anchor: (work: Promise<unknown>) => void,
    maxAgeMs?: number,
    waitMs?: number,
  ): Promise<void> | undefined;
  /** The place in the log up to which every mark is known here. To be taken down *before* a check is sent. */
  position(): LogPosition;
  /** Where in the log the subject was last marked; `LOG_START` when no mark names it. */
  notBefore(subject: RevocationSubject): LogPosition;
  /**
   * The moment (milliseconds since the epoch) at or before which a token of this subject must have been issued to
   * be denied; 0 when nothing names it. Tentative marks do not count.
   */
  tokenNotBefore(subject: RevocationSubject): number;
  /**
   * The moment before which checks are trusted only while the store cannot be asked, because the view
   * itself is too old to vouch for them; 0 while it is not.
   *
   * @param maxAgeMs as for `refresh`
   */
  trustedSince(now: number, maxAgeMs?: number): number;
  /**
   * How long ago the mark was written on account of which something about this subject is refused now, in
   * milliseconds; `undefined` when it was refused here before.
   */
  firstRefusalLagMs(subject: RevocationSubject, now: number): number | undefined;
}

/** For sites that keep no log: freshness alone bounds how long a revoked session is served. */
export const NO_REVOCATION_LOG: RevocationView = Object.freeze({
  lagMs: Infinity,
  refresh: () => undefined,
  position: () => LOG_START,
  notBefore: () => LOG_START,
  tokenNotBefore: () => 0,
  trustedSince: () => 0,
  firstRefusalLagMs: () => undefined,
});
