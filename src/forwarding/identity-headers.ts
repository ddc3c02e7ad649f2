// Pure: no I/O, no clock.
import type { JsonValue, Session } from '../session/session.ts';
import { readSessionPath } from '../session/session-path.ts';

/** Names and values together; more than an origin's usual room of 8 KiB must never come from here. */
const MAX_TOTAL_BYTES = 4096;

/**
 * Configured headers from places in the session, in the order configured. A place that holds nothing gives
 * no header. A header that no longer fits the budget is left out whole, never cut short: a cut identity is
 * another identity.
 */
export function identityHeaders(
  session: Session,
  mapping: Readonly<Record<string, string>>,
): [name: string, value: string][] {
  const headers: [string, string][] = [];
  let total = 0;
  for (const [name, path] of Object.entries(mapping)) {
    const found = readSessionPath(session.document, path);
    const value = found === undefined ? undefined : encodeHeaderValue(found);
    if (value === undefined) continue;
    const bytes = name.length + value.length + 4; // ": " and CRLF
    if (total + bytes > MAX_TOTAL_BYTES) continue;
    total += bytes;
    headers.push([name, value]);
  }
  return headers;
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
