import { goJson } from './answers.ts';
import { herodotError } from './herodot-error.ts';
import { type KratosContext, publicUrl } from './public-url.ts';
import { randomAlphanumeric } from './random-text.ts';
import { sessionDocument } from './session.ts';
import { readSession, store } from './store.ts';

/** `GET /sessions/token-exchange`: a native app's two codes for the session its browser signed in. */
export function exchangeSessionToken(c: KratosContext): Response {
  const { init_code: initCode, return_to_code: returnToCode } = c.req.query();
  if (!initCode || !returnToCode) {
    return herodotError(c.req.raw, {
      code: 400,
      reason: '"init_code" and "return_to_code" query params must be set',
    });
  }
  const sessionId = store.exchangeCodes.get(`${initCode} ${returnToCode}`);
  const found = sessionId === undefined ? undefined : readSession(sessionId);
  if (!found)
    return herodotError(c.req.raw, { code: 404, reason: 'no session yet for this "code"' });
  const { session, identity } = found;
  const options = { publicUrl: publicUrl(c), now: Date.now() };
  return goJson({
    session_token: session.token,
    session: sessionDocument(session, identity, options),
  });
}

/** `POST /.standin/sessions/{id}/exchange-codes`: codes as a finished sign-in in a browser leaves them. */
export function issueExchangeCodes(c: KratosContext): Response | Promise<Response> {
  const id = c.req.param('id') ?? '';
  if (!store.sessions.has(id)) return c.notFound();
  const codes = { init_code: randomAlphanumeric(64), return_to_code: randomAlphanumeric(64) };
  store.exchangeCodes.set(`${codes.init_code} ${codes.return_to_code}`, id);
  return c.json(codes);
}
