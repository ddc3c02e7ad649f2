// Pure: no I/O, no clock. Traces as OpenTelemetry's exporters send them (opentelemetry/proto/trace/v1/trace.proto).

/** A span, as far as changes of sessions are told by it. */
export interface Span {
  /** The bytes of the id, one in each character; empty if it is none. */
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
/** A trace id has so many bytes (w3.org/TR/trace-context). */
export const TRACE_ID_BYTES = 16;

/**
 * Maximum number of spans, events and attributes in a message. An empty one takes two bytes of the message, and hundreds of
 * bytes of memory. Of Kratos's own, 4 MiB have about a third as many.
 */
const MAX_PARTS = 200_000;

/**
 * Reads the spans of an `ExportTraceServiceRequest`; `undefined` if the bytes are no such message, or have more parts than
 * an exporter sends.
 */
export function readSpans(bytes: Uint8Array): readonly Span[] | undefined {
  try {
    return new MessageReader().readRequest(bytes);
  } catch (error) {
    if (error instanceof MalformedMessage) return undefined;
    throw error;
  }
}

/** Reads one message, and counts its parts. */
class MessageReader {
  #partsLeft = MAX_PARTS;

  readRequest(bytes: Uint8Array): Span[] {
    const resources = this.#all(bytes, REQUEST.resourceSpans);
    const scopes = resources.flatMap((each) => this.#all(each, RESOURCE_SPANS.scopeSpans));
    const spans = scopes.flatMap((each) => this.#all(each, SCOPE_SPANS.spans));
    return spans.map((span) => this.#readSpan(span));
  }

  #readSpan(bytes: Uint8Array): Span {
    const traceId = first(bytes, SPAN.traceId);
    return {
      traceId: traceId?.length === TRACE_ID_BYTES ? TRACE_ID.decode(traceId) : '',
      name: textOf(bytes, SPAN.name),
      attributes: this.#readAttributes(bytes, SPAN.attributes),
      events: this.#all(bytes, SPAN.events).map((event) => ({
        name: textOf(event, EVENT.name),
        attributes: this.#readAttributes(event, EVENT.attributes),
      })),
    };
  }

  #readAttributes(message: Uint8Array, wanted: number): Attributes {
    const pairs = this.#all(message, wanted);
    if (pairs.length === 0) return NO_ATTRIBUTES;
    const found = new Map<string, string>();
    for (const pair of pairs) {
      const value = first(pair, KEY_VALUE.value);
      const text = value && first(value, ANY_VALUE.text);
      if (text !== undefined) found.set(textOf(pair, KEY_VALUE.key), TEXT.decode(text));
    }
    return found;
  }

  /** Returns all fields of this number. */
  #all(message: Uint8Array, wanted: number): Uint8Array[] {
    const found: Uint8Array[] = [];
    for (const { number, value } of readFields(message)) {
      if (number !== wanted) continue;
      this.#partsLeft -= 1;
      if (this.#partsLeft < 0) throw new MalformedMessage();
      found.push(value);
    }
    return found;
  }
}

const NO_ATTRIBUTES: Attributes = new Map();

function textOf(message: Uint8Array, field: number): string {
  const bytes = first(message, field);
  return bytes === undefined ? '' : TEXT.decode(bytes);
}

/** Returns the first field of this number. The whole message is read, because it may break off behind the field. */
function first(message: Uint8Array, wanted: number): Uint8Array | undefined {
  let found: Uint8Array | undefined;
  for (const { number, value } of readFields(message)) if (number === wanted) found ??= value;
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
