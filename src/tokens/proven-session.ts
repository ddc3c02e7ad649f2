// Pure: no I/O, no clock.
import * as v from 'valibot';
import { deepFreeze } from '../runtime/freeze.ts';
import { isObject, type JsonObject, type JsonValue } from '../runtime/json.ts';
import { type ClaimedPlace, isWithin } from '../session/authorship.ts';
import type { Session } from '../session/session.ts';
import { membersOf, readSessionPath } from '../session/session-path.ts';

/** A session that a token proves, and the response body for whoami. */
export interface ProvenSession {
  readonly session: Session;
  readonly body: string;
}

/** An id in a claim. The pattern is strict because ids go into headers and log lines. */
export const id = v.pipe(v.string(), v.regex(/^[\x21-\x7e]{1,255}$/));

/** A claim that is a JSON object. `v.record()` would take a list for one. */
export const jsonObject = v.custom<JsonObject>((value) => isObject(value as JsonValue)); // claims are parsed JSON

/** The time of a token's verification, and the end of its validity. */
export interface VerifiedTimes {
  readonly now: number;
  readonly expiresAt: number;
  /** The token itself. It identifies a session if the token names none. */
  readonly compact: string;
}

/** A path in the session, the value of the claim configured for it, and the author of that claim. */
export interface SessionField extends ClaimedPlace {
  readonly value: JsonValue;
}

/**
 * Claims that the issuer itself sets. They come from RFC 7519 section 4.1, from OpenID Connect (sign-in), and from
 * RFC 9068 section 2.2 (permissions of a client and its user), from RFC 8693 section 4.1 (`act`), and from Keycard.
 */
const ISSUER_CLAIMS: ReadonlySet<string> = new Set([
  'iss',
  'sub',
  'aud',
  'exp',
  'nbf',
  'iat',
  'jti',
  'sid',
  'azp',
  'acr',
  'amr',
  'auth_time',
  'client_id',
  'scope',
  'scp',
  'groups',
  'roles',
  'entitlements',
  'act',
  'sub_profile',
  'keycard_app_id',
]);

/**
 * Reads the configured session fields whose claims are present in the token.
 *
 * @param trusted claims, or paths inside a claim, that the issuer or an administrator writes. Every other claim
 *   counts as written by the person, unless it is in `ISSUER_CLAIMS`
 */
export function readSessionFields(
  claims: JsonObject,
  mapping: Readonly<Record<string, string>>,
  trusted: readonly string[] = [],
): SessionField[] {
  return Object.entries(mapping).flatMap(([path, claim]) => {
    const value = readSessionPath(claims, claim);
    if (value === undefined) return [];
    const [name = ''] = claim.split('.');
    const isIssuers = ISSUER_CLAIMS.has(name) || trusted.some((each) => isWithin(claim, each));
    return [{ path, value, writer: isIssuers ? 'issuer' : 'person' }];
  });
}

/**
 * Writes each value to its path, through objects only, and returns the paths that were filled. A value that is
 * already there stays, because a session field must not override the issuer's own statement about a session.
 */
export function fillFields(
  document: Record<string, JsonValue>,
  fields: readonly SessionField[],
): ClaimedPlace[] {
  return fields
    .filter(({ path, value }) => setField(document, path, value))
    .map(({ path, writer }) => ({ path, writer }));
}

/** Writes one value. Returns `false` if the path is already taken. */
function setField(document: Record<string, JsonValue>, path: string, value: JsonValue): boolean {
  const names = membersOf(path);
  const last = names.at(-1) ?? '';
  let target = document;
  for (const name of names.slice(0, -1)) {
    const present = Object.hasOwn(target, name) ? target[name] : undefined;
    if (present !== undefined && !isObject(present)) return false;
    const inner: Record<string, JsonValue> = { ...present };
    define(target, name, inner);
    target = inner;
  }
  if (Object.hasOwn(target, last) && target[last] !== undefined) return false;
  define(target, last, value);
  return true;
}

/** Creates the session. Rules and headers read `document`, which is frozen. whoami answers `shown`. */
export function proven({
  id,
  identityId,
  expiresAt,
  document,
  shown,
  claimed,
}: {
  readonly id: string;
  readonly identityId: string;
  readonly expiresAt: number;
  readonly document: JsonObject;
  readonly shown: JsonObject;
  readonly claimed: readonly ClaimedPlace[];
}): ProvenSession {
  const identity = Object.freeze({ id: identityId });
  const body = `${JSON.stringify(shown)}\n`; // before its values are frozen: V8 writes frozen lists slowly
  return {
    session: Object.freeze({
      id,
      identity,
      expiresAt,
      document: deepFreeze(document),
      claimed: Object.freeze(claimed),
    }),
    body,
  };
}

/** Sets an own property. A plain assignment to `__proto__` would set the prototype instead. */
function define(target: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name !== '__proto__') target[name] = value;
  else {
    const attributes = { enumerable: true, configurable: true, writable: true };
    Object.defineProperty(target, name, { value, ...attributes });
  }
}
