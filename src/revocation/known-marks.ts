// Pure: no I/O, no clock.
import { LOG_START, type LogPage, type LogPosition, type RecordedMark } from './log-protocol.ts';
import {
  credentialKey,
  cut,
  EVERYTHING_KEY,
  identityKey,
  issuerKey,
  OTHER_SESSIONS,
  otherSessionsPrefix,
  sessionKey,
  sessionOfKey,
  tokenKey,
} from './mark.ts';
import type { RevocationSubject } from './revocation-view.ts';

interface KnownMark {
  readonly position: LogPosition;
  readonly issuedBefore: number;
  readonly keepUntil: number;
  /** Something was refused on account of it here. */
  wasApplied: boolean;
}

const NOTHING: KnownMark = Object.freeze({
  position: LOG_START,
  issuedBefore: 0,
  keepUntil: 0,
  wasApplied: true,
});

/** A copy of the log up to a position, made for look-ups: a subject is named by a handful of keys. */
export class KnownMarks {
  readonly #marks = new Map<string, KnownMark>();
  /** Marks of all sessions of an identity but one: by the identity's part of the key, then by the session spared. */
  readonly #others = new Map<string, Map<string, KnownMark>>();
  #othersSize = 0;
  #everything: KnownMark = NOTHING;
  #position: LogPosition = LOG_START;

  get size(): number {
    return this.#marks.size + this.#othersSize;
  }

  get position(): LogPosition {
    return this.#position;
  }

  /**
   * Takes in a page that was read from `cursor`.
   *
   * @returns whether it was; a page from beyond what is known here would leave a gap
   */
  take(page: LogPage, cursor: LogPosition): boolean {
    if (cursor > this.#position) return false;
    for (const mark of page.marks) this.#add(mark);
    this.#position = Math.max(this.#position, page.position);
    return true;
  }

  lastPosition(subject: RevocationSubject): LogPosition {
    return this.#newest(subject).position;
  }

  issuedBefore(subject: RevocationSubject): number {
    let latest = this.#everything.issuedBefore;
    for (const key of keysOf(subject)) {
      latest = Math.max(latest, this.#marks.get(key)?.issuedBefore ?? 0);
    }
    for (const mark of this.#sparingOthers(subject)) latest = Math.max(latest, mark.issuedBefore);
    return latest;
  }

  /** The position of the mark that now causes a refusal; `undefined` when it has caused one before. */
  noteRefusal(subject: RevocationSubject): LogPosition | undefined {
    const mark = this.#newest(subject);
    if (mark.wasApplied) return undefined;
    mark.wasApplied = true;
    return mark.position;
  }

  /** Drops the marks that nothing alive can be affected by. Looks at every mark, so it is for now and then. */
  forgetBefore(moment: number): void {
    for (const [key, { keepUntil }] of this.#marks) {
      if (keepUntil < moment) this.#marks.delete(key);
    }
    for (const [prefix, marks] of this.#others) {
      for (const [spared, { keepUntil }] of marks) {
        if (keepUntil >= moment) continue;
        marks.delete(spared);
        this.#othersSize -= 1;
      }
      if (marks.size === 0) this.#others.delete(prefix);
    }
  }

  #add({ key, position, issuedBefore, keepUntil }: RecordedMark): void {
    const mark = { position, issuedBefore, keepUntil, wasApplied: false };
    if (key === EVERYTHING_KEY) {
      if (position > this.#everything.position) this.#everything = mark;
      return;
    }
    if (key.startsWith(OTHER_SESSIONS)) {
      this.#addSparing(key, mark);
      return;
    }
    const known = this.#marks.get(key);
    if (known !== undefined && known.position >= position) return;
    this.#marks.set(key, mark);
  }

  #addSparing(key: string, mark: KnownMark): void {
    const end = key.lastIndexOf('\n') + 1;
    const [prefix, spared] = [key.slice(0, end), key.slice(end)];
    const marks = this.#others.get(prefix) ?? new Map<string, KnownMark>();
    const known = marks.get(spared);
    if (known !== undefined && known.position >= mark.position) return;
    if (known === undefined) this.#othersSize += 1;
    marks.set(spared, mark);
    this.#others.set(prefix, marks);
  }

  /** The marks that name an identity's sessions but one, where that one is not the subject's. */
  #sparingOthers({ identityId, sessionId }: RevocationSubject): KnownMark[] {
    if (this.#othersSize === 0 || identityId === undefined) return [];
    const marks = this.#others.get(otherSessionsPrefix(identityId));
    if (marks === undefined) return [];
    const own = sessionId && cut(sessionId);
    return Array.from(marks).flatMap(([spared, mark]) => (spared === own ? [] : [mark]));
  }

  #newest(subject: RevocationSubject): KnownMark {
    let newest = this.#everything;
    if (this.size === 0) return newest;
    for (const key of keysOf(subject)) {
      const mark = this.#marks.get(key);
      if (mark !== undefined && mark.position > newest.position) newest = mark;
    }
    for (const mark of this.#sparingOthers(subject)) {
      if (mark.position > newest.position) newest = mark;
    }
    return newest;
  }
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
  const isWhole = sessionId !== undefined && identityId !== undefined;
  if (isWhole) keys.push(sessionOfKey(sessionId, identityId));
  if (issuer === undefined) return keys;
  keys.push(issuerKey(issuer));
  if (isWhole) keys.push(sessionOfKey(sessionId, identityId, issuer));
  if (sessionId !== undefined) keys.push(sessionKey(sessionId, issuer));
  if (identityId !== undefined) keys.push(identityKey(identityId, issuer));
  if (tokenId !== undefined) keys.push(tokenKey(issuer, tokenId));
  return keys;
}
