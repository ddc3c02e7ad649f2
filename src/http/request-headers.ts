// Pure: no I/O, no clock.

/**
 * `X-Request-ID`, which herodot repeats in its errors, and `tracestate`. Their values are short and mean nothing
 * else.
 */
const TRACING = {
  'x-request-id': /^[\x21-\x7e]{1,200}$/,
  tracestate: /^[\x20-\x7e]{1,512}$/,
} as const;

/**
 * `traceparent` (W3C Trace Context section 3.2): version, trace id, parent id, flags. The version ff and ids of zeros
 * alone are not valid. A later version may have more parts.
 */
const TRACEPARENT =
  /^(?:00-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}|(?!00|ff)[0-9a-f]{2}-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}(?:-[\x21-\x7e]{0,200})?)$/;

/** Returns the trace id of a valid `traceparent`: 32 hexadecimal digits. */
export function traceIdOf(received: Headers): string | undefined {
  const found = TRACEPARENT.exec(received.get('traceparent') ?? '');
  return found?.[1] ?? found?.[2];
}

/**
 * Returns the headers by which a request is traced from one system to the next, unchanged. `tracestate` has no meaning
 * without a valid `traceparent` (section 3.3.1).
 */
export function tracingHeaders(received: Headers): Record<string, string> {
  const headers: Record<string, string> = {};
  const isTraced = traceIdOf(received) !== undefined;
  if (isTraced) headers.traceparent = received.get('traceparent') ?? '';
  for (const [name, pattern] of Object.entries(TRACING)) {
    const value = received.get(name);
    const isPart = isTraced || name !== 'tracestate';
    if (value !== null && isPart && pattern.test(value)) headers[name] = value;
  }
  return headers;
}
