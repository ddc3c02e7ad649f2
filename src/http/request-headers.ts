// Pure: no I/O, no clock.

/**
 * `X-Request-ID`, which herodot repeats in its errors, and W3C trace context. Their values are short and mean
 * nothing else.
 */
const TRACING = {
  'x-request-id': /^[\x21-\x7e]{1,200}$/,
  traceparent: /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/,
  tracestate: /^[\x20-\x7e]{1,512}$/,
} as const;

/** Returns the headers by which a request is traced from one system to the next. */
export function tracingHeaders(received: Headers): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, pattern] of Object.entries(TRACING)) {
    const value = received.get(name);
    if (value !== null && pattern.test(value)) headers[name] = value;
  }
  return headers;
}
