// Pure: no I/O, no clock.
import * as v from 'valibot';
import { digestName } from '../credentials/credential-name.ts';
import type { JsonObject, JsonValue } from '../runtime/json.ts';
import { isObject } from '../runtime/json.ts';
import { type Result, success } from '../runtime/result.ts';
import { fillFields, type ProvenSession, proven, type SessionField } from './proven-session.ts';
import { id, type VerifiedTimes } from './token-kind.ts';

/** Claims of an access token from a Keycard zone (RFC 9068 section 2.2). */
export const KEYCARD_CLAIMS = v.object({
  iss: id,
  sub: id,
  client_id: id,
  jti: v.optional(id),
  sid: v.optional(id),
  scope: v.optional(v.string()),
  auth_time: v.optional(v.pipe(v.number(), v.gtValue(0), v.ltValue(2 ** 33))),
});

export type KeycardClaims = v.InferOutput<typeof KEYCARD_CLAIMS>;

export const KEYCARD_TYPES = ['at+jwt', 'jwt', undefined];
export const KEYCARD_REQUIRED = ['iss', 'sub', 'client_id', 'iat', 'exp'];
/** Claims of ID tokens, logout tokens and events. An access token has none of them. */
export const KEYCARD_FORBIDDEN = ['events', 'nonce', 'at_hash', 'c_hash'];

const ZONE_HOST = /^([a-z0-9-]{1,63})\.keycard\.cloud$/;

/**
 * Returns the session that a Keycard token proves, in the shape of Keycard's own sessions. It is an application's
 * session if the subject is the client itself (RFC 9068 section 2.2), and a user's session otherwise. Rules and
 * headers can read `identity.id`; whoami does not show it.
 */
export async function keycardTokenSession(
  claims: KeycardClaims,
  { expiresAt, compact }: VerifiedTimes,
  fields: readonly SessionField[],
): Promise<Result<ProvenSession, never>> {
  const { sub, client_id: clientId, scope } = claims;
  const sessionId = claims.sid ?? claims.jti;
  const zoneId = ZONE_HOST.exec(URL.parse(claims.iss)?.hostname ?? '')?.[1];
  const document: Record<string, JsonValue> = {
    ...(sessionId !== undefined && { id: sessionId }),
    ...(sub === clientId
      ? { session_type: 'application' }
      : { session_type: 'user', user_id: sub }),
    application_id: clientId,
    subject: sub,
    issuer: claims.iss,
    ...(zoneId !== undefined && { zone_id: zoneId }),
    status: 'active',
    active: true,
    ...(claims.auth_time !== undefined && {
      authenticated_at: new Date(claims.auth_time * 1000).toISOString(),
    }),
    expires_at: new Date(expiresAt).toISOString(),
    session_data: { client_id: clientId, ...(scope !== undefined && { scope }) },
    identity: { id: sub },
  };
  const claimed = fillFields(document, fields);
  const name = sessionId ?? (await digestName('v1t', [compact]));
  const shown = withoutIdentityId(document);
  return success(proven({ id: name, identityId: sub, expiresAt, document, shown, claimed }));
}

/**
 * Removes `identity.id`, because Keycard's sessions have no `identity`. whoami shows `identity` only if
 * `session_fields` puts a value into it.
 */
function withoutIdentityId({ identity, ...shown }: JsonObject): JsonObject {
  if (!isObject(identity)) return shown;
  const { id: _, ...filled } = identity;
  return Object.keys(filled).length === 0 ? shown : { ...shown, identity: filled };
}
