// Pure: no I/O, no clock.
import type { AppendAnswer, LogPage, LogPosition, RecordedMark } from './log-protocol.ts';
import { isSubjectKey } from './mark.ts';

/**
 * Checks that a value is a valid page, read from this cursor, before any of it is used. A position that is not a
 * number would make a view consider itself complete forever.
 */
export function isLogPage(value: unknown, cursor: LogPosition): value is LogPage {
  if (!isRecord(value)) return false;
  const { marks, after = cursor, position, hasMore, watermark } = value;
  if (!isTime(position) || typeof hasMore !== 'boolean') return false;
  if (!isTime(after) || (value.after !== undefined && after > position)) return false;
  if (watermark !== undefined && !isWatermark(watermark)) return false;
  if (!Array.isArray(marks) || !marks.every(isRecordedMark)) return false;
  return !hasMore || position > cursor; // otherwise the same page would be read forever
}

/** Checks the answer to a writer in the same way. */
export function isAppendAnswer(value: unknown, cursor: LogPosition): value is AppendAnswer {
  if (!isRecord(value)) return false;
  return value.kind === 'repeated' || (value.kind === 'recorded' && isLogPage(value.page, cursor));
}

function isRecordedMark(value: unknown): value is RecordedMark {
  if (!isRecord(value)) return false;
  const { key, position, issuedBefore, keepUntil } = value;
  // A subject of a kind that this version does not know could be in use here: the page is no complete view.
  if (typeof key !== 'string' || !isSubjectKey(key)) return false;
  return isTime(position) && isTime(issuedBefore) && isTime(keepUntil);
}

function isWatermark(value: unknown): boolean {
  return isRecord(value) && isTime(value.ageMs) && isTime(value.unbrokenForMs);
}

/** Whether a value is a time in milliseconds. Positions have the same form. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
