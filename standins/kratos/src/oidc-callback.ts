import { seeOther } from './answers.ts';
import { herodotError } from './herodot-error.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { createSession } from './session.ts';
import { issueSessionCookie } from './session-cookie.ts';
import { endOthersAfter, store } from './store.ts';

/**
 * `GET /self-service/methods/oidc/callback/{provider}`: the return from a social sign-in. The identity's id stands
 * for the provider's code; any other code is refused.
 */
export async function oidcCallback(c: KratosContext): Promise<Response> {
  const identityId = c.req.query('code') ?? '';
  if (!store.identities.has(identityId)) return herodotError(c.req.raw, { code: 400 });
  const now = Date.now();
  const expiresAt = now + store.settings.sessionLifespanSeconds * 1000;
  const methods = [{ method: 'password' as const, aal: 'aal1' as const, completedAt: now }];
  const session = createSession({ identityId, expiresAt, methods }, c.req.raw, now);
  store.sessions.set(session.id, session);
  endOthersAfter('login', session);
  return seeOther(`${publicUrl(c)}/ui/welcome`, await issueSessionCookie(session, now));
}
