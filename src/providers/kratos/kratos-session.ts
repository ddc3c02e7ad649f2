// Pure: no I/O, no clock.
import { isObject, type JsonValue, parseObject } from '../../runtime/json.ts';
import { type CompactText, compactText } from '../../session/compact-text.ts';
import type { Session } from '../../session/session.ts';
import { TextSession } from '../../session/text-session.ts';

/** The content of a 200 of `/sessions/whoami`. */
export type ReadSession =
  | { readonly kind: 'active'; readonly session: Session; readonly body: CompactText }
  | { readonly kind: 'inactive' }
  | { readonly kind: 'not-a-session' };

const RFC_3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)$/;

/**
 * Reads Kratos's Session document (`session/session.go`). It checks only the members that Postern decides on: a
 * string `id` and `identity.id`, a boolean `active`, an `expires_at` that parses. Any other body is not a session,
 * for example a firewall's page with status 200. Such a body does not prove that the credential is good, or that it
 * is bad.
 *
 * @param issuer the member `issuer` of the document for rules and headers. Kratos's own document has none
 */
export function readKratosSession(body: string, issuer: string): ReadSession {
  const document = parseObject(body);
  if (document === undefined) return { kind: 'not-a-session' };
  const { id, active, identity, expires_at: expiresAtText } = document;
  const identityId = isObject(identity) ? identity.id : undefined;
  if (!isName(id) || !isName(identityId) || typeof active !== 'boolean') {
    return { kind: 'not-a-session' };
  }
  if (typeof expiresAtText !== 'string' || !RFC_3339.test(expiresAtText)) {
    return { kind: 'not-a-session' };
  }
  const expiresAt = Date.parse(expiresAtText);
  if (!Number.isFinite(expiresAt)) return { kind: 'not-a-session' };
  if (!active) return { kind: 'inactive' };
  const text = compactText(body);
  return {
    kind: 'active',
    session: new TextSession({ id, identityId, expiresAt, text, issuer, parsed: document }),
    body: text,
  };
}

/** Returns whether a value is an id that fits into headers and log lines. Kratos's ids are UUIDs. */
function isName(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && /^[\x21-\x7e]{1,255}$/.test(value);
}
