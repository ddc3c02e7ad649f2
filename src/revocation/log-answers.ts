// Pure: no I/O, no clock.
import type { AppendAnswer, LogPage, LogPosition, RecordedMark } from './log-protocol.ts';

/**
 * Checks that a value is a page as the log sends it, read from this cursor, before anything of it is believed: a
 * position that is no number would make a view take itself for complete for ever.
 */
export function isLogPage(value: unknown, cursor: LogPosition): value is LogPage {
  if (!isRecord(value)) return false;
  const { marks, position, hasMore } = value;
  if (!isTime(position) || typeof hasMore !== 'boolean') return false;
  if (!Array.isArray(marks) || !marks.every(isRecordedMark)) return false;
  return !hasMore || position > cursor; // else it would be read again and again
}

/** The same for the answer to a writer. */
export function isAppendAnswer(value: unknown, cursor: LogPosition): value is AppendAnswer {
  if (!isRecord(value)) return false;
  return value.kind === 'repeated' || (value.kind === 'recorded' && isLogPage(value.page, cursor));
}

function isRecordedMark(value: unknown): value is RecordedMark {
  if (!isRecord(value)) return false;
  const { key, position, issuedBefore, keepUntil } = value;
  return typeof key === 'string' && isTime(position) && isTime(issuedBefore) && isTime(keepUntil);
}

/** Positions are times too. */
function isTime(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
