import { describe, expect, it } from 'vitest';
import { traceIdOf, tracingHeaders } from '../../src/http/request-headers.ts';

/** The example of W3C Trace Context section 3.2.4. */
const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const TRACEPARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;
const ZEROS = '0'.repeat(32);

describe('traceIdOf()', () => {
  it.each([
    TRACEPARENT,
    `00-${TRACE_ID}-00f067aa0ba902b7-00`,
    `cc-${TRACE_ID}-00f067aa0ba902b7-01`, // section 4.3: a later version is parsed by the parts that are known
    `cc-${TRACE_ID}-00f067aa0ba902b7-01-what-the-future-will-be-like`,
  ])('reads %s', (traceparent) => {
    expect(traceIdOf(new Headers({ traceparent }))).toBe(TRACE_ID);
  });

  /** Cases of the W3C's own test suite (trace-context/test/test.py), and section 3.2.2. */
  it.each([
    '',
    'foo',
    `ff-${TRACE_ID}-00f067aa0ba902b7-01`,
    `00-${ZEROS}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID}-0000000000000000-01`,
    `00-${TRACE_ID}-00f067aa0ba902b7-01-what-the-future-will-be-like`,
    `cc-${TRACE_ID}-00f067aa0ba902b7-01.what-the-future-will-be-like`,
    `00-${TRACE_ID.toUpperCase()}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID.slice(1)}-00f067aa0ba902b7-01`,
    `00-${TRACE_ID}-00f067aa0ba902b7-1`,
    `00-${TRACE_ID}-00f067aa0ba902b7-0x`,
    `.0-${TRACE_ID}-00f067aa0ba902b7-01`,
    `${TRACEPARENT}, ${TRACEPARENT}`, // sent twice
  ])('refuses %j', (traceparent) => {
    expect(traceIdOf(new Headers({ traceparent }))).toBeUndefined();
  });
});

describe('tracingHeaders()', () => {
  it('passes trace context and the request id on unchanged', () => {
    const sent = {
      traceparent: TRACEPARENT,
      tracestate: 'congo=t61rcWkgMzE',
      'x-request-id': 'r-1',
    };
    expect(tracingHeaders(new Headers({ ...sent, cookie: 'a=b' }))).toEqual(sent);
  });

  it('drops tracestate without a valid traceparent (section 3.3.1)', () => {
    const tracestate = 'congo=t61rcWkgMzE';
    expect(tracingHeaders(new Headers({ tracestate }))).toEqual({});
    expect(tracingHeaders(new Headers({ tracestate, traceparent: 'foo' }))).toEqual({});
  });
});
