// Pure: no I/O, no clock.

/** Whose checks and tokens a mark speaks of. */
export type MarkSubject =
  | {
      readonly kind: 'session';
      readonly sessionId: string;
      /** Whose session it is, where known: a flood of one person's marks is folded into one of theirs. */
      readonly identityId?: string;
      /** Names a session of this issuer's tokens only; left out: whoever calls a session by this id. */
      readonly issuer?: string;
    }
  | { readonly kind: 'identity'; readonly identityId: string; readonly issuer?: string }
  /** A digest, as the tiers name it; never the credential. */
  | { readonly kind: 'credential'; readonly credentialName: string }
  | { readonly kind: 'token'; readonly issuer: string; readonly tokenId: string }
  /** Every token of an issuer. */
  | { readonly kind: 'issuer'; readonly issuer: string }
  | { readonly kind: 'everything' };

/**
 * What a writer asks the log to record: *nothing that was checked or issued about the subject until now is
 * to be believed.* The log itself says when now is, so that no writer's clock takes part.
 */
export interface Mark {
  readonly subject: MarkSubject;
  /**
   * Written before a change is known to succeed. It makes cached sessions be checked again, which harms nobody,
   * and says nothing of tokens, which it would deny: else whoever names another's session in a request
   * that then fails could end that one's tokens.
   */
  readonly isTentative: boolean;
  /**
   * Denies the tokens issued at or before this, in milliseconds since the epoch; for events that say when they
   * happened. Never later than the log's own time, which is what it is when left out.
   */
  readonly issuedBefore?: number;
}

/** Where everything ends up that has nowhere finer to go. */
export const EVERYTHING_KEY = '*';

/**
 * Longer ids are cut: two that share so many characters are then marked together, which denies too much and
 * never too little.
 */
const MAX_ID_LENGTH = 512;

export function sessionKey(sessionId: string, issuer?: string): string {
  return scopedKey('s', sessionId, issuer);
}

export function identityKey(identityId: string, issuer?: string): string {
  return scopedKey('i', identityId, issuer);
}

export function credentialKey(credentialName: string): string {
  return scopedKey('c', credentialName, undefined);
}

export function tokenKey(issuer: string, tokenId: string): string {
  return scopedKey('t', tokenId, issuer);
}

export function issuerKey(issuer: string): string {
  return scopedKey('o', issuer, undefined);
}

/** What a subject is called in the log and in every view of it. */
export function subjectKey(subject: MarkSubject): string {
  switch (subject.kind) {
    case 'session':
      return sessionKey(subject.sessionId, subject.issuer);
    case 'identity':
      return identityKey(subject.identityId, subject.issuer);
    case 'credential':
      return credentialKey(subject.credentialName);
    case 'token':
      return tokenKey(subject.issuer, subject.tokenId);
    case 'issuer':
      return issuerKey(subject.issuer);
    case 'everything':
      return EVERYTHING_KEY;
  }
}

/** The next coarser subject, which names all that this one does and more; `undefined` for those of no known owner. */
export function ownerKey(subject: MarkSubject): string | undefined {
  switch (subject.kind) {
    case 'session':
      return subject.identityId === undefined
        ? undefined
        : identityKey(subject.identityId, subject.issuer);
    case 'token':
      return issuerKey(subject.issuer);
    case 'identity':
    case 'credential':
    case 'issuer':
    case 'everything':
      return undefined;
  }
}

/** No issuer holds a line feed (it is a URL), so no two pairs are the same text. */
function scopedKey(kind: string, id: string, issuer: string | undefined): string {
  const name = id.length > MAX_ID_LENGTH ? id.slice(0, MAX_ID_LENGTH) : id;
  return issuer === undefined ? `${kind}:${name}` : `${kind}@${issuer}\n${name}`;
}
