import { Hono, type MiddlewareHandler } from 'hono';
import { keycardError } from './keycard-error.ts';
import { issueServiceAccountToken } from './service-account.ts';
import * as control from './session-control.ts';
import { listSessions } from './session-list.ts';
import { store } from './session-store.ts';
import { deleteSession, readSession, updateSession } from './sessions.ts';

const recordAndMisbehave: MiddlewareHandler = async (c, next) => {
  store.calls.record(c.req.raw);
  const { delayMs, answers } = store.settings;
  if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  const canned = answers[`${c.req.method} ${new URL(c.req.url).pathname}`];
  if (canned === undefined || canned.times === 0) return await next();
  if (canned.times !== undefined) canned.times -= 1;
  const body = typeof canned.body === 'string' ? canned.body : JSON.stringify(canned.body);
  return new Response(body, { status: canned.status, headers: canned.headers ?? {} });
};

const requireBearer: MiddlewareHandler = async (c, next) => {
  const bearer = /^Bearer (.+)$/.exec(c.req.header('authorization') ?? '')?.[1] ?? '';
  const scope = store.bearers.get(bearer);
  if (scope === undefined) {
    return keycardError(401, 'unauthorized', 'The access token is missing or not valid.');
  }
  if (scope.zoneId !== null && scope.zoneId !== c.req.param('zoneId')) {
    return keycardError(403, 'forbidden', 'The access token is for another zone.');
  }
  if (scope.access === 'read' && c.req.method !== 'GET') {
    return keycardError(403, 'forbidden', 'The access token does not allow changes.');
  }
  return await next();
};

/** The test's side of the sessions. */
export const sessionControl = new Hono()
  .post('/session-control', control.changeControl)
  .delete('/session-control', control.resetControl)
  .get('/session-calls', control.readCalls)
  .delete('/session-calls', control.clearCalls)
  .post('/bearers', control.createBearer)
  .delete('/bearers', control.forgetBearers)
  .post('/sessions', control.createSession)
  .delete('/sessions', control.forgetSessions);

/** Keycard's side: its session API and the token endpoint for service accounts. */
export const sessionRoutes = new Hono()
  .use('/zones/:zoneId/*', recordAndMisbehave, requireBearer)
  .use('/service-account-token', recordAndMisbehave)
  .post('/service-account-token', issueServiceAccountToken)
  .get('/zones/:zoneId/sessions', listSessions)
  .get('/zones/:zoneId/sessions/:id', readSession)
  .patch('/zones/:zoneId/sessions/:id', updateSession)
  .delete('/zones/:zoneId/sessions/:id', deleteSession);
