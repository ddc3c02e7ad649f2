// Pure: no I/O, no clock.
import { LOG_START, type LogPage, type LogPosition, type RecordedMark } from './log-protocol.ts';
import {
  credentialKey,
  cut,
  EVERYTHING_KEY,
  identityKey,
  issuerKey,
  type KeyOfPerson,
  readKeyOfPerson,
  sessionKey,
  tokenKey,
} from './mark.ts';
import type { RevocationSubject } from './revocation-view.ts';

interface KnownMark {
  readonly position: LogPosition;
  readonly issuedBefore: number;
  readonly keepUntil: number;
  /** Whether this mark has already revoked something in this isolate. */
  wasApplied: boolean;
}

const NOTHING: KnownMark = Object.freeze({
  position: LOG_START,
  issuedBefore: 0,
  keepUntil: 0,
  wasApplied: true,
});

/**
 * A copy of the log between two positions, indexed for look-ups. A subject is looked up by a few keys. Marks before the
 * copy are unknown. So a check that started before the copy begins counts as revoked.
 */
export class KnownMarks {
  /** The copy has every mark after this position. */
  readonly beginsAfter: LogPosition;
  readonly #marks = new Map<string, KnownMark>();
  /**
   * Marks that name sessions or an application only together with their person, by the person's key. They need look-ups
   * only if there are any.
   */
  readonly #people = new Map<string, MarksOfPerson>();
  #sizeOfPeople = 0;
  #everything: KnownMark = NOTHING;
  #position: LogPosition;

  constructor(beginsAfter: LogPosition = LOG_START) {
    this.beginsAfter = beginsAfter;
    this.#position = beginsAfter;
  }

  get size(): number {
    return this.#marks.size + this.#sizeOfPeople;
  }

  get position(): LogPosition {
    return this.#position;
  }

  /**
   * Adds a page that was read from `cursor`.
   *
   * @returns `false` if the page starts after the position of this copy: adding it would leave a gap
   */
  take(page: LogPage, cursor: LogPosition): boolean {
    if ((page.after ?? cursor) > this.#position) return false;
    for (const mark of page.marks) this.#add(mark);
    this.#position = Math.max(this.#position, page.position);
    return true;
  }

  lastPosition(subject: RevocationSubject): LogPosition {
    return Math.max(this.beginsAfter, this.#newest(subject).position);
  }

  issuedBefore(subject: RevocationSubject): number {
    let latest = this.#everything.issuedBefore;
    if (this.size === 0) return latest;
    for (const mark of this.#naming(subject)) latest = Math.max(latest, mark.issuedBefore);
    return latest;
  }

  /**
   * The position of the mark that revokes this subject; `undefined` if the mark has revoked something here before.
   */
  noteRefusal(subject: RevocationSubject): LogPosition | undefined {
    const mark = this.#newest(subject);
    if (mark.wasApplied) return undefined;
    mark.wasApplied = true;
    return mark.position;
  }

  /**
   * Removes the marks that can no longer apply to a live session or token. Visits every mark, so call this rarely.
   */
  forgetBefore(moment: number): void {
    for (const [key, { keepUntil }] of this.#marks) {
      if (keepUntil < moment) this.#marks.delete(key);
    }
    for (const [person, marks] of this.#people) {
      const all = [marks.one, marks.others, marks.application];
      for (const ofRole of all) this.#sizeOfPeople -= forgetIn(ofRole, moment);
      if (all.every(({ size }) => size === 0)) this.#people.delete(person);
    }
  }

  #add({ key, position, issuedBefore, keepUntil }: RecordedMark): void {
    const mark = { position, issuedBefore, keepUntil, wasApplied: false };
    if (key === EVERYTHING_KEY) {
      if (position > this.#everything.position) this.#everything = mark;
      return;
    }
    const ofPerson = readKeyOfPerson(key);
    if (ofPerson !== undefined) {
      this.#addOfPerson(ofPerson, mark);
      return;
    }
    const known = this.#marks.get(key);
    if (known !== undefined && known.position >= position) return;
    this.#marks.set(key, mark);
  }

  #addOfPerson({ person, role, id }: KeyOfPerson, mark: KnownMark): void {
    const ofPerson = this.#people.get(person) ?? {
      one: new Map(),
      others: new Map(),
      application: new Map(),
    };
    const marks = ofPerson[role];
    const known = marks.get(id);
    if (known !== undefined && known.position >= mark.position) return;
    if (known === undefined) this.#sizeOfPeople += 1;
    marks.set(id, mark);
    this.#people.set(person, ofPerson);
  }

  #newest(subject: RevocationSubject): KnownMark {
    let newest = this.#everything;
    if (this.size === 0) return newest;
    for (const mark of this.#naming(subject)) if (mark.position > newest.position) newest = mark;
    return newest;
  }

  /** Every mark that names the subject, except the mark of everything. */
  #naming(subject: RevocationSubject): KnownMark[] {
    const found: KnownMark[] = [];
    for (const key of keysOf(subject)) {
      const mark = this.#marks.get(key);
      if (mark !== undefined) found.push(mark);
    }
    const { identityId, issuer } = subject;
    if (this.#people.size === 0 || identityId === undefined) return found;
    this.#addNamedWith(identityKey(identityId), subject, found);
    if (issuer !== undefined) this.#addNamedWith(identityKey(identityId, issuer), subject, found);
    return found;
  }

  #addNamedWith(
    person: string,
    { sessionId, applicationIds }: RevocationSubject,
    found: KnownMark[],
  ): void {
    const marks = this.#people.get(person);
    if (marks === undefined) return;
    const own = sessionId && cut(sessionId);
    const one = own && marks.one.get(own);
    if (one) found.push(one);
    for (const [spared, mark] of marks.others) if (spared !== own) found.push(mark);
    const ids = applicationIds?.map(cut) ?? marks.application.keys();
    for (const id of ids) {
      const mark = marks.application.get(id);
      if (mark !== undefined) found.push(mark);
    }
  }
}

interface MarksOfPerson {
  /** The marks of one session, by that session's id. */
  readonly one: Map<string, KnownMark>;
  /** The marks of all sessions but one, by the id of the session that is spared. */
  readonly others: Map<string, KnownMark>;
  /** The marks of one application, by its id. They name a token that names no application too. */
  readonly application: Map<string, KnownMark>;
}

function forgetIn(marks: Map<string, KnownMark>, moment: number): number {
  let count = 0;
  for (const [key, { keepUntil }] of marks) {
    if (keepUntil >= moment) continue;
    marks.delete(key);
    count += 1;
  }
  return count;
}

function keysOf({
  sessionId,
  identityId,
  credentialName,
  issuer,
  tokenId,
}: RevocationSubject): string[] {
  const keys: string[] = [];
  if (sessionId !== undefined) keys.push(sessionKey(sessionId));
  if (identityId !== undefined) keys.push(identityKey(identityId));
  if (credentialName !== undefined) keys.push(credentialKey(credentialName));
  if (issuer === undefined) return keys;
  keys.push(issuerKey(issuer));
  if (sessionId !== undefined) keys.push(sessionKey(sessionId, issuer));
  if (identityId !== undefined) keys.push(identityKey(identityId, issuer));
  if (tokenId !== undefined) keys.push(tokenKey(issuer, tokenId));
  return keys;
}
