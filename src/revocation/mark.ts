// Pure: no I/O, no clock.
import { canonicalId } from '../session/uuid.ts';

/** The subject of a mark: the checks and tokens that the mark revokes. */
export type MarkSubject =
  | {
      readonly kind: 'session';
      readonly sessionId: string;
      /**
       * The identity of the session, if known. Too many marks of one person are folded into one mark of that person.
       */
      readonly identityId?: string;
      /** Limits the mark to tokens of this issuer. If absent, the mark names every session with this id. */
      readonly issuer?: string;
    }
  /**
   * A session, but only if it belongs to this identity. Used if the caller has not proved that the session id is
   * theirs. The mark applies to entries and tokens that carry both ids, so it cannot harm other people.
   */
  | {
      readonly kind: 'session-of';
      readonly sessionId: string;
      readonly identityId: string;
      readonly issuer?: string;
    }
  /** All sessions of an identity except one. */
  | {
      readonly kind: 'other-sessions';
      readonly identityId: string;
      readonly exceptSessionId: string;
    }
  | { readonly kind: 'identity'; readonly identityId: string; readonly issuer?: string }
  /** An identity's tokens of one application, and those that name no application. */
  | {
      readonly kind: 'application-of';
      readonly identityId: string;
      readonly applicationId: string;
      readonly issuer: string;
    }
  /** The credential's name in the tiers, which is a digest. Never the credential itself. */
  | {
      readonly kind: 'credential';
      readonly credentialName: string;
      /** The identity of the credential, if known. */
      readonly identityId?: string;
    }
  | {
      readonly kind: 'token';
      readonly issuer: string;
      readonly tokenId: string;
      /** The person of the token, if known. Otherwise too many marks are folded into one mark of the issuer. */
      readonly identityId?: string;
    }
  /** Every token of an issuer. */
  | { readonly kind: 'issuer'; readonly issuer: string }
  | { readonly kind: 'everything' };

/**
 * A mark to record: *checks and tokens of the subject up to now no longer count.* The log itself decides the time
 * "now", so the writers' clocks do not matter.
 */
export interface Mark {
  readonly subject: MarkSubject;
  /**
   * Whether the mark is written before a change is known to succeed. A tentative mark makes the store check cached
   * sessions again, which is harmless. It does not deny tokens. Otherwise a client could name another person's
   * session in a request that then fails, and so end that person's tokens.
   */
  readonly isTentative: boolean;
  /**
   * Tokens issued at or before this time are denied, in milliseconds since the epoch. For events that say when they
   * happened. The log's own time is the upper limit, and the default.
   */
  readonly issuedBefore?: number;
}

/** The key of the mark that revokes everything. */
export const EVERYTHING_KEY = '*';

/**
 * Longer ids are cut. Two ids that share this many first characters are then marked together, which denies too much
 * and never too little.
 */
const MAX_ID_LENGTH = 512;

export function sessionKey(sessionId: string, issuer?: string): string {
  return scopedKey('s', cut(sessionId), issuer);
}

export function identityKey(identityId: string, issuer?: string): string {
  return scopedKey('i', cut(identityId), issuer);
}

/** The key of a session that counts only for this identity. */
export function sessionOfKey(sessionId: string, identityId: string, issuer?: string): string {
  return scopedKey('p', joined(identityId, sessionId), issuer);
}

/** The key of all sessions of this identity except one. */
export function otherSessionsKey(identityId: string, exceptSessionId: string): string {
  return scopedKey('x', joined(identityId, exceptSessionId), undefined);
}

/**
 * The key of an identity's tokens of one application. It begins like the key of all sessions except one, which has no
 * issuer. So an isolate of an earlier version, which knows no applications, denies all of the identity's tokens.
 */
export function applicationOfKey(
  identityId: string,
  applicationId: string,
  issuer: string,
): string {
  return scopedKey('x', joined(identityId, applicationId), issuer);
}

/** One form for each kind of key. A key with a person has a line feed between the person and the other id. */
const KEY = /^(?:\*$|[sicot]:|[sit]@[^\n]+\n|[px]:.*\n|[px]@[^\n]+\n.*\n)/s;

/** Returns whether a text is the key of a subject of a known kind. */
export function isSubjectKey(text: string): boolean {
  return KEY.test(text);
}

/** The parts of a key that names sessions or an application together with their person. */
export interface KeyOfPerson {
  /** The key of the person. */
  readonly person: string;
  /** `one`: the key names this session. `others`: it names all other sessions of the person. */
  readonly role: 'one' | 'others' | 'application';
  /** The id of the session or application. */
  readonly id: string;
}

/** Splits such a key into its parts. Returns `undefined` for every other key. */
export function readKeyOfPerson(key: string): KeyOfPerson | undefined {
  const role = roleOf(key);
  if (role === undefined) return undefined;
  const end = key.lastIndexOf('\n');
  return { person: `i${key.slice(1, end)}`, role, id: key.slice(end + 1) };
}

function roleOf(key: string): KeyOfPerson['role'] | undefined {
  if (key.startsWith('p')) return 'one';
  if (key.startsWith('x@')) return 'application';
  return key.startsWith('x') ? 'others' : undefined;
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

/** The key of a subject in the log and in every view. */
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
    case 'application-of':
      return applicationOfKey(subject.identityId, subject.applicationId, subject.issuer);
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
 * The key of the next coarser subject, a person or an issuer, which includes this subject. `undefined` if the owner
 * is unknown.
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
    case 'application-of':
      return identityKey(subject.identityId, subject.issuer);
    case 'token':
      return subject.identityId === undefined
        ? issuerKey(subject.issuer)
        : identityKey(subject.identityId, subject.issuer);
    case 'identity':
      return subject.issuer === undefined ? undefined : issuerKey(subject.issuer);
    case 'issuer':
    case 'everything':
      return undefined;
  }
}

/** The owner of an owner. A person known by an issuer belongs to that issuer; other owners have no owner. */
export function ownerOfKey(key: string): string | undefined {
  const issuer = /^i@([^\n]*)\n/.exec(key)?.[1];
  return issuer === undefined ? undefined : issuerKey(issuer);
}

/** The limits of the key range of all people known by an issuer. `owner` is the issuer's own key. */
export function peopleOfIssuer(owner: string): [string, string] {
  const issuer = owner.slice('o:'.length);
  return [`i@${issuer}\n`, `i@${issuer}\v`];
}

/** Joins two ids into one name. Each id is cut separately, so that a long first id does not remove the second. */
function joined(first: string, second: string): string {
  return `${cut(first)}\n${cut(second)}`;
}

/** An id as written in a key: cut to the maximum length, or in canonical spelling. */
export function cut(id: string): string {
  return id.length > MAX_ID_LENGTH ? id.slice(0, MAX_ID_LENGTH) : canonicalId(id);
}

/** Builds a key. An issuer is a URL and contains no line feed, so different subjects have different keys. */
function scopedKey(kind: string, name: string, issuer: string | undefined): string {
  return issuer === undefined ? `${kind}:${name}` : `${kind}@${issuer}\n${name}`;
}

/** Leaves one mark for each subject, the definite one if there is one. */
export function oneMarkEach(marks: readonly Mark[]): Mark[] {
  const kept = new Map<string, Mark>();
  for (const mark of marks) {
    const key = subjectKey(mark.subject);
    if (!mark.isTentative || !kept.has(key)) kept.set(key, mark);
  }
  return [...kept.values()];
}
