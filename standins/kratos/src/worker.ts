import { Hono } from 'hono';
import * as admin from './admin.ts';
import { manageSessions } from './bulk.ts';
import * as control from './control.ts';
import { createBrowserLogin, createNativeLogin, readLoginFlow } from './create-login.ts';
import { failWithoutDatabase, misbehave, recordCall, slowDown } from './faults.ts';
import { alive, ready } from './health.ts';
import { herodotError } from './herodot-error.ts';
import { createLogoutFlow, logoutApi, submitLogout } from './logout.ts';
import { oidcCallback } from './oidc-callback.ts';
import { listOwnSessions, revokeOtherSessions, revokeOwnSession } from './own-sessions.ts';
import { loginPage, welcomePage } from './pages.ts';
import type { Env } from './public-url.ts';
import * as recovery from './recovery.ts';
import * as settings from './settings-flow.ts';
import { submitLogin } from './submit-login.ts';
import { exchangeSessionToken, issueExchangeCodes } from './token-exchange.ts';
import * as verification from './verification.ts';
import { whoami } from './whoami.ts';

/** The test's side: what it may change and look at. Not recorded, never slow, never failing. */
const standin = new Hono<{ Bindings: Env }>()
  .get('/control', control.readControl)
  .post('/control', control.changeControl)
  .delete('/control', control.resetControl)
  .get('/calls', control.readCalls)
  .delete('/calls', control.clearCalls)
  .get('/jwks.json', control.readKeySet)
  .post('/keys', control.rotateTokenizerKeys)
  .post('/sessions', control.signIn)
  .post('/sessions/many', control.signInManyTimes)
  .post('/sessions/:id/exchange-codes', issueExchangeCodes)
  .post('/sessions/:id/cookie', control.issueAnotherCookie)
  .delete('/sessions/:id', control.revokeUnseen)
  .patch('/identities/:id', control.changeIdentity);

/** Kratos's side: its public and its admin API on one port, and a sign-in page. */
const kratos = new Hono<{ Bindings: Env }>()
  .use(recordCall, slowDown, misbehave)

  .get('/health/alive', alive)
  .get('/health/ready', ready)

  .all('/sessions/whoami', whoami)
  .get('/sessions', listOwnSessions)
  .get('/sessions/token-exchange', exchangeSessionToken)
  .delete('/sessions', revokeOtherSessions)
  .delete('/sessions/:id', revokeOwnSession)

  .use('/self-service/*', failWithoutDatabase)
  .get('/self-service/login/api', createNativeLogin)
  .get('/self-service/login/browser', createBrowserLogin)
  .get('/self-service/login/flows', readLoginFlow)
  .post('/self-service/login', submitLogin)
  .get('/self-service/logout/browser', createLogoutFlow)
  .get('/self-service/logout', submitLogout)
  .delete('/self-service/logout/api', logoutApi)

  .get('/self-service/settings/api', settings.createNativeSettings)
  .get('/self-service/settings/browser', settings.createBrowserSettings)
  .get('/self-service/settings/flows', settings.readSettingsFlow)
  .post('/self-service/settings', settings.submitSettings)
  .get('/self-service/recovery/api', recovery.createNativeRecovery)
  .get('/self-service/recovery/browser', recovery.createBrowserRecovery)
  .get('/self-service/recovery/flows', recovery.readRecoveryFlow)
  .post('/self-service/recovery', recovery.submitRecovery)

  .get('/self-service/verification/api', verification.createNativeVerification)
  .get('/self-service/verification/browser', verification.createBrowserVerification)
  .get('/self-service/verification/flows', verification.readVerificationFlow)
  .post('/self-service/verification', verification.submitVerification)
  .get('/self-service/verification', verification.followVerificationLink)
  .get('/self-service/methods/oidc/callback', oidcCallback)
  .get('/self-service/methods/oidc/callback/:provider', oidcCallback)

  .use('/admin/*', failWithoutDatabase)
  .get('/admin/identities', admin.listIdentities)
  .get('/admin/sessions', admin.listSessions)
  .post('/admin/sessions', manageSessions)
  .get('/admin/sessions/:id', admin.readAdminSession)
  .delete('/admin/sessions/:id', admin.deactivateSession)
  .patch('/admin/sessions/:id/extend', admin.extendSession)
  .get('/admin/identities/:id/sessions', admin.listIdentitySessions)
  .delete('/admin/identities/:id/sessions', admin.deleteIdentitySessions)

  // Not Kratos's: where an operator may publish the public half of the tokenizer's keys.
  .get('/tokenizer/jwks.json', control.readKeySet)

  .get('/ui/login', loginPage)
  .get('/ui/welcome', welcomePage);

const worker = new Hono<{ Bindings: Env }>()
  .route('/.standin', standin)
  .route('/', kratos)
  .notFound((c) => herodotError(c.req.raw, { code: 404 }));

export default worker;
