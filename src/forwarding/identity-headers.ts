// Pure: no I/O, no clock.
import type { JsonValue, Session } from '../session/session.ts';
import { readSessionPath } from '../session/session-path.ts';
import { headerBytes, type IdentityMapping, isIdPlace } from './identity-presets.ts';

export interface IdentityHeaders {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names of headers that did not fit. */
  readonly omitted: readonly string[];
}

/**
 * Configured headers from places in the session, in the order configured. A place that holds nothing gives no header. Ids have the first call on `maxBytes`, for
 * which the configuration has made sure there is room; what then no longer fits is left out whole,
 * never cut short: a cut identity is another identity.
 */
export function identityHeaders(
  session: Session,
  mapping: IdentityMapping,
  maxBytes: number,
): IdentityHeaders {
  const found = new Map<string, string>();
  const omitted: string[] = [];
  let total = 0;
  for (const [name, path] of idsFirst(mapping)) {
    const place = readSessionPath(session.document, path);
    const value = place === undefined ? undefined : encodeHeaderValue(place);
    if (value === undefined) continue;
    const bytes = headerBytes(name, value.length);
    if (total + bytes > maxBytes) {
      omitted.push(name);
      continue;
    }
    total += bytes;
    found.set(name, value);
  }
  const headers = Object.keys(mapping).flatMap((name) => {
    const value = found.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return { headers, omitted };
}

function idsFirst(mapping: IdentityMapping): [name: string, path: string][] {
  const entries = Object.entries(mapping);
  const isId = ([, path]: [string, string]) => isIdPlace(path);
  return [...entries.filter(isId), ...entries.filter((entry) => !isId(entry))];
}

/**
 * A value as a header can carry it: percent-encoded UTF-8 (RFC 3986) for everything but letters, digits and
 * `- . _ ~ ! ' ( ) * @ + / =`, so `decodeURIComponent` gives the text back. Lists are joined by `,` after
 * each item is encoded; objects travel as their JSON, encoded. `null` and the empty text give nothing.
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

function encodeText(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(/%(?:40|2B|2F|3D)/g, decodeURIComponent);
}
