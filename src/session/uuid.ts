// Pure: no I/O, no clock.

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** Returns a UUID in lower case, as documents and marks spell it; `undefined` when the text is not a UUID. */
export function readUuid(text: unknown): string | undefined {
  return typeof text === 'string' && UUID.test(text) ? text.toLowerCase() : undefined;
}

/**
 * Returns an id in the spelling in which ids are compared: a UUID in lower case (RFC 9562 section 4), every other id
 * byte for byte.
 */
export function canonicalId(id: string): string {
  return readUuid(id) ?? id;
}
