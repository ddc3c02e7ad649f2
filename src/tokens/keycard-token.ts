// Pure: no I/O, no clock.
import * as v from 'valibot';
import { digestName } from '../credentials/credential-name.ts';
import type { JsonObject, JsonValue } from '../runtime/json.ts';
import { isObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import {
  fillFields,
  id,
  jsonObject,
  type ProvenSession,
  proven,
  type SessionField,
  type VerifiedTimes,
} from './proven-session.ts';

/** Keycard's verifier refuses a time with a fraction. */
const wholeSeconds = v.pipe(v.number(), v.integer());

/**
 * Claims of an access token from a Keycard zone (RFC 9068 section 2.2). Each has the form that Keycard's own verifier
 * demands (`JWTAccessToken` of `keycardai/oauth/utils/jwt.py`, `AccessToken` of `server/verifier.py`) or a narrower one.
 */
export const KEYCARD_CLAIMS = v.object({
  iss: id,
  sub: id,
  client_id: id,
  jti: v.optional(id),
  sid: v.optional(id),
  iat: v.optional(wholeSeconds),
  exp: v.optional(wholeSeconds),
  scope: v.optional(v.string()),
  /** Some issuers write this instead of `scope`, as a list or a text. It counts only in a token without `scope`. */
  scp: v.optional(v.union([v.string(), v.array(v.string())])),
  /** RFC 9396 section 9.1. */
  authorization_details: v.optional(v.array(jsonObject)),
  /** The resource that the client asked for (RFC 8707). */
  resource: v.optional(v.string()),
  /** The kind of principal in `sub`. A user authorized the access (`user`), or an application acts for itself (`app`). */
  sub_profile: v.optional(v.picklist(['user', 'app'])),
  /** The application's stable id. `client_id` names the credential it authenticated with, which rotates. */
  keycard_app_id: v.optional(id),
  /** The actors that act for the subject, each inside the one before (RFC 8693 section 4.1). */
  act: v.optional(jsonObject),
  auth_time: v.optional(v.pipe(v.number(), v.gtValue(0), v.ltValue(2 ** 33))),
});

export type KeycardClaims = v.InferOutput<typeof KEYCARD_CLAIMS>;

export const KEYCARD_TYPES = ['at+jwt', 'jwt', undefined];
export const KEYCARD_REQUIRED = ['iss', 'sub', 'client_id', 'iat', 'exp'];
/** Claims of ID tokens, logout tokens and events. An access token has none of them. */
export const KEYCARD_FORBIDDEN = ['events', 'nonce', 'at_hash', 'c_hash'];

/** A client that registered itself (RFC 7591): the id is `ua:` and a SHA-256 digest. */
const USER_AGENT = 'ua:';
const ZONE_HOST = /^([a-z0-9-]{1,63})\.keycard\.cloud$/;

/**
 * Returns the session that a Keycard token proves, in the shape of Keycard's own sessions (`SessionUnion` of
 * `api/openapi.yaml`). Rules and headers can read `identity.id`, and `id` also where it is the token's `jti`. whoami
 * shows neither: Keycard's sessions have no `identity`, and `GET /zones/{zoneId}/sessions/{id}` knows no `jti`.
 */
export async function keycardTokenSession(
  claims: KeycardClaims,
  { expiresAt, compact }: VerifiedTimes,
  fields: readonly SessionField[],
): Promise<Result<ProvenSession, 'token_claim_invalid'>> {
  const { sub, sid, client_id: clientId, act } = claims;
  const scope = scopeOf(claims);
  const principal = principalOf(claims);
  if (principal === undefined) return failed('token_claim_invalid');
  const sessionId = sid ?? claims.jti;
  const zoneId = ZONE_HOST.exec(URL.parse(claims.iss)?.hostname ?? '')?.[1];
  const document: Record<string, JsonValue> = {
    ...(sessionId !== undefined && { id: sessionId }),
    ...principal,
    subject: sub,
    issuer: claims.iss,
    ...(zoneId !== undefined && { zone_id: zoneId }),
    status: 'active',
    active: true,
    ...(claims.auth_time !== undefined && {
      authenticated_at: new Date(claims.auth_time * 1000).toISOString(),
    }),
    expires_at: new Date(expiresAt).toISOString(),
    session_data: {
      client_id: clientId,
      ...(scope !== undefined && { scope }),
      ...(act !== undefined && { act }),
    },
    identity: { id: sub },
  };
  const claimed = fillFields(document, fields);
  const name = sessionId ?? (await digestName('v1t', [compact]));
  const shown = shownBy(document, { hasSessionId: sid !== undefined });
  return success(proven({ id: name, identityId: sub, expiresAt, document, shown, claimed }));
}

function scopeOf({ scope, scp }: KeycardClaims): string | undefined {
  return scope ?? (Array.isArray(scp) ? scp.join(' ') : scp);
}

/**
 * Returns the members that tell who the session is for; `undefined` if the claims contradict each other. An
 * application's token has its `keycard_app_id` as `sub` (`AccessToken` of `keycardai/oauth/server/verifier.py`). A
 * token of a zone that sends neither claim is an application's if `sub` is the client itself (RFC 9068 section 2.2).
 */
function principalOf({
  iss,
  sub,
  client_id: clientId,
  sub_profile: profile,
  keycard_app_id: appId,
}: KeycardClaims): Record<string, string> | undefined {
  const isNamed = profile !== undefined || appId !== undefined;
  const isApplication = profile === undefined ? sub === (appId ?? clientId) : profile === 'app';
  if (isApplication) {
    if (sub !== (appId ?? sub)) return undefined;
    // The token does not say which provider knows the application; to the gate it is the issuer.
    return { session_type: 'application', application_id: sub, provider_id: iss };
  }
  const isUserAgent = clientId.startsWith(USER_AGENT);
  const applicationId = appId ?? (isNamed || isUserAgent ? undefined : clientId);
  return {
    session_type: 'user',
    user_id: sub,
    ...(applicationId !== undefined && { application_id: applicationId }),
    ...(isUserAgent && { user_agent_id: clientId }),
  };
}

/**
 * Returns the stable ids of the applications that hold the token or act in it; `undefined` if the token does not name
 * its application. `client_id` is none of them: it names a credential, which rotates.
 */
export function applicationsOf({ keycard_app_id: holder, act }: KeycardClaims) {
  if (holder === undefined) return undefined;
  const ids = new Set([holder]);
  for (let actor: JsonValue | undefined = act; isObject(actor); actor = actor.act) {
    if (typeof actor.sub === 'string') ids.add(actor.sub);
  }
  return [...ids];
}

/** Returns the document that whoami shows. It has an `identity` only if `session_fields` puts a value into it. */
function shownBy(
  { id: sessionId, identity, ...members }: JsonObject,
  { hasSessionId }: { readonly hasSessionId: boolean },
): JsonObject {
  const shown = { ...(hasSessionId && sessionId !== undefined && { id: sessionId }), ...members };
  if (!isObject(identity)) return shown;
  const { id: _, ...filled } = identity;
  return Object.keys(filled).length === 0 ? shown : { ...shown, identity: filled };
}
