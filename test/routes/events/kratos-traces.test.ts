import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readSpans, type Span } from '../../../src/routes/events/otlp-spans.ts';
import { marksOfSpans, TraceCallers } from '../../../src/routes/events/trace-marks.ts';
import { inRepository } from '../../support/repository.ts';

/** Messages of Kratos's own exporter (OTel OTLP Exporter Go/1.44.0), each of one request; gzip in base64. */
const RECORDINGS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(inRepository('test/routes/events/recordings/kratos-traces.json'), 'utf8'),
);

function recorded(name: string): Uint8Array {
  return gunzipSync(Buffer.from(RECORDINGS[name] ?? '', 'base64'));
}

const subjectsOf = (name: string) =>
  marksOfSpans(readSpans(recorded(name)) ?? [], new TraceCallers()).map(
    ({ subject, isTentative }) => {
      expect(isTentative).toBe(true);
      return subject;
    },
  );

const session = (sessionId: string, identityId?: string) => ({
  kind: 'session',
  sessionId,
  ...(identityId !== undefined && { identityId }),
});
const identity = (identityId: string) => ({ kind: 'identity', identityId });

/** The ids are those of the requests that Kratos answered. */
const EXPECTED: Readonly<Record<string, object>> = {
  logout: session('24ebdaf6-2920-45c4-8530-480b92d2bc9d', 'b08498be-6216-44bf-92b1-14fa2eee271a'),
  'DELETE /sessions/{id}': session('ed482178-53dc-469f-bdec-913f9eb09fb7'),
  'DELETE /sessions': identity('4c2fd8a0-83d1-42bf-b592-b1619c11b499'),
  'DELETE /admin/sessions/{id}': session('a4b271e4-f3af-4a77-9078-094340904d6e'),
  'DELETE /admin/identities/{id}/sessions': identity('0edd81da-09ad-4ee5-93b7-5cd4355e7c7c'),
  'POST /admin/sessions': { kind: 'everything' },
  'DELETE /admin/identities/{id}': identity('92933fb2-0767-4156-93a7-8cf22564f1ff'),
  'PATCH /admin/sessions/{id}/extend': session(
    'f7d83d96-d5d8-4735-bb1d-1f477389b135',
    '79ab762b-1ddf-4789-8ded-2556287937bb',
  ),
  login: identity('55e927b0-4537-4e02-8d74-e13d87f924c7'),
};

describe('a trace of Kratos', () => {
  it.each(Object.entries(EXPECTED))('names what it changed: %s', (name, subject) => {
    expect(subjectsOf(name)).toEqual([subject]);
  });

  it('whose caller was named by an earlier message is about that caller', () => {
    const spans = readSpans(recorded('DELETE /sessions')) ?? [];
    const isRequest = ({ name }: Span) => name === 'DELETE /sessions';
    const earlier = spans.filter((span) => !isRequest(span));
    const callers = new TraceCallers();
    expect(marksOfSpans(spans.filter(isRequest), callers)).toEqual([]);
    expect(marksOfSpans(earlier, callers)).toEqual([]);
    expect(marksOfSpans(spans.filter(isRequest), callers).map(({ subject }) => subject)).toEqual([
      EXPECTED['DELETE /sessions'],
    ]);
  });

  it('of more changes than a message may name is about all sessions', () => {
    const attributes = (index: number) =>
      new Map([['SessionID', `00000000-0000-4000-8000-${String(index).padStart(12, '0')}`]]);
    const spans = Array.from({ length: 501 }, (_, index) => ({
      traceId: '',
      name: '',
      attributes: new Map<string, string>(),
      events: [{ name: 'SessionRevoked', attributes: attributes(index) }],
    }));
    expect(marksOfSpans(spans.slice(1), new TraceCallers())).toHaveLength(500);
    expect(marksOfSpans(spans, new TraceCallers())).toEqual([
      { subject: { kind: 'everything' }, isTentative: true },
    ]);
  });

  it('whose id is not of 16 bytes names no caller, and is not remembered', () => {
    const identityId = '4c2fd8a0-83d1-42bf-b592-b1619c11b499';
    const checked = { name: 'SessionChecked', attributes: new Map([['IdentityID', identityId]]) };
    const attributes = new Map<string, string>();
    const callers = new TraceCallers();
    for (const traceId of ['', 'x'.repeat(15), 'x'.repeat(1_000_000)]) {
      callers.note({ traceId, name: '', attributes, events: [checked] });
      expect(callers.of({ traceId, name: '', attributes, events: [] })).toBeUndefined();
    }
  });

  it('that names a session by something that is no id is about nothing', () => {
    const span = (path: string) => ({
      traceId: '',
      name: 'DELETE /admin/sessions/{id}',
      attributes: new Map([['url.path', path]]),
      events: [],
    });
    expect(
      marksOfSpans(
        [span('/admin/sessions/*'), span('/admin/sessions/x\ny'), span('')],
        new TraceCallers(),
      ),
    ).toEqual([]);
  });
});

describe('readSpans()', () => {
  it('reads no message that breaks off within a field', () => {
    const whole = recorded('DELETE /admin/sessions/{id}');
    const [all = 0] = [readSpans(whole)?.length];
    expect(all).toBeGreaterThan(1);
    for (let length = 1; length < whole.length; length += 1) {
      expect(readSpans(whole.subarray(0, length))?.length ?? 0).toBeLessThan(all);
    }
  });

  it('answers every text of bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        const spans = readSpans(bytes);
        return spans === undefined || Array.isArray(spans);
      }),
    );
  });

  // The platform gives an isolate 128 MB. A span of OpenTelemetry has at most 128 attributes and 128 events by default
  // (opentelemetry.io/docs/specs/otel/trace/sdk, Span Limits).
  it.each<[string, Uint8Array]>([
    ['spans', inFields([1, 2], empty(2))],
    ['events', inFields([1, 2, 2], empty(11))],
    ['attributes', inFields([1, 2, 2], empty(9))],
    ['attributes of one event', inFields([1, 2, 2, 11], empty(3))],
    ['scopes', inFields([1], empty(2))],
    ['resources', empty(1)],
  ])('reads no message of two million empty %s', (_, message) => {
    expect(readSpans(message)).toBeUndefined();
  });

  it('control: reads a message of 30,000 spans', () => {
    const one = recorded('DELETE /admin/sessions/{id}');
    const spans = inFields([1, 2], empty(2).subarray(0, 60_000));
    expect(readSpans(Buffer.concat([one, spans]))).toHaveLength(
      30_000 + (readSpans(one)?.length ?? 0),
    );
  });
});

/** Empty fields of this number, 4 MiB of them. */
function empty(field: number): Uint8Array {
  return new Uint8Array(4 * 1024 * 1024 - 64).map((_, index) =>
    index % 2 === 0 ? field * 8 + 2 : 0,
  );
}

/** Puts a message into fields of these numbers, the outermost first (protobuf.dev/programming-guides/encoding). */
function inFields(numbers: readonly number[], message: Uint8Array): Uint8Array {
  return numbers.reduceRight((inner, field) => {
    const length: number[] = [];
    for (let left = inner.length; left > 0; left = Math.floor(left / 128)) {
      length.push(left > 127 ? (left % 128) + 128 : left);
    }
    return Buffer.concat([Uint8Array.from([field * 8 + 2, ...length]), inner]);
  }, message);
}
