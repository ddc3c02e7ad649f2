// Pure: no I/O, no clock.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** A UUID in the one spelling that documents and marks use, or `undefined` when the text is none. */
export function readUuid(text: unknown): string | undefined {
  return typeof text === 'string' && UUID.test(text) ? text.toLowerCase() : undefined;
}

/** The spelling in which ids are compared: a UUID in lower case (RFC 9562 section 4), every other id byte for byte. */
export function canonicalId(id: string): string {
  return readUuid(id) ?? id;
}
