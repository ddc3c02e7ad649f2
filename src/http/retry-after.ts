// Pure: no I/O, no clock.

/**
 * Reads `Retry-After` as delay-seconds (RFC 9110 section 10.2.3), from 1 to `maxSeconds`. A date counts as absent.
 */
export function readRetryAfterSeconds(headers: Headers, maxSeconds = 60): number | undefined {
  const seconds = readWholeSeconds(headers.get('retry-after'));
  return seconds === undefined ? undefined : Math.min(Math.max(seconds, 1), maxSeconds);
}

/** Reads a whole number of seconds; `undefined` for any other text. */
export function readWholeSeconds(text: string | null): number | undefined {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : undefined;
}
