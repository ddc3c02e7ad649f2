import { LOG_START, type LogPosition } from './log-protocol.ts';

/** The names by which a mark can revoke a cached session or a token. Names that do not apply are absent. */
export interface RevocationSubject {
  readonly sessionId?: string;
  readonly identityId?: string;
  /** The credential's name in the tiers (a digest). */
  readonly credentialName?: string;
  /** The `iss` and `jti` of a token. */
  readonly issuer?: string;
  readonly tokenId?: string;
  /** The applications that hold a token or act in it; absent if the token names none. */
  readonly applicationIds?: readonly string[];
}

/**
 * An isolate's view of the revocations. Every cached answer is checked against the view before it is served.
 *
 * Cached checks are compared with marks by their *order in the log*. A check stores `position()` when it starts. It
 * no longer counts once `lastMark(subject)` is greater. So no clock decides whether a check or a revocation came
 * first. Tokens are compared by time, because their issuer made them elsewhere.
 */
export interface RevocationView {
  /** Maximum age of the view when a cached answer is served; `Infinity` if there is no log. */
  readonly lagMs: number;
  /**
   * Refreshes the view if it is too old. Returns `undefined` if the caller need not wait; a refresh may then run in
   * the background. Otherwise returns a promise that settles when the refresh has succeeded or failed. It never
   * rejects.
   *
   * @param maxAgeMs for callers that run on a timer and serve no answer; the default is the lag
   * @param waitMs the longest useful wait, for callers that have no store to ask instead
   */
  refresh(
    now: number,
    waitUntil: (work: Promise<unknown>) => void,
    maxAgeMs?: number,
    waitMs?: number,
  ): Promise<void> | undefined;
  /** The position up to which every mark is known here. Read it *before* a check is sent. */
  position(): LogPosition;
  /**
   * The time until which every change that was made in the store since a check has its mark here, in milliseconds since
   * the epoch, by this isolate's clock. `undefined` if the store does not tell of its changes, or did not since before
   * the check.
   */
  changesKnownUntil(checkedAt: number, now: number): number | undefined;
  /** The position of the last mark that names the subject; `LOG_START` if no mark does. */
  lastMark(subject: RevocationSubject): LogPosition;
  /**
   * The time up to which tokens of this subject are denied, in milliseconds since the epoch. A token issued at or
   * before it is denied. 0 if no mark names the subject. Tentative marks do not count.
   */
  tokensDeniedUntil(subject: RevocationSubject): number;
  /**
   * The time before which checks count only while the store cannot be asked, because the view is too old to confirm
   * them. 0 while the view is young enough.
   *
   * @param maxAgeMs as for `refresh`
   */
  trustedSince(now: number, maxAgeMs?: number): number;
  /**
   * The age of the mark that now revokes this subject, in milliseconds; `undefined` if the mark has revoked something
   * here before.
   */
  firstRefusalLagMs(subject: RevocationSubject, now: number): number | undefined;
}

/** The view of a site without a log. Freshness alone limits how long a revoked session is served. */
export const NO_REVOCATION_LOG: RevocationView = Object.freeze({
  lagMs: Infinity,
  refresh: () => undefined,
  position: () => LOG_START,
  changesKnownUntil: () => undefined,
  lastMark: () => LOG_START,
  tokensDeniedUntil: () => 0,
  trustedSince: () => 0,
  firstRefusalLagMs: () => undefined,
});
