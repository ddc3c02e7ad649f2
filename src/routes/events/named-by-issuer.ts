// Pure: no I/O, no clock.
import type { Mark } from '../../revocation/mark.ts';

/** The ids by which an issuer's event names its subject. */
export interface NamedByIssuer {
  readonly sessionId?: string | undefined;
  readonly identityId?: string | undefined;
  readonly tokenId?: string | undefined;
  /** The id of a session or of an identity: the event does not say which. */
  readonly eitherId?: string | undefined;
}

export interface IssuerMarkOptions {
  readonly issuer: string;
  /**
   * Tokens issued up to this time are denied, in milliseconds since the epoch. `undefined`: tokens stay valid, and
   * sessions are only checked again.
   */
  readonly issuedBefore: number | undefined;
}

/**
 * Makes the marks for an issuer's event. An issuer speaks for its own tokens only, so a mark denies only tokens of this
 * issuer. Sessions of the store with the same id are checked again. That is right if the issuer shares its ids with the
 * store, and does no harm otherwise.
 */
export function marksFor(
  { sessionId, identityId, tokenId, eitherId }: NamedByIssuer,
  { issuer, issuedBefore }: IssuerMarkOptions,
): Mark[] {
  const how =
    issuedBefore === undefined ? { isTentative: true } : { isTentative: false, issuedBefore };
  if (eitherId !== undefined) {
    const time = { issuer, issuedBefore };
    return [
      ...marksFor({ sessionId: eitherId }, time),
      ...marksFor({ identityId: eitherId }, time),
    ];
  }
  const marks: Mark[] = [];
  if (sessionId !== undefined) {
    const owner = identityId === undefined ? {} : { identityId };
    marks.push({ subject: { kind: 'session', sessionId, issuer, ...owner }, ...how });
    marks.push({ subject: { kind: 'session', sessionId, ...owner }, isTentative: true });
  } else if (identityId !== undefined) {
    marks.push({ subject: { kind: 'identity', identityId, issuer }, ...how });
    marks.push({ subject: { kind: 'identity', identityId }, isTentative: true });
  }
  if (tokenId !== undefined) {
    marks.push({ subject: { kind: 'token', issuer, tokenId }, ...how });
  }
  return marks;
}

/** The end of the second of `iat`, which is in whole seconds: the event may be from any part of that second. */
export function endOfSecond(issuedAt: number): number {
  return Math.floor(issuedAt / 1000) * 1000 + 999;
}
