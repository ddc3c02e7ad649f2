// Pure: no I/O, no clock. Traces as OpenTelemetry's exporters send them (opentelemetry/proto/trace/v1/trace.proto).

/** A span, as far as changes of sessions are told by it. */
export interface Span {
  /** The bytes of the id, one in each character. */
  readonly traceId: string;
  readonly name: string;
  /** The attributes whose values are texts. */
  readonly attributes: Attributes;
  readonly events: readonly SpanEvent[];
}

export interface SpanEvent {
  readonly name: string;
  readonly attributes: Attributes;
}

export type Attributes = ReadonlyMap<string, string>;

/** Field numbers of the messages. */
const REQUEST = { resourceSpans: 1 };
const RESOURCE_SPANS = { scopeSpans: 2 };
const SCOPE_SPANS = { spans: 2 };
const SPAN = { traceId: 1, name: 5, attributes: 9, events: 11 };
const EVENT = { name: 2, attributes: 3 };
const KEY_VALUE = { key: 1, value: 2 };
const ANY_VALUE = { text: 1 };

/** A field of a message whose value is text, bytes or a message. Fields of other types are passed over. */
interface Field {
  readonly number: number;
  readonly value: Uint8Array;
}

const TEXT = new TextDecoder();
const TRACE_ID = new TextDecoder('latin1');

/** Reads the spans of an `ExportTraceServiceRequest`; `undefined` if the bytes are no such message. */
export function readSpans(bytes: Uint8Array): readonly Span[] | undefined {
  try {
    const resources = fieldsOf(bytes, REQUEST.resourceSpans);
    const scopes = resources.flatMap((each) => fieldsOf(each, RESOURCE_SPANS.scopeSpans));
    return scopes.flatMap((each) => fieldsOf(each, SCOPE_SPANS.spans)).map(readSpan);
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

function readSpan(bytes: Uint8Array): Span {
  const fields = [...readFields(bytes)];
  const valuesOf = (wanted: number) =>
    fields.filter(({ number }) => number === wanted).map(({ value }) => value);
  return {
    traceId: TRACE_ID.decode(valuesOf(SPAN.traceId)[0]),
    name: TEXT.decode(valuesOf(SPAN.name)[0]),
    attributes: readAttributes(valuesOf(SPAN.attributes)),
    events: valuesOf(SPAN.events).map((event) => ({
      name: textOf(event, EVENT.name),
      attributes: readAttributes(fieldsOf(event, EVENT.attributes)),
    })),
  };
}

function readAttributes(pairs: readonly Uint8Array[]): Attributes {
  const found = new Map<string, string>();
  for (const pair of pairs) {
    const [value] = fieldsOf(pair, KEY_VALUE.value);
    const [text] = value === undefined ? [] : fieldsOf(value, ANY_VALUE.text);
    if (text !== undefined) found.set(textOf(pair, KEY_VALUE.key), TEXT.decode(text));
  }
  return found;
}

function textOf(message: Uint8Array, field: number): string {
  const [bytes] = fieldsOf(message, field);
  return bytes === undefined ? '' : TEXT.decode(bytes);
}

function fieldsOf(message: Uint8Array, wanted: number): Uint8Array[] {
  const found: Uint8Array[] = [];
  for (const { number, value } of readFields(message)) if (number === wanted) found.push(value);
  return found;
}

class MalformedMessage extends Error {}

/** Bytes of the wire types with a fixed length (protobuf.dev/programming-guides/encoding). */
const FIXED_LENGTHS: Readonly<Record<number, number>> = { 1: 8, 5: 4 };
const VARINT = 0;
const LENGTH_DELIMITED = 2;

function* readFields(message: Uint8Array): Generator<Field> {
  let at = 0;
  const readVarint = () => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 64; scale *= 128) {
      const byte = message[at];
      if (byte === undefined) throw new MalformedMessage();
      at += 1;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new MalformedMessage();
  };
  while (at < message.length) {
    const tag = readVarint();
    const wireType = tag % 8;
    if (wireType === VARINT) {
      readVarint();
      continue;
    }
    const length = wireType === LENGTH_DELIMITED ? readVarint() : FIXED_LENGTHS[wireType];
    if (length === undefined || at + length > message.length) throw new MalformedMessage();
    const value = message.subarray(at, at + length);
    at += length;
    if (wireType === LENGTH_DELIMITED) yield { number: Math.floor(tag / 8), value };
  }
}
