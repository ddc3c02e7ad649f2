// Pure: no I/O, no clock.
import { deepFreeze } from '../session/freeze.ts';
import type { JsonObject, JsonValue, Session } from '../session/session.ts';
import { readSessionPath } from '../session/session-path.ts';

/** A session that a token proves, with its bytes for whoami. */
export interface ProvenSession {
  readonly session: Session;
  readonly body: string;
}

/** Places in the session, each with the value of the claim configured for it. */
export type SessionFields = readonly (readonly [path: string, value: JsonValue])[];

/** The configured places of the session whose claims are there. */
export function readSessionFields(
  claims: JsonObject,
  mapping: Readonly<Record<string, string>>,
): SessionFields {
  return Object.entries(mapping).flatMap(([path, claim]) => {
    const value = readSessionPath(claims, claim);
    return value === undefined ? [] : [[path, value] as const];
  });
}

/**
 * Puts a value at a place, through objects only. What stands there already stays: the issuer's own words about
 * a session are not overruled.
 */
export function setField(
  document: Record<string, JsonValue>,
  path: string,
  value: JsonValue,
): void {
  const [name = '', ...rest] = path.split('.');
  const present = Object.hasOwn(document, name) ? document[name] : undefined;
  if (rest.length === 0) {
    if (present === undefined) define(document, name, value);
    return;
  }
  if (present !== undefined && !isObject(present)) return;
  const inner: Record<string, JsonValue> = { ...present };
  setField(inner, rest.join('.'), value);
  define(document, name, inner);
}

/** Makes the session; `document` is what rules and headers read, frozen from here on, and `shown` what whoami answers. */
export function proven({
  id,
  identityId,
  expiresAt,
  document,
  shown,
}: {
  readonly id: string;
  readonly identityId: string;
  readonly expiresAt: number;
  readonly document: JsonObject;
  readonly shown: JsonObject;
}): ProvenSession {
  const identity = Object.freeze({ id: identityId });
  return {
    session: Object.freeze({ id, identity, expiresAt, document: deepFreeze(document) }),
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

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
