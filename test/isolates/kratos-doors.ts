/** The routes of Kratos's public and admin API, and of the sessions page, that change sessions. */

import { GUARDED } from '../gateway/session-api/start-session-api.ts';
import type { KnownSession } from '../gateway/session-changes/site.ts';
import type { Deployment } from './deployment.ts';
import { type Door, json, opaque, type Revocation, subjectsOf, twoOf } from './revocation.ts';

const APP = 'https://app.example.test';

interface Pair {
  readonly caller: KnownSession;
  readonly other: KnownSession;
  readonly identityId: string;
}

/** A door at which `caller` or an administrator ends `other`. */
function endingOther(
  name: string,
  route: string,
  request: (pair: Pair) => { readonly path: string; readonly init: RequestInit },
  rest: { readonly sparesCaller?: boolean; readonly doneAgain?: readonly number[] } = {},
): Door {
  const prepare = async (deployment: Deployment): Promise<Revocation> => {
    const pair = await twoOf(deployment);
    const { path, init } = request(pair);
    return {
      ends: [...subjectsOf(pair.other), ...(rest.sparesCaller ? [] : subjectsOf(pair.caller))],
      spares: rest.sparesCaller ? subjectsOf(pair.caller) : [],
      send: (isolate) => deployment.send(path, init, isolate),
      ...(rest.doneAgain && { doneAgain: rest.doneAgain }),
    };
  };
  return { name, route, prepare };
}

const SPARES = { sparesCaller: true };

const byOwner: Door[] = [
  ...(
    [
      ['token', ({ token }) => ({ 'x-session-token': token })],
      ['cookie', ({ cookie }) => ({ cookie })],
      ['bearer', ({ token }) => ({ authorization: `Bearer ${token}` })],
    ] as [string, (session: KnownSession) => Record<string, string>][]
  ).map(([by, headersOf]) =>
    endingOther(
      `DELETE /sessions/{id} by ${by}`,
      'DELETE /sessions/:id',
      ({ caller, other }) => ({
        path: `/sessions/${other.id}`,
        init: { method: 'DELETE', headers: headersOf(caller) },
      }),
      SPARES,
    ),
  ),
  endingOther(
    'DELETE /sessions',
    'DELETE /sessions',
    ({ caller }) => ({
      path: '/sessions',
      init: { method: 'DELETE', headers: { 'x-session-token': caller.token } },
    }),
    SPARES,
  ),
];

/** The sessions page: its form is read while there is another session to end. */
function onPage(name: string, what: (other: KnownSession) => string): Door {
  const prepare = async (deployment: Deployment): Promise<Revocation> => {
    const { caller, other } = await twoOf(deployment);
    const { cookie } = caller;
    const page = await deployment.send('/.postern/sessions', { headers: { cookie } }, 0);
    const token = /name="token" value="([^"]+)"/.exec(await page.text())?.[1] ?? '';
    const init = {
      method: 'POST',
      headers: { cookie, origin: APP, 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ end: what(other), token }).toString(),
    };
    return {
      ends: subjectsOf(other),
      spares: subjectsOf(caller),
      send: (isolate) => deployment.send('/.postern/sessions', init, isolate),
    };
  };
  return { name, prepare };
}

const onSessionsPage = [
  onPage('one session on the sessions page', ({ id }) => id),
  onPage('all others on the sessions page', () => 'others'),
];

const bulk = (body: object) => ({ path: '/admin/sessions', init: json('POST', body, GUARDED) });

const byAdministrator: Door[] = [
  endingOther(
    'DELETE /admin/sessions/{id}',
    'DELETE /admin/sessions/:id',
    ({ other }) => ({
      path: `/admin/sessions/${other.id}`,
      init: { method: 'DELETE', headers: GUARDED },
    }),
    SPARES,
  ),
  endingOther(
    'DELETE /admin/identities/{id}/sessions',
    'DELETE /admin/identities/:id/sessions',
    ({ identityId }) => ({
      path: `/admin/identities/${identityId}/sessions`,
      init: { method: 'DELETE', headers: GUARDED },
    }),
    { doneAgain: [404] },
  ),
  ...(['delete', 'disable'] as const).flatMap((action) => [
    endingOther(
      `POST /admin/sessions: ${action} sessions`,
      'POST /admin/sessions',
      ({ other }) => bulk({ action, sessions: [other.id] }),
      SPARES,
    ),
    endingOther(
      `POST /admin/sessions: ${action} identities`,
      'POST /admin/sessions',
      ({ identityId }) => bulk({ action, identities: [identityId] }),
    ),
  ]),
  {
    ...endingOther('POST /admin/sessions: disable everybody', 'POST /admin/sessions', () =>
      bulk({ action: 'disable', identities: ['*'] }),
    ),
    isForAll: true,
  },
  {
    name: 'PATCH /admin/sessions/{id}/extend',
    route: 'PATCH /admin/sessions/:id/extend',
    async prepare(deployment) {
      const session = await deployment.signIn({ expiresInSeconds: 600 });
      const { expires_at: before } = session.session;
      const isOld = (body: unknown) => (body as { expires_at: unknown }).expires_at === before;
      const path = `/admin/sessions/${session.id}/extend`;
      return {
        ends: [{ ...opaque(session), isOld }],
        spares: [opaque(session)],
        send: (isolate) => deployment.send(path, { method: 'PATCH', headers: GUARDED }, isolate),
      };
    },
  },
];

export const KRATOS_DOORS: readonly Door[] = [...byOwner, ...onSessionsPage, ...byAdministrator];
