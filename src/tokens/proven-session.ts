// Pure: no I/O, no clock.

import { deepFreeze } from '../runtime/freeze.ts';
import { isObject, type JsonObject, type JsonValue } from '../runtime/json.ts';
import { type ClaimedPlace, isWithin } from '../session/authorship.ts';
import type { Session } from '../session/session.ts';
import { readSessionPath } from '../session/session-path.ts';

/** A session that a token proves, with its bytes for whoami. */
export interface ProvenSession {
  readonly session: Session;
  readonly body: string;
}

/** A place in the session, the value of the claim configured for it, and who writes that claim. */
export interface SessionField extends ClaimedPlace {
  readonly value: JsonValue;
}

/**
 * Claims that an issuer itself sets: those of RFC 7519 section 4.1, of OpenID Connect about signing in, and of RFC 9068
 * section 2.2 about what a client and its user may do.
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
  'groups',
  'roles',
  'entitlements',
]);

/**
 * The configured places of the session whose claims are there.
 *
 * @param trusted claims, or places in one, that the issuer or an administrator writes; all others that an issuer does not
 *   set by itself count as the person's
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
 * Puts each value at its place, through objects only, and returns the places that were filled. What stands there already stays:
 * the issuer's own words about a session are not overruled.
 */
export function fillFields(
  document: Record<string, JsonValue>,
  fields: readonly SessionField[],
): ClaimedPlace[] {
  return fields
    .filter(({ path, value }) => setField(document, path, value))
    .map(({ path, writer }) => ({ path, writer }));
}

/** Whether the place was free. */
function setField(document: Record<string, JsonValue>, path: string, value: JsonValue): boolean {
  const [name = '', ...rest] = path.split('.');
  const present = Object.hasOwn(document, name) ? document[name] : undefined;
  if (rest.length === 0) {
    if (present !== undefined) return false;
    define(document, name, value);
    return true;
  }
  if (present !== undefined && !isObject(present)) return false;
  const inner: Record<string, JsonValue> = { ...present };
  const isSet = setField(inner, rest.join('.'), value);
  define(document, name, inner);
  return isSet;
}

/** Makes the session; `document` is what rules and headers read, frozen from here on, and `shown` what whoami answers. */
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
  return {
    session: Object.freeze({
      id,
      identity,
      expiresAt,
      document: deepFreeze(document),
      claimed: Object.freeze(claimed),
    }),
    body: `${JSON.stringify(shown)}\n`,
  };
}

/** As an own member, whatever its name: assigning to `__proto__` would do something else. */
function define(target: Record<string, JsonValue>, name: string, value: JsonValue): void {
  Object.defineProperty(target, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}
