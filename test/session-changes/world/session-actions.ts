import { ALL_OTHERS, CURRENT, END_FIELD, TOKEN_FIELD } from '../../../src/pages/page-models.ts';
import {
  type Action,
  ANN,
  AT_KRATOS,
  type Dependencies,
  GUARDED,
  isDone,
  JSON_TYPE,
  PAGE,
  plain,
  post,
  postForm,
  STRANGER,
} from './action.ts';
import { type People, SITE } from './people.ts';

/** Number of times that the page is loaded before the test gives up on its form. */
const MAX_PAGE_VIEWS = 8;

/** Changes by Kratos's session routes and its admin routes. */
export const SESSION_ACTIONS: readonly Action[] = [
  plain('DELETE /sessions/{id}', ['other'], ({ caller, other }) => ({
    path: `/sessions/${other.id}`,
    init: { method: 'DELETE', headers: caller.by },
  })),
  plain(
    'DELETE /sessions',
    ['other', 'third'],
    ({ caller }) => ({ path: '/sessions', init: { method: 'DELETE', headers: caller.by } }),
    { untouched: ['stranger', 'caller'] },
  ),
  plain(
    'DELETE /sessions/{id} of a stranger',
    [],
    ({ stranger, other }) => ({
      path: `/sessions/${other.id}`,
      init: { method: 'DELETE', headers: stranger.by },
    }),
    { untouched: ['caller', 'other', 'third', 'stranger'] },
  ),
  plain('DELETE /self-service/logout/api', ['other'], ({ other }) => ({
    path: '/self-service/logout/api',
    init: {
      method: 'DELETE',
      headers: JSON_TYPE,
      body: JSON.stringify({ session_token: other.token }),
    },
  })),
  plain('DELETE /admin/sessions/{id}', ['other'], ({ other }) => ({
    path: `/admin/sessions/${other.id}`,
    init: { method: 'DELETE', headers: GUARDED },
  })),
  plain('POST /admin/sessions', ['other', 'third'], ({ other, third }) => ({
    path: '/admin/sessions',
    init: post({ action: 'delete', sessions: [other.id, third.id] }, GUARDED),
  })),
  plain(
    'DELETE /admin/identities/{id}/sessions',
    ANN,
    ({ other }) => ({
      path: `/admin/identities/${other.identityId}/sessions`,
      init: { method: 'DELETE', headers: GUARDED },
    }),
    { isSuccess: (status) => isDone(status) || status === 404 },
  ),
];

/** Changes on the page that shows people their own sessions. */
export const PAGE_ACTIONS: readonly Action[] = [
  onPage('POST /.postern/sessions for one', ['other'], ({ other }) => other.id),
  onPage('POST /.postern/sessions for all others', ['other', 'third'], () => ALL_OTHERS),
  onPage('POST /.postern/sessions for the session itself', ['caller'], () => CURRENT),
];

function onPage(name: string, over: Action['over'], ends: (people: People) => string): Action {
  return {
    ...AT_KRATOS,
    name,
    over,
    untouched: over.includes('caller') ? STRANGER : ['stranger', 'caller'],
    async prepare(people, surroundings) {
      const { caller } = people;
      const token = await readFormToken('/.postern/sessions', caller, surroundings);
      const form = { [END_FIELD]: ends(people), [TOKEN_FIELD]: token };
      const headers = { ...PAGE, cookie: caller.cookie, origin: SITE };
      return () => ({ path: '/.postern/sessions', init: postForm(form, headers) });
    },
  };
}

/** The value in the page that a browser gets through the gate; empty if the stores never answer. */
export async function readFormToken(
  path: string,
  { cookie }: { readonly cookie: string },
  { gate }: Dependencies,
): Promise<string> {
  for (let views = 0; views < MAX_PAGE_VIEWS; views += 1) {
    const shown = await gate(path, { headers: { ...PAGE, cookie } });
    const token = /name="token" value="([^"]+)"/.exec(await shown.text())?.[1];
    if (token !== undefined) return token;
  }
  return '';
}

/** Sign-out of a browser, by a link that Kratos has made for it. */
export const LOGOUT_ACTIONS: readonly Action[] = [
  logout('GET /self-service/logout of a page', PAGE),
  logout('GET /self-service/logout of a script', { accept: 'application/json' }),
];

/** A script that signs out again gets 401, which means that it is signed out. */
function logout(name: string, accept: { readonly accept: string }): Action {
  return {
    ...AT_KRATOS,
    name,
    over: ['other'],
    isSuccess: (status) => isDone(status) || status === 401,
    async prepare({ other: { cookie } }, { kratos }) {
      const headers = { cookie, accept: 'application/json' };
      const made = await kratos('/self-service/logout/browser', { headers });
      const { logout_token: token } = (await made.json()) as { logout_token: string };
      const path = `/self-service/logout?token=${token}`;
      return () => ({ path, init: { headers: { cookie, ...accept } } });
    },
  };
}
