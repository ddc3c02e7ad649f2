import { Hono } from 'hono';
import { authorize, registerClient } from './authorization-code.ts';
import { issueToken, keySet, metadata, recordCall, slowDown } from './authorization-server.ts';
import { putClient } from './clients.ts';
import * as control from './control.ts';
import { endSession, revoke } from './refresh-tokens.ts';
import { sessionControl, sessionRoutes } from './session-routes.ts';

/** The test's side: what it may change and look at. Not recorded, never slow, never failing. */
const standin = new Hono()
  .post('/control', control.changeControl)
  .delete('/control', control.resetControl)
  .get('/calls', control.readCalls)
  .delete('/calls', control.clearCalls)
  .get('/exchanges', control.readExchanges)
  .post('/tokens', control.createToken)
  .post('/keys', control.rotateKeys)
  .put('/clients', putClient);

/** Keycard's side: a zone's authorization server. Its session API is in files of its own. */
const keycard = new Hono()
  .use(recordCall, slowDown)
  .get('/.well-known/oauth-authorization-server', metadata('oauth'))
  .get('/.well-known/openid-configuration', metadata('openid'))
  .get('/openidconnect/jwks', keySet)
  .get('/elsewhere/jwks', keySet)
  .get('/oauth/2/authorize', authorize)
  .post('/oauth/2/clients', registerClient)
  .post('/oauth/2/token', issueToken)
  .post('/oauth/2/revoke', revoke)
  .get('/oauth/2/logout', endSession);

const worker = new Hono()
  .route('/.standin', standin)
  .route('/.standin', sessionControl)
  .route('/', sessionRoutes)
  .route('/', keycard)
  // The shape of Keycard's errors (`api/openapi.yaml`).
  .notFound((c) => c.json({ message: 'Not Found', code: 'not_found', status: 404 }, 404));

export default worker;
