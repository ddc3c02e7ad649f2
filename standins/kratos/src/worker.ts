import { Hono } from 'hono';
import * as admin from './admin.ts';
import * as identities from './admin-identities.ts';
import { manageSessions } from './bulk.ts';
import * as control from './control.ts';
import { shareWithOrigins } from './cors.ts';
import { readError } from './error-page.ts';
import { failWithoutDatabase, misbehave, recordCall, slowDown } from './faults.ts';
import { alive, ready, version } from './health.ts';
import { createBrowserLogin, createNativeLogin, readLoginFlow } from './login.ts';
import { createLogoutFlow, logoutApi, submitLogout } from './logout.ts';
import { authorize, oidcCallback, oidcFormCallback } from './oidc.ts';
import { listOwnSessions, revokeOtherSessions, revokeOwnSession } from './own-sessions.ts';
import { loginPage, welcomePage } from './pages.ts';
import type { KratosEnv } from './public-url.ts';
import * as recovery from './recovery.ts';
import * as registration from './registration.ts';
import { listSchemas, readSchema, webauthnScript } from './schemas.ts';
import { dressAnswer, noRoute } from './server.ts';
import * as settings from './settings-flow.ts';
import { submitLogin } from './submit-login.ts';
import { exchangeSessionToken, issueExchangeCodes } from './token-exchange.ts';
import * as verification from './verification.ts';
import { WHOAMI_METHODS, whoami } from './whoami.ts';

/** The test's side: what it may change and look at. Not recorded, never slow, never failing. */
const standin = new Hono<KratosEnv>()
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
  .get('/provider/authorize', authorize)
  .patch('/sessions/:id', control.changeSession)
  .patch('/flows/:id', control.changeFlow)
  .put('/identities/:id', control.putIdentity)
  .patch('/identities/:id', control.changeIdentity);

/** Kratos's side: its public and its admin API on one port, and a sign-in page. */
const kratos = new Hono<KratosEnv>()
  .use(recordCall, slowDown, misbehave, shareWithOrigins, dressAnswer)

  .get('/health/alive', alive)
  .get('/health/ready', ready)
  .get('/admin/health/alive', alive)
  .get('/admin/health/ready', ready)
  .get('/admin/version', version)
  .get('/schemas', listSchemas)
  .get('/schemas/:id', readSchema)
  .get('/.well-known/ory/webauthn.js', webauthnScript)
  .get('/.well-known/change-password', settings.changePasswordPage)

  .on(WHOAMI_METHODS, '/sessions/whoami', whoami)
  .get('/sessions', listOwnSessions)
  .get('/sessions/token-exchange', exchangeSessionToken)
  .delete('/sessions', revokeOtherSessions)
  .delete('/sessions/:id', revokeOwnSession)

  .use('/self-service/*', failWithoutDatabase)
  .get('/self-service/errors', readError)
  .get('/self-service/login/api', createNativeLogin)
  .get('/self-service/login/browser', createBrowserLogin)
  .get('/self-service/login/flows', readLoginFlow)
  .post('/self-service/login', submitLogin)
  .get('/self-service/registration/api', registration.createNativeRegistration)
  .get('/self-service/registration/browser', registration.createBrowserRegistration)
  .get('/self-service/registration/flows', registration.readRegistrationFlow)
  .post('/self-service/registration', registration.submitRegistration)
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
  .post('/self-service/methods/oidc/callback/:provider', oidcFormCallback)

  .use('/admin/*', failWithoutDatabase)
  .get('/admin/identities', identities.listIdentities)
  .delete('/admin/identities/:id', identities.deleteIdentity)
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

const worker = new Hono<KratosEnv>()
  .route('/.standin', standin)
  .route('/', kratos)
  .notFound((c) => noRoute(c, kratos.routes));

export default worker;
