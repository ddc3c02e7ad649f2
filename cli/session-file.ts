// Pure: no I/O, no clock.
import type { Config } from '../src/config/config.ts';
import { type ReadSession, readKratosSession } from '../src/providers/kratos/kratos-session.ts';
import { deepFreeze } from '../src/runtime/freeze.ts';
import { isObject, type JsonObject, parseObject, textOf } from '../src/runtime/json.ts';

/** Reads an answer of /sessions/whoami: a session of Kratos, or of Keycard, which has a `session_type`. */
export function readSessionFile(
  text: string,
  config: Pick<Config, 'KRATOS' | 'ISSUERS'>,
): ReadSession {
  const document = parseObject(text);
  if (document?.session_type !== undefined) return readKeycardDocument(document);
  const { issuer = '' } =
    config.KRATOS ?? config.ISSUERS.find(({ preset }) => preset === 'kratos') ?? {};
  return readKratosSession(text, issuer);
}

/** Adds the `identity.id` that whoami does not show: the subject, as for the token that whoami was asked with. */
function readKeycardDocument(document: JsonObject): ReadSession {
  const { subject, user_id: userId, application_id: applicationId } = document;
  const identityId = textOf(subject) ?? textOf(userId) ?? textOf(applicationId);
  const expiresAt = Date.parse(textOf(document.expires_at) ?? '');
  if (identityId === undefined || Number.isNaN(expiresAt)) return { kind: 'not-a-session' };
  const filled = isObject(document.identity) ? document.identity : {};
  if (document.active === false) return { kind: 'inactive' };
  return {
    kind: 'active',
    session: Object.freeze({
      id: textOf(document.id) ?? '',
      identity: Object.freeze({ id: identityId }),
      expiresAt,
      document: deepFreeze({ ...document, identity: { ...filled, id: identityId } }),
    }),
  };
}
