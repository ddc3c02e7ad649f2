// Pure: no I/O, no clock.

const ESCAPED_BY_GO = /[<>&\u2028\u2029]/g;

/**
 * JSON as Go's `json.NewEncoder(w).Encode(value)` writes it: compact, HTML characters escaped as
 * `\u003c`, one newline at the end (herodot `json.go`). `undefined` members are left out.
 */
export function encodeGoJson(value: unknown): string {
  return `${JSON.stringify(value).replace(ESCAPED_BY_GO, escapeCodeUnit)}\n`;
}

/** A time in milliseconds as Kratos reads it from its database: RFC 3339, UTC, no trailing zeros in the fraction. */
export function formatGoTime(timeMs: number): string {
  return new Date(timeMs).toISOString().replace(/\.?0*Z$/, 'Z');
}

/**
 * A time that Kratos has just taken from its clock: nine digits. The clock here has milliseconds; the other digits
 * follow from them, so that one time always reads the same.
 */
export function formatGoTimeInMemory(timeMs: number): string {
  const nanoseconds = (((timeMs % 900_000) * 7919) % 899_999) + 100_001;
  return new Date(timeMs).toISOString().replace('Z', `${nanoseconds | 1}Z`);
}

function escapeCodeUnit(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
