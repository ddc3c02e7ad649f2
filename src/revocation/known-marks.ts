// Pure: no I/O, no clock.
import { LOG_START, type LogPage, type LogPosition, type RecordedMark } from './log-protocol.ts';
import {
  credentialKey,
  EVERYTHING_KEY,
  identityKey,
  issuerKey,
  sessionKey,
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
  readonly #marks = new Map<string, KnownMark>(); // in the order of the log
  #everything: KnownMark = NOTHING;
  #position: LogPosition = LOG_START;

  get size(): number {
    return this.#marks.size;
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
    return latest;
  }

  /** The position of the mark that now causes a refusal; `undefined` when it has caused one before. */
  noteRefusal(subject: RevocationSubject): LogPosition | undefined {
    const mark = this.#newest(subject);
    if (mark.wasApplied) return undefined;
    mark.wasApplied = true;
    return mark.position;
  }

  /** Drops the marks that nothing alive can be affected by; the oldest come first, and the first that stays ends it. */
  forgetBefore(moment: number): void {
    for (const [key, { keepUntil }] of this.#marks) {
      if (keepUntil >= moment) return;
      this.#marks.delete(key);
    }
  }

  #add({ key, position, issuedBefore, keepUntil }: RecordedMark): void {
    const mark = { position, issuedBefore, keepUntil, wasApplied: false };
    if (key === EVERYTHING_KEY) {
      if (position > this.#everything.position) this.#everything = mark;
      return;
    }
    const known = this.#marks.get(key);
    if (known !== undefined && known.position >= position) return;
    this.#marks.delete(key);
    this.#marks.set(key, mark);
  }

  #newest(subject: RevocationSubject): KnownMark {
    let newest = this.#everything;
    if (this.#marks.size === 0) return newest;
    for (const key of keysOf(subject)) {
      const mark = this.#marks.get(key);
      if (mark !== undefined && mark.position > newest.position) newest = mark;
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
  if (issuer === undefined) return keys;
  keys.push(issuerKey(issuer));
  if (sessionId !== undefined) keys.push(sessionKey(sessionId, issuer));
  if (identityId !== undefined) keys.push(identityKey(identityId, issuer));
  if (tokenId !== undefined) keys.push(tokenKey(issuer, tokenId));
  return keys;
}
