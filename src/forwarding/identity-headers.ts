// Pure: no I/O, no clock.

import type { JsonValue } from '../runtime/json.ts';
import { type Result, success } from '../runtime/result.ts';
import type { Session } from '../session/session.ts';
import { readSessionPath } from '../session/session-path.ts';
import { fitByWriter, type Unfit } from './fit-by-writer.ts';
import { headerBytes, type IdentityMapping } from './identity-presets.ts';

export interface IdentityHeaders {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names of headers that did not fit. */
  readonly omitted: readonly string[];
}

/**
 * Returns the configured headers, filled from places in the session, in the configured order. An empty place gives no
 * header. Values that the store and administrators wrote are fitted first: all of them fit into `maxBytes`, or there
 * are no headers at all. Values that the person wrote are fitted last. A header that no longer fits is left out and
 * never cut short, because a cut identity is another identity.
 */
export function identityHeaders(
  session: Session,
  mapping: IdentityMapping,
  maxBytes: number,
): Result<IdentityHeaders, Unfit> {
  const found = new Map<string, string>();
  let room = maxBytes;
  const fit = (name: string, path: string): boolean => {
    const place = readSessionPath(session.document, path);
    const value = place === undefined ? undefined : encodeHeaderValue(place);
    if (value === undefined) return true;
    const bytes = headerBytes(name, value.length);
    if (bytes > room) return false;
    room -= bytes;
    found.set(name, value);
    return true;
  };
  const table = { places: mapping, claimed: session.claimed, prefix: '' };
  const omitted = fitByWriter(table, fit);
  if (!omitted.ok) return omitted;
  const headers = Object.keys(mapping).flatMap((name) => {
    const value = found.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return success({ headers, omitted: omitted.value });
}

/**
 * Encodes a value for a header: percent-encoded UTF-8 (RFC 3986) for everything but letters, digits and
 * `- . _ ~ ! ' ( ) * @ + / =`, so that `decodeURIComponent` returns the text. The items of a list are encoded and then
 * joined by `,`. An object is sent as its encoded JSON. `null` and the empty text give `undefined`.
 */
export function encodeHeaderValue(value: JsonValue): string | undefined {
  const encoded = Array.isArray(value)
    ? value.map((item) => encodeText(asText(item))).join(',')
    : encodeText(asText(value));
  return encoded === '' ? undefined : encoded;
}

function asText(value: JsonValue): string {
  if (value === null) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Matches text that is sent as it is. Almost every id, address and role is such a text. */
const UNCHANGED = /^[A-Za-z0-9._~!'()*@+/=-]*$/;

function encodeText(text: string): string {
  if (UNCHANGED.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(/%(?:40|2B|2F|3D)/g, decodeURIComponent);
}
