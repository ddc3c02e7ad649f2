// Pure: no I/O, no clock.
import type { Mark } from '../../revocation/mark.ts';

/** Whom an issuer's event names, as far as it does. */
export interface NamedByIssuer {
  readonly sessionId?: string | undefined;
  readonly identityId?: string | undefined;
  readonly tokenId?: string | undefined;
  /** A session's or a person's, nobody said which. */
  readonly eitherId?: string | undefined;
}

export interface IssuerMarkOptions {
  readonly issuer: string;
  /** Tokens issued up to then are denied, in milliseconds since the epoch; `undefined`: none are, checks are made again. */
  readonly issuedBefore: number | undefined;
}

/**
 * Marks for what an issuer says. It speaks for its own tokens and for nobody else's, so what is denied is bound to
 * it. Sessions of the store that go by the same id are checked again, which is right where the issuer and
 * the store are one house, and harms nobody where they are not.
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

/** The end of the second in which it was issued: `iat` is in whole seconds, and the event may be of any part of it. */
export function endOfSecond(issuedAt: number): number {
  return Math.floor(issuedAt / 1000) * 1000 + 999;
}
