import {
  type Action,
  ANN,
  AT_KRATOS,
  begin,
  beginInBrowser,
  byToken,
  post,
  postForm,
  setPassword,
} from './action.ts';
import { emailOf, type KratosPerson, newEmailOf, type RequestHeaders } from './people.ts';

const NEW_PASSWORD = { method: 'password', password: 'long enough' };
const CODE = { method: 'code', code: '000000' };

/** Changes by Kratos's flows, whose hooks end sessions or change the identity. */
export const FLOW_ACTIONS: readonly Action[] = [
  {
    ...AT_KRATOS,
    name: 'POST /self-service/settings',
    over: ['other', 'third'],
    async prepare({ caller }, { kratosStandin, kratos }) {
      await kratosStandin('POST', 'control', { revokesAfter: ['settings'] });
      const path = await begin('settings', { kratos, headers: byToken(caller) });
      return () => ({ path, init: post(NEW_PASSWORD, byToken(caller)) });
    },
  },
  {
    ...AT_KRATOS,
    name: 'POST /self-service/settings in a browser',
    over: ['other', 'third'],
    async prepare({ caller }, { kratosStandin, kratos }) {
      await kratosStandin('POST', 'control', { revokesAfter: ['settings'] });
      const { path, headers, csrf_token } = await beginInBrowser('settings', caller, kratos);
      return () => ({ path, init: postForm({ ...NEW_PASSWORD, csrf_token }, headers) });
    },
  },
  {
    ...AT_KRATOS,
    name: 'POST /self-service/recovery of an account with a second factor',
    over: ANN,
    async prepare({ caller }, { kratosStandin, kratos }) {
      await kratosStandin('PATCH', `identities/${caller.identityId}`, { totp: true });
      await kratosStandin('POST', 'control', { revokesAfter: ['recovery'] });
      // Each try is a recovery of its own: a code is good once, and who is answered 503 asks for another.
      const paths: string[] = [];
      for (let count = 0; count < 8; count += 1) {
        const first = { method: 'code', email: emailOf(caller) };
        paths.push(await begin('recovery', { kratos, first }));
      }
      let next = 0;
      return () => {
        const path = paths[next % paths.length] ?? '';
        next += 1;
        return { path, init: post(CODE) };
      };
    },
  },
  {
    ...AT_KRATOS,
    name: 'POST /self-service/login',
    over: ANN,
    async prepare(people, { kratosStandin, kratos }) {
      await setPassword(people, kratos);
      await kratosStandin('POST', 'control', { revokesAfter: ['login'] });
      const path = await begin('login', { kratos });
      const fields = {
        method: 'password',
        identifier: emailOf(people.caller),
        password: 'the first one',
      };
      return () => ({ path, init: post(fields) });
    },
  },
  verification('POST /self-service/verification', (caller) => byToken(caller)),
  verification('POST /self-service/verification of nobody', () => ({})),
];

/** The address requested in settings replaces the first one when it is verified (the hook `verify_new_address`). */
function verification(name: string, by: (caller: KratosPerson) => RequestHeaders): Action {
  return {
    ...AT_KRATOS,
    name,
    renewed: ANN,
    async prepare({ caller }, { kratosStandin, kratos }) {
      await kratosStandin('POST', 'control', { verifiesNewAddress: true });
      const email = newEmailOf(caller);
      const settings = await begin('settings', { kratos, headers: byToken(caller) });
      await kratos(settings, post({ method: 'profile', 'traits.email': email }, byToken(caller)));
      const headers = by(caller);
      const path = await begin('verification', {
        kratos,
        headers,
        first: { method: 'code', email },
      });
      return () => ({ path, init: post(CODE, headers) });
    },
  };
}
