/** The self-service flows that change sessions. */

import {
  as,
  type Flow,
  ofCookie,
  PAGE,
  type SelfServiceForms,
  selfServiceForms,
} from '../gateway/session-changes/self-service-forms.ts';
import type { KnownSession } from '../gateway/session-changes/site.ts';
import type { Deployment } from './deployment.ts';
import { type Door, json, opaque, type Revocation, subjectsOf, twoOf } from './revocation.ts';

const WAYS = [
  ['an app', 'api', false],
  ['a script in a browser', 'browser', false],
  ['a browser', 'browser', true],
] as const;
type Way = (typeof WAYS)[number];

/** Answers to a sign-out of what has ended: it was told so before, or is asked to sign in. */
const SIGNED_OUT_BEFORE = [401, 403];

/** 422 sends a script on to the settings, or to the second factor; the session is issued. */
const SENT_ON = [422];

function forms(deployment: Deployment, isolate: number): SelfServiceForms {
  const gate = deployment.runtimes[0];
  const send = (path: string, init?: RequestInit) => deployment.send(path, init, isolate);
  return selfServiceForms(() => ({ send, gate }));
}

const signOut: Door[] = [
  {
    name: 'sign-out of an app',
    route: 'DELETE /self-service/logout/api',
    async prepare(deployment) {
      const session = await deployment.signIn();
      const init = json('DELETE', { session_token: session.token });
      return {
        ends: subjectsOf(session),
        send: (isolate) => deployment.send('/self-service/logout/api', init, isolate),
      };
    },
  },
  {
    name: 'sign-out of a browser',
    route: 'GET /self-service/logout',
    async prepare(deployment) {
      const session = await deployment.signIn();
      const path = await forms(deployment, 0).logoutPath(session);
      const init = { headers: { ...ofCookie(session), ...PAGE } };
      return {
        ends: subjectsOf(session),
        send: (isolate) => deployment.send(path, init, isolate),
        doneAgain: SIGNED_OUT_BEFORE,
      };
    },
  },
];

/** Settings of `caller`, after which the hook ends `other`. */
const settings = WAYS.map(
  ([who, type, isPage]: Way): Door => ({
    name: `a new password, by ${who}`,
    route: 'POST /self-service/settings',
    async prepare(deployment) {
      const { caller, other } = await twoOf(deployment);
      const headers = type === 'api' ? as(caller) : ofCookie(caller);
      const flow = await forms(deployment, 0).begin('settings', type, { headers });
      const fields = { method: 'password', password: 'long enough' };
      return {
        ends: subjectsOf(other),
        spares: [opaque(caller)],
        send: (isolate) => forms(deployment, isolate).submit('settings', flow, fields, { isPage }),
      };
    },
  }),
);

/** A flow whose code is good once: a client whose answer was lost begins anew. */
function byCode(
  deployment: Deployment,
  kind: 'recovery' | 'verification',
  { known, way: [, type, isPage] }: { readonly known: KnownSession; readonly way: Way },
): { begin(isolate?: number): Promise<Flow>; send(flow: Flow): Revocation['send'] } {
  const email = `${known.identityId}@example.com`;
  const begin = async (isolate = 0) => {
    const { begin: beginFlow, submit } = forms(deployment, isolate);
    const flow = await beginFlow(kind, type);
    await submit(kind, flow, { method: 'code', email }, { isPage });
    return flow;
  };
  const fields = { method: 'code', code: '000000' };
  return {
    begin,
    send: (first) => async (isolate, attempt) => {
      const flow = attempt === 0 ? first : await begin(isolate);
      return forms(deployment, isolate).submit(kind, flow, fields, { isPage });
    },
  };
}

const recovery = WAYS.flatMap((way: Way) =>
  [false, true].map(
    (hasSecondFactor): Door => ({
      name: `recovery by ${way[0]}${hasSecondFactor ? ', of an account with a second factor' : ''}`,
      route: 'POST /self-service/recovery',
      async prepare(deployment) {
        const known = await deployment.signIn({ aal: hasSecondFactor ? 'aal2' : 'aal1' });
        if (hasSecondFactor) {
          await deployment.runtimes[0].kratos.changeIdentity(known.identityId, { totp: true });
        }
        const code = byCode(deployment, 'recovery', { known, way });
        return { ends: subjectsOf(known), send: code.send(await code.begin()), alsoDone: SENT_ON };
      },
    }),
  ),
);

const verification = WAYS.map(
  (way: Way): Door => ({
    name: `verification by ${way[0]}`,
    route: 'POST /self-service/verification',
    async prepare(deployment) {
      const known = await deployment.signIn();
      const { kratos } = deployment.runtimes[0];
      await kratos.changeIdentity(known.identityId, { verified: false });
      const isOld = (body: unknown) => !isVerified(body);
      const code = byCode(deployment, 'verification', { known, way });
      return {
        ends: [{ ...opaque(known), isOld }],
        spares: subjectsOf(known),
        send: code.send(await code.begin()),
      };
    },
  }),
);

function isVerified(body: unknown): boolean {
  const { identity } = body as {
    identity: { verifiable_addresses: { verified: boolean }[] };
  };
  return identity.verifiable_addresses[0]?.verified === true;
}

/** A sign-in of a person after which the hook ends the session that they have. */
const signIn = WAYS.flatMap(([who, type, isPage]: Way) =>
  [false, true].map(
    (hasSecondFactor): Door => ({
      name: `sign-in by ${who}${hasSecondFactor ? ', the first factor of two' : ''}`,
      route: 'POST /self-service/login',
      async prepare(deployment) {
        const known = await deployment.signIn({ aal: hasSecondFactor ? 'aal2' : 'aal1' });
        const { begin, setPassword } = forms(deployment, 0);
        const password = 'postern-demo';
        await setPassword(known, password);
        if (hasSecondFactor) {
          await deployment.runtimes[0].kratos.changeIdentity(known.identityId, { totp: true });
        }
        const flow = await begin('login', type);
        const identifier = `${known.identityId}@example.com`;
        const fields = { method: 'password', identifier, password };
        return {
          ends: subjectsOf(known),
          send: (isolate) => forms(deployment, isolate).submit('login', flow, fields, { isPage }),
          alsoDone: SENT_ON,
        };
      },
    }),
  ),
);

const social = ['', '/google'].map(
  (provider): Door => ({
    name: `social sign-in (${provider || 'no provider named'})`,
    route: `GET /self-service/methods/oidc/callback${provider && '/:provider'}`,
    async prepare(deployment) {
      const known = await deployment.signIn();
      const { path, headers } = await forms(deployment, 0).signInAtProvider(
        known.identityId,
        provider,
      );
      return {
        ends: subjectsOf(known),
        send: (isolate) => deployment.send(path, { headers }, isolate),
      };
    },
  }),
);

const tokenExchange: Door = {
  name: 'the token that an app is handed for its browser’s sign-in',
  route: 'GET /sessions/token-exchange',
  async prepare(deployment) {
    const { kratos } = deployment.runtimes[0];
    const known = await deployment.signIn();
    const issued = await kratos.createSession({ identityId: known.identityId });
    const url = `${kratos.url}/.standin/sessions/${issued.id}/exchange-codes`;
    const made = await fetch(url, { method: 'POST' });
    const codes = (await made.json()) as Record<string, string>;
    return {
      ends: subjectsOf(known),
      async send(isolate) {
        await kratos.revoke(known.id); // the hook, at the callback
        return deployment.send(
          `/sessions/token-exchange?${new URLSearchParams(codes)}`,
          undefined,
          isolate,
        );
      },
    };
  },
};

export const SELF_SERVICE_DOORS: readonly Door[] = [
  ...signOut,
  ...settings,
  ...recovery,
  ...verification,
  ...signIn,
  ...social,
  tokenExchange,
];
