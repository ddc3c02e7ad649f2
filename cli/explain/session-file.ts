// Pure: no I/O, no clock.
import type { Config } from '../../src/config/config.ts';
import { type ReadSession, readKratosSession } from '../../src/providers/kratos/kratos-session.ts';
import { deepFreeze } from '../../src/runtime/freeze.ts';
import { isObject, type JsonObject, parseObject, textOf } from '../../src/runtime/json.ts';
import type { Session } from '../../src/session/session.ts';
import type { Resolution } from '../../src/sessions/resolution.ts';

/** Reads an answer of /sessions/whoami: a session of Kratos, or of Keycard, which has a `session_type`. */
export function readSessionFile(
  text: string,
  config: Pick<Config, 'KRATOS' | 'ISSUERS'>,
): ReadSession {
  const document = parseObject(text);
  if (document?.session_type !== undefined) return readKeycardDocument(document, text);
  const { issuer = '' } =
    config.KRATOS ?? config.ISSUERS.find(({ preset }) => preset === 'kratos') ?? {};
  return readKratosSession(text, issuer);
}

/** Adds the `identity.id` that whoami does not show: the subject, as for the token that whoami was asked with. */
function readKeycardDocument(document: JsonObject, body: string): ReadSession {
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
    body,
  };
}

/** Returns the session of a file; `undefined` for no file. A session that is over counts as none. */
export function readGivenSession(
  document: string | undefined,
  { config, now }: { readonly config: Config; readonly now: number },
): Session | 'over' | undefined {
  if (document === undefined) return undefined;
  const read = readSessionFile(document, config);
  if (read.kind === 'not-a-session') {
    throw new Error('the session file: expected an answer of /sessions/whoami; save one unchanged');
  }
  return read.kind === 'active' && now < read.session.expiresAt ? read.session : 'over';
}

/** Tells whether the session of a file is that of a token: one of Keycard, or any if there is no session store. */
export function isOfToken(document: string, { KRATOS }: Pick<Config, 'KRATOS'>): boolean {
  return KRATOS === undefined || parseObject(document)?.session_type !== undefined;
}

/** Returns the session of a file as the gate resolves a credential to it. @param token the credential, if it is a token */
export function resolutionOf(session: Session | 'over', token?: string): Resolution {
  const provenance = {
    tier: 'store',
    forwarded: 'miss',
    ageSeconds: 0,
    ttlSeconds: undefined,
    collapsed: false,
    fault: undefined,
  } as const;
  if (session === 'over') {
    const reason = 'session_inactive';
    return { outcome: 'not-signed-in', reason, body: undefined, mayClearCookie: true, provenance };
  }
  const nothing = { body: '', setCookies: [], cacheForSeconds: undefined, logPosition: 0 };
  return { outcome: 'signed-in', session, ...nothing, provenance, ...(token && { token }) };
}
