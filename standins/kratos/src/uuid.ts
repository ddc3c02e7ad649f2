// No I/O, no clock.
import type { HerodotError } from './herodot-error.ts';

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
const LENGTHS = [32, 34, 36, 38, 41, 45];

export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The UUID in lower case that gofrs/uuid reads (4.4, `FromString`); the text itself if it reads none. */
export function parsedUuid(text: string): string {
  const [, bare = ''] = /^(?:urn:uuid:|\{)?([\da-f-]{32,36})\}?$/i.exec(text) ?? [];
  const dashed = bare.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  return isUuid(dashed) ? dashed.toLowerCase() : text;
}

/** The error of a text that is no UUID, in the words of gofrs/uuid, which Kratos passes on. */
export function uuidProblem(text: string): string {
  return LENGTHS.includes(text.length)
    ? `uuid: incorrect UUID format in string ${JSON.stringify(text)}`
    : `uuid: incorrect UUID length ${text.length} in string ${JSON.stringify(text)}`;
}

/** The 400 for an id in a path that is no UUID. */
export function invalidUuid(text: string): HerodotError {
  return { code: 400, message: uuidProblem(text) };
}
