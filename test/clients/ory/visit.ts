/** One visit by an SDK: every session and flow method, in an order in which most of them succeed. */
import type { Sdk } from './sdk.ts';
import {
  type Account,
  appSession,
  csrfOf,
  idOf,
  Jar,
  type Step,
  sessionIdOf,
  submitPassword,
  tokenOf,
  UNKNOWN_ID,
  Visitor,
} from './visitor.ts';

/** The people of a visit. Each visit needs its own: it ends their sessions, and counts them. */
export interface People {
  /** Without a second factor. */
  readonly plain: Account;
  /** With an authenticator. */
  readonly strong: Account & { code(): string };
  /** An address that has no account yet. */
  readonly newEmail: string;
  /** Codes of a sign-in in a browser that an app may finish, once. */
  readonly codes: { readonly initCode: string; readonly returnToCode: string };
}

/** Makes the whole visit. Resolves with its steps; no step depends on which SDK makes it. */
export async function visit(sdk: Sdk, people: People): Promise<readonly Step[]> {
  const visitor = new Visitor(sdk);
  await signInAsApp(visitor, people);
  await changeSettingsAsApp(visitor, people);
  await signInAsBrowser(visitor, people);
  await stepUp(visitor, people);
  await recoverAndVerify(visitor, people);
  await register(visitor, people);
  await readTheRest(visitor);
  await administrate(visitor, people);
  return visitor.steps;
}

async function signInAsApp(visitor: Visitor, people: People): Promise<void> {
  const { plain } = people;
  const wrong = await visitor.frontend('a flow for an app', 'createNativeLoginFlow');
  await visitor.frontend('the flow again', 'getLoginFlow', { id: idOf(wrong) });
  await submitPassword(visitor, wrong, { ...plain, password: 'not the password' });
  const mine = await appSession(visitor, plain);
  const other = await appSession(visitor, plain);
  const third = await appSession(visitor, plain);
  const [token, otherToken] = [tokenOf(mine), tokenOf(other)];

  await visitor.frontend('whoami', 'toSession', { xSessionToken: token });
  await visitor.frontend('whoami again', 'toSession', { xSessionToken: token });
  await visitor.frontend('whoami without a session', 'toSession');
  const tokenized = { xSessionToken: token, tokenizeAs: 'postern' };
  await visitor.frontend('whoami as a JWT', 'toSession', tokenized);
  const unknown = { xSessionToken: token, tokenizeAs: 'no-such-template' };
  await visitor.frontend('whoami by an unknown template', 'toSession', unknown);

  await visitor.frontend('own sessions', 'listMySessions', { xSessionToken: token });
  const page = { xSessionToken: token, perPage: 1, page: 1 };
  await visitor.frontend('a page of own sessions', 'listMySessions', page);
  await visitor.frontend('own sessions without a session', 'listMySessions');
  const ended = { id: sessionIdOf(other), xSessionToken: token };
  await visitor.frontend('one session ends', 'disableMySession', ended);
  await visitor.frontend('whoami of an ended session', 'toSession', { xSessionToken: otherToken });
  const foreign = { id: UNKNOWN_ID, xSessionToken: token };
  await visitor.frontend('an unknown session ends', 'disableMySession', foreign);
  await visitor.frontend('all others end', 'disableMyOtherSessions', { xSessionToken: token });
  const thirdToken = { xSessionToken: tokenOf(third) };
  await visitor.frontend('whoami of another', 'toSession', thirdToken);
  await visitor.frontend('others end without a session', 'disableMyOtherSessions');
  const wrongCodes = { initCode: 'a'.repeat(64), returnToCode: 'b'.repeat(64) };
  await visitor.frontend('an exchange of wrong codes', 'exchangeSessionToken', wrongCodes);
  const { codes } = people;
  await visitor.frontend('an exchange of codes', 'exchangeSessionToken', codes);

  const signedIn = { xSessionToken: token };
  await visitor.frontend('a flow while signed in', 'createNativeLoginFlow', signedIn);
  const refresh = { xSessionToken: token, refresh: true };
  const again = await visitor.frontend('a flow to refresh', 'createNativeLoginFlow', refresh);
  await submitPassword(visitor, again, plain, { xSessionToken: token });
  await visitor.frontend('whoami after it', 'toSession', { xSessionToken: token });

  const out = { performNativeLogoutBody: { session_token: token } };
  await visitor.frontend('sign-out', 'performNativeLogout', out);
  await visitor.frontend('whoami after sign-out', 'toSession', { xSessionToken: token });
  const noToken = { performNativeLogoutBody: { session_token: `ory_st_${'0'.repeat(32)}` } };
  await visitor.frontend('sign-out by an unknown token', 'performNativeLogout', noToken);
}

async function changeSettingsAsApp(visitor: Visitor, { plain }: People): Promise<void> {
  const token = tokenOf(await appSession(visitor, plain));
  await visitor.frontend('settings without a session', 'createNativeSettingsFlow');
  const mine = { xSessionToken: token };
  const flow = await visitor.frontend('settings', 'createNativeSettingsFlow', mine);
  const id = idOf(flow);
  await visitor.frontend('settings again', 'getSettingsFlow', { id, xSessionToken: token });
  await visitor.frontend('settings without a session', 'getSettingsFlow', { id });
  const traits = { email: plain.email };
  const profile = { method: 'profile', traits, 'traits.email': plain.email };
  await visitor.frontend('the profile', 'updateSettingsFlow', {
    flow: id,
    updateSettingsFlowBody: profile,
    xSessionToken: token,
  });
  await visitor.frontend('whoami after it', 'toSession', { xSessionToken: token });
  await visitor.frontend('a short password', 'updateSettingsFlow', {
    flow: id,
    updateSettingsFlowBody: { method: 'password', password: 'short' },
    xSessionToken: token,
  });
  await visitor.frontend('the password', 'updateSettingsFlow', {
    flow: id,
    updateSettingsFlowBody: { method: 'password', password: plain.password },
    xSessionToken: token,
  });
}

async function signInAsBrowser(visitor: Visitor, { plain }: People): Promise<void> {
  const flow = await visitor.frontend('a flow for a browser', 'createBrowserLoginFlow');
  const jar = new Jar(flow);
  const id = idOf(flow);
  await visitor.frontend('the flow again', 'getLoginFlow', { id, cookie: jar.header });
  await visitor.frontend('the flow without its cookie', 'getLoginFlow', { id });
  await submitPassword(visitor, flow, plain, {});
  jar.keep(await submitPassword(visitor, flow, plain, { cookie: jar.header }));
  await visitor.frontend('whoami by cookie', 'toSession', { cookie: jar.header });
  const signedIn = { cookie: jar.header };
  await visitor.frontend('a flow while signed in', 'createBrowserLoginFlow', signedIn);
  await visitor.frontend('own sessions by cookie', 'listMySessions', { cookie: jar.header });

  const begin = { cookie: jar.header };
  const settings = await visitor.frontend('settings', 'createBrowserSettingsFlow', begin);
  jar.keep(settings);
  const settingsId = { id: idOf(settings), cookie: jar.header };
  await visitor.frontend('settings again', 'getSettingsFlow', settingsId);
  const profile = { method: 'profile', traits: { email: plain.email } };
  const saved = await visitor.frontend('the profile', 'updateSettingsFlow', {
    flow: idOf(settings),
    updateSettingsFlowBody: {
      ...profile,
      'traits.email': plain.email,
      csrf_token: csrfOf(settings),
    },
    cookie: jar.header,
  });
  jar.keep(saved);
  const others = { cookie: jar.header };
  await visitor.frontend('all others end, by cookie', 'disableMyOtherSessions', others);
  await visitor.frontend('sign-out without a session', 'createBrowserLogoutFlow');
  const leaving = { cookie: jar.header };
  const out = await visitor.frontend('sign-out', 'createBrowserLogoutFlow', leaving);
  const { logout_token: token } = out.body as { logout_token?: string };
  await visitor.frontend('sign-out by a wrong token', 'updateLogoutFlow', {
    token: 'wrong',
    cookie: jar.header,
  });
  await visitor.frontend('sign-out, the link', 'updateLogoutFlow', { token, cookie: jar.header });
  await visitor.frontend('whoami after sign-out', 'toSession', { cookie: jar.header });
}

async function stepUp(visitor: Visitor, { strong }: People): Promise<void> {
  const token = tokenOf(await appSession(visitor, strong));
  const mine = { xSessionToken: token };
  await visitor.frontend('whoami below the second factor', 'toSession', mine);
  await visitor.frontend('own sessions below it', 'listMySessions', mine);
  const anonymous = { aal: 'aal2' };
  await visitor.frontend('step-up without a session', 'createNativeLoginFlow', anonymous);
  const higher = { aal: 'aal2', xSessionToken: token };
  const flow = await visitor.frontend('step-up', 'createNativeLoginFlow', higher);
  for (const code of ['123', strong.code()]) {
    await visitor.frontend(`the ${code.length === 6 ? 'right' : 'wrong'} code`, 'updateLoginFlow', {
      flow: idOf(flow),
      updateLoginFlowBody: { method: 'totp', totp_code: code },
      xSessionToken: token,
    });
  }
  await visitor.frontend('whoami after step-up', 'toSession', mine);

  const browser = await visitor.frontend('a flow for a browser', 'createBrowserLoginFlow');
  const jar = new Jar(browser);
  jar.keep(await submitPassword(visitor, browser, strong, { cookie: jar.header }));
  await visitor.frontend('whoami below it, by cookie', 'toSession', { cookie: jar.header });
  const begin = { aal: 'aal2', cookie: jar.header };
  await visitor.frontend('step-up in a browser', 'createBrowserLoginFlow', begin);
}

async function recoverAndVerify(visitor: Visitor, { plain }: People): Promise<void> {
  for (const kind of ['Recovery', 'Verification']) {
    const field = `update${kind}FlowBody`;
    const flow = await visitor.frontend('for an app', `createNative${kind}Flow`);
    const id = idOf(flow);
    await visitor.frontend('again', `get${kind}Flow`, { id });
    const address = { method: 'code', email: plain.email };
    await visitor.frontend('the address', `update${kind}Flow`, { flow: id, [field]: address });
    const wrong = { method: 'code', code: '123456' };
    await visitor.frontend('a wrong code', `update${kind}Flow`, { flow: id, [field]: wrong });

    const browser = await visitor.frontend('for a browser', `createBrowser${kind}Flow`);
    const jar = new Jar(browser);
    const again = { id: idOf(browser), cookie: jar.header };
    await visitor.frontend('again', `get${kind}Flow`, again);
    await visitor.frontend('without its cookie', `get${kind}Flow`, { id: idOf(browser) });
    await visitor.frontend('the address', `update${kind}Flow`, {
      flow: idOf(browser),
      [field]: { ...address, csrf_token: csrfOf(browser) },
      cookie: jar.header,
    });
    await visitor.frontend('an unknown flow', `get${kind}Flow`, { id: UNKNOWN_ID });
  }
}

async function register(visitor: Visitor, { plain, newEmail }: People): Promise<void> {
  const flow = await visitor.frontend('for an app', 'createNativeRegistrationFlow');
  const id = idOf(flow);
  await visitor.frontend('again', 'getRegistrationFlow', { id });
  for (const email of [plain.email, newEmail]) {
    await visitor.frontend('registration', 'updateRegistrationFlow', {
      flow: id,
      updateRegistrationFlowBody: {
        method: 'password',
        password: plain.password,
        traits: { email },
      },
    });
  }
  const browser = await visitor.frontend('for a browser', 'createBrowserRegistrationFlow');
  const jar = new Jar(browser);
  const again = { id: idOf(browser), cookie: jar.header };
  await visitor.frontend('again', 'getRegistrationFlow', again);
}

async function readTheRest(visitor: Visitor): Promise<void> {
  await visitor.frontend('an error', 'getFlowError', { id: 'stub:500' });
  await visitor.frontend('an unknown error', 'getFlowError', { id: UNKNOWN_ID });
  await visitor.frontend('the script of passkeys', 'getWebAuthnJavaScript');
  await visitor.frontend('an unknown flow', 'getLoginFlow', { id: UNKNOWN_ID });
  const body = { method: 'password', identifier: 'a@example.com', password: 'b' };
  const unknown = { flow: UNKNOWN_ID, updateLoginFlowBody: body };
  await visitor.frontend('an unknown flow', 'updateLoginFlow', unknown);
}

async function administrate(visitor: Visitor, { plain }: People): Promise<void> {
  const id = sessionIdOf(await appSession(visitor, plain));
  const other = sessionIdOf(await appSession(visitor, plain));
  await visitor.identity('a session', 'getSession', { id });
  await visitor.identity('with its identity', 'getSession', {
    id,
    expand: ['identity', 'devices'],
  });
  await visitor.identity('an unknown one', 'getSession', { id: UNKNOWN_ID });
  const newest = { active: true, pageSize: 1, expand: ['identity'] };
  await visitor.identity('the newest', 'listSessions', newest);
  const ofPerson = { id: plain.identityId, active: true };
  await visitor.identity('those of a person', 'listIdentitySessions', ofPerson);
  await visitor.identity('an extension', 'extendSession', { id });
  await visitor.identity('one ends', 'disableSession', { id: other });
  await visitor.identity('it is inactive', 'getSession', { id: other });
  await visitor.identity('an unknown one ends', 'disableSession', { id: UNKNOWN_ID });
  const bulk = { action: 'disable', sessions: [id] };
  await visitor.identity('several end', 'manageSessions', { manageSessionsBody: bulk });
  const { identityId } = plain;
  await visitor.identity('all of a person end', 'deleteIdentitySessions', { id: identityId });
  await visitor.identity('all of a person end again', 'deleteIdentitySessions', { id: identityId });
}
