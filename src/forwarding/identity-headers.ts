// Pure: no I/O, no clock.

import type { JsonValue } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { byWriter } from '../session/authorship.ts';
import type { Session } from '../session/session.ts';
import { readSessionPath } from '../session/session-path.ts';
import { headerBytes, type IdentityMapping } from './identity-presets.ts';

export interface IdentityHeaders {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names of headers that did not fit. */
  readonly omitted: readonly string[];
}

/** An administrator's or the store's word does not fit, and an origin must not take a missing header for a *no*. */
export interface Unfit {
  readonly reason: 'identity_too_large';
  /** What did not fit, by name, for the log. */
  readonly detail: string;
}

/**
 * Configured headers from places in the session, in the order configured. A place that holds nothing gives no header.
 * What the store and administrators wrote comes first and fits into `maxBytes` whole, or there are no headers at all. What the
 * person wrote comes last; a header that no longer fits is left out, never cut short: a cut identity is another identity.
 */
export function identityHeaders(
  session: Session,
  mapping: IdentityMapping,
  maxBytes: number,
): Result<IdentityHeaders, Unfit> {
  const { administered, written } = byWriter(mapping, session.claimed);
  const found = new Map<string, string>();
  let room = maxBytes;
  const fit = ([name, path]: [name: string, path: string]): boolean => {
    const place = readSessionPath(session.document, path);
    const value = place === undefined ? undefined : encodeHeaderValue(place);
    if (value === undefined) return true;
    const bytes = headerBytes(name, value.length);
    if (bytes > room) return false;
    room -= bytes;
    found.set(name, value);
    return true;
  };
  for (const entry of administered) {
    if (!fit(entry))
      return failed({ reason: 'identity_too_large', detail: `no room for ${entry[0]}` });
  }
  const omitted = written.filter((entry) => !fit(entry)).map(([name]) => name);
  const headers = Object.keys(mapping).flatMap((name) => {
    const value = found.get(name);
    return value === undefined ? [] : [[name, value] as const];
  });
  return success({ headers, omitted });
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
