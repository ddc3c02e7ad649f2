// Pure: no I/O, no clock.
import { readUuid } from '../../session/uuid.ts';

const WRAPPED = /^(?:\{(?<braced>[^{}]*)\}|urn:uuid:(?<urn>.*))$/;
const WITHOUT_DASHES = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/;

/**
 * Returns an id that a request names in lower case with dashes; `undefined` if Kratos reads no UUID in it. Kratos also
 * takes a UUID without dashes, and both forms in braces or after `urn:uuid:` (gofrs/uuid 4.4, `FromString`).
 */
export function readKratosId(text: unknown): string | undefined {
  if (typeof text !== 'string') return undefined;
  const { braced, urn } = WRAPPED.exec(text)?.groups ?? {};
  const bare = braced ?? urn ?? text;
  return readUuid(bare) ?? readUuid(bare.replace(WITHOUT_DASHES, '$1-$2-$3-$4-$5'));
}
