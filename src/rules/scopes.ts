// Pure: no I/O, no clock.
import type { JsonObject } from '../runtime/json.ts';
import { readSessionPath } from '../session/session-path.ts';

/**
 * Returns the scopes of a session: the `scope` claim of its token, split at spaces (RFC 6749 section 3.3, RFC 9068
 * section 2.2.3). A session that no access token proves has none.
 */
export function scopesOf(document: JsonObject): ReadonlySet<string> {
  const scope = readSessionPath(document, 'session_data.scope');
  return new Set(typeof scope === 'string' ? scope.split(' ') : []);
}

/** Whether a session has every one of these scopes. Scopes are compared whole. */
export function hasScopes(document: JsonObject, needed: ReadonlySet<string>): boolean {
  if (needed.size === 0) return true;
  const scopes = scopesOf(document);
  return [...needed].every((scope) => scopes.has(scope));
}
