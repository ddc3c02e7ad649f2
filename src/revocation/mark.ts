// Pure: no I/O, no clock.
import { canonicalId } from '../session/uuid.ts';

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
  /**
   * A session only if it is this identity's: for a caller who names an id that they were not shown to own. It reaches
   * entries and tokens that carry both, and so harms nobody else.
   */
  | {
      readonly kind: 'session-of';
      readonly sessionId: string;
      readonly identityId: string;
      readonly issuer?: string;
    }
  /** Every session of an identity but one. */
  | {
      readonly kind: 'other-sessions';
      readonly identityId: string;
      readonly exceptSessionId: string;
    }
  | { readonly kind: 'identity'; readonly identityId: string; readonly issuer?: string }
  /** A digest, as the tiers name it; never the credential. */
  | {
      readonly kind: 'credential';
      readonly credentialName: string;
      /** Whose it is, where known. */
      readonly identityId?: string;
    }
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
  return scopedKey('s', cut(sessionId), issuer);
}

export function identityKey(identityId: string, issuer?: string): string {
  return scopedKey('i', cut(identityId), issuer);
}

/** The session of this id, if it is this identity's. */
export function sessionOfKey(sessionId: string, identityId: string, issuer?: string): string {
  return scopedKey('p', joined(identityId, sessionId), issuer);
}

/** Every session of this identity but the one of this id. */
export function otherSessionsKey(identityId: string, exceptSessionId: string): string {
  return scopedKey('x', joined(identityId, exceptSessionId), undefined);
}

/** A key that names sessions together with their person. */
export interface KeyOfPerson {
  /** The person's own key. */
  readonly person: string;
  /** Whether it names the session, or all others of that person. */
  readonly role: 'one' | 'others';
  readonly sessionId: string;
}

/** Takes such a key apart; `undefined` for every other key. */
export function readKeyOfPerson(key: string): KeyOfPerson | undefined {
  const role = { p: 'one', x: 'others' }[key.charAt(0)];
  if (role !== 'one' && role !== 'others') return undefined;
  const end = key.lastIndexOf('\n');
  return { person: `i${key.slice(1, end)}`, role, sessionId: key.slice(end + 1) };
}

export function credentialKey(credentialName: string): string {
  return scopedKey('c', cut(credentialName), undefined);
}

export function tokenKey(issuer: string, tokenId: string): string {
  return scopedKey('t', cut(tokenId), issuer);
}

export function issuerKey(issuer: string): string {
  return scopedKey('o', cut(issuer), undefined);
}

/** What a subject is called in the log and in every view of it. */
export function subjectKey(subject: MarkSubject): string {
  switch (subject.kind) {
    case 'session':
      return sessionKey(subject.sessionId, subject.issuer);
    case 'session-of':
      return sessionOfKey(subject.sessionId, subject.identityId, subject.issuer);
    case 'other-sessions':
      return otherSessionsKey(subject.identityId, subject.exceptSessionId);
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

/**
 * The next coarser subject, which names all that this one does and more: a person's, or an issuer's. `undefined` for
 * those of no known owner.
 */
export function ownerKey(subject: MarkSubject): string | undefined {
  switch (subject.kind) {
    case 'session':
    case 'session-of':
      if (subject.identityId !== undefined) {
        return identityKey(subject.identityId, subject.issuer);
      }
      return subject.issuer === undefined ? undefined : issuerKey(subject.issuer);
    case 'credential':
      return subject.identityId === undefined ? undefined : identityKey(subject.identityId);
    case 'other-sessions':
      return identityKey(subject.identityId);
    case 'token':
      return issuerKey(subject.issuer);
    case 'identity':
      return subject.issuer === undefined ? undefined : issuerKey(subject.issuer);
    case 'issuer':
    case 'everything':
      return undefined;
  }
}

/** The owner of an owner, by its key: a person whom an issuer knows is that issuer's. */
export function ownerOfKey(key: string): string | undefined {
  const issuer = /^i@([^\n]*)\n/.exec(key)?.[1];
  return issuer === undefined ? undefined : issuerKey(issuer);
}

/** Between these two are the keys of everybody whom an issuer knows; `owner` is the issuer's own key. */
export function peopleOfIssuer(owner: string): [string, string] {
  const issuer = owner.slice('o:'.length);
  return [`i@${issuer}\n`, `i@${issuer}\v`];
}

/** Two ids as one; each is cut for itself, so that a long one hides nothing of the other. */
function joined(first: string, second: string): string {
  return `${cut(first)}\n${cut(second)}`;
}

/** An id as it stands in a key: in the one spelling that ids are compared in. */
export function cut(id: string): string {
  return id.length > MAX_ID_LENGTH ? id.slice(0, MAX_ID_LENGTH) : canonicalId(id);
}

/** No issuer holds a line feed (it is a URL), so no two pairs are the same text. */
function scopedKey(kind: string, name: string, issuer: string | undefined): string {
  return issuer === undefined ? `${kind}:${name}` : `${kind}@${issuer}\n${name}`;
}
