// Pure: no I/O, no clock.
import * as v from 'valibot';
import type { TokenDenialReason } from '../errors/token-reasons.ts';
import type { JsonObject, JsonValue } from '../runtime/json.ts';
import { isObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { canonicalId } from '../session/uuid.ts';
import {
  fillFields,
  id,
  jsonObject,
  type ProvenSession,
  proven,
  type SessionField,
  type VerifiedTimes,
} from './proven-session.ts';

/** Claims of a token from Kratos's tokenizer (`session/tokenizer.go`), and the `session` claim of a claims mapper. */
export const KRATOS_CLAIMS = v.object({
  iss: v.string(),
  sid: id,
  sub: id,
  jti: v.optional(id),
  session: v.optional(jsonObject),
});

export type KratosClaims = v.InferOutput<typeof KRATOS_CLAIMS>;

/** Kratos sets `typ: JWT`. */
export const KRATOS_TYPES = ['jwt', undefined];
export const KRATOS_REQUIRED = ['iss', 'sub', 'sid', 'iat', 'exp'];
/** Claims of ID tokens, logout tokens, events and access tokens. A tokenized session has none of them. */
export const KRATOS_FORBIDDEN = ['events', 'nonce', 'at_hash', 'c_hash', 'azp', 'client_id'];

/**
 * Returns the session that a Kratos token proves, in the shape of `/sessions/whoami`.
 *
 * If the claims mapper wrote a `session` claim, that claim is the session. It must name the same session and person
 * as `sid` and `sub`. Otherwise the session has only `id`, `active`, `expires_at` and `identity.id`, and the members
 * that `session_fields` fills.
 */
export function kratosTokenSession(
  claims: KratosClaims,
  times: VerifiedTimes,
  fields: readonly SessionField[],
): Result<ProvenSession, TokenDenialReason> {
  const { iss, sid, sub, session = {} } = claims;
  const identity = isObject(session.identity) ? session.identity : {};
  const identityId = identity.id ?? sub;
  if (!isSameSession(session, sid) || !isSamePerson(identity, sub) || !v.is(id, identityId)) {
    return failed('token_claim_invalid');
  }
  if (session.active === false) return failed('token_revoked');
  const sessionEnds = endOf(session);
  if (sessionEnds === 'invalid') return failed('token_claim_invalid');
  if (sessionEnds <= times.now) return failed('token_expired');
  const document: Record<string, JsonValue> = {
    ...session,
    id: sid,
    active: true,
    expires_at: session.expires_at ?? new Date(times.expiresAt).toISOString(),
    identity: { ...identity, id: identityId },
  };
  const claimed = fillFields(document, fields);
  const expiresAt = Math.min(times.expiresAt, sessionEnds);
  const ofIssuer = { ...document, issuer: iss };
  return success(
    proven({ id: sid, identityId, expiresAt, document: ofIssuer, shown: document, claimed }),
  );
}

function isSameSession({ id: sessionId }: JsonObject, sid: string): boolean {
  return sessionId === undefined || isSameId(sessionId, sid);
}

/**
 * Whether `sub` names this identity. `sub` is the identity's id, or its external id if the template says so
 * (`subject_source`).
 */
function isSamePerson(
  { id: identityId, external_id: externalId }: JsonObject,
  sub: string,
): boolean {
  return identityId === undefined || isSameId(identityId, sub) || externalId === sub;
}

function isSameId(value: JsonValue, id: string): boolean {
  return typeof value === 'string' && canonicalId(value) === canonicalId(id);
}

/** The time at which the session itself ends. The session may end before the token does. */
function endOf({ expires_at: text }: JsonObject): number | 'invalid' {
  if (text === undefined) return Infinity;
  const ends = typeof text === 'string' ? Date.parse(text) : Number.NaN;
  return Number.isFinite(ends) ? ends : 'invalid';
}
