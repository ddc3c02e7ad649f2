import { Configuration, FrontendApi, IdentityApi, ResponseError } from '@ory/client-fetch';
import { expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { fetchAs } from './fetch-as.ts';
import { ADMIN_SECRET, startKratosApi } from './start-session-api.ts';

const gate = await forAllTests(startKratosApi({ vars: { SELF_SERVICE: true } }));
// The stand-in is called at two addresses; its documents name one, that of the site.
await gate.kratos.control({ publicUrl: 'https://app.example.test' });

interface Clients {
  readonly frontend: FrontendApi;
  readonly identity: IdentityApi;
}

function clientsAt(basePath: string, accessToken?: string): Clients {
  const shared = { basePath, fetchApi: fetchAs };
  return {
    frontend: new FrontendApi(new Configuration(shared)),
    identity: new IdentityApi(
      new Configuration({ ...shared, ...(accessToken !== undefined && { accessToken }) }),
    ),
  };
}

const direct = () => clientsAt(gate.kratos.url);
const through = () => clientsAt(gate.url, ADMIN_SECRET);

/** Returns the result or the failure of a call, in a comparable form. */
async function outcome(call: Promise<unknown>): Promise<unknown> {
  try {
    return { value: JSON.parse(JSON.stringify((await call) ?? null)) };
  } catch (error) {
    if (!(error instanceof ResponseError)) throw error;
    return { status: error.response.status, body: await error.response.text() };
  }
}

/** The same call made directly and through Postern, the second against the state the first found. */
async function compared(
  prepare: () => Promise<(clients: Clients) => Promise<unknown>>,
): Promise<unknown> {
  const one = await outcome((await prepare())(direct()));
  const other = await outcome((await prepare())(through()));
  expect(normalized(other)).toEqual(normalized(one));
  return one;
}

/** Ids, times, tokens and the client's port are new in each run; everything else has to be equal. */
function normalized(value: unknown): unknown {
  const text = JSON.stringify(value)
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'uuid')
    .replace(/\d{4}-\d\d-\d\dT[0-9:.]+Z/g, 'time')
    .replace(/ory_(?:st|lo)_\w+/g, 'token')
    .replace(/127\.0\.0\.1:\d+/g, 'address')
    .replace(/("csrf_token"[^}]*"value":)"[^"]*"/g, '$1"csrf"');
  return JSON.parse(text);
}

/** Two more sessions besides the first, of a person without other sessions. */
async function somebody(options: { aal?: 'aal1' | 'aal2' } = {}) {
  const identityId = crypto.randomUUID();
  const sessions = [];
  for (let count = 0; count < 3; count += 1) {
    sessions.push(await gate.kratos.createSession({ identityId, ...options }));
  }
  const [current, other, another] = sessions;
  if (!current || !other || !another) throw new Error('three sessions were made');
  return { identityId, current, other, another };
}

const NOBODY = { xSessionToken: 'ory_st_nobodys0000000000000000000000000' };
const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';

type Case = [name: string, prepare: () => Promise<(clients: Clients) => Promise<unknown>>];

const signedIn =
  (use: (clients: Clients, person: Awaited<ReturnType<typeof somebody>>) => Promise<unknown>) =>
  async () => {
    const person = await somebody();
    return (clients: Clients) => use(clients, person);
  };
const always = (use: (clients: Clients) => Promise<unknown>) => async () => use;

const FRONTEND: Case[] = [
  [
    'toSession by token',
    signedIn(({ frontend }, { current }) => frontend.toSession({ xSessionToken: current.token })),
  ],
  [
    'toSession by cookie',
    signedIn(({ frontend }, { current }) => frontend.toSession({ cookie: current.cookie })),
  ],
  ['toSession for nobody', always(({ frontend }) => frontend.toSession(NOBODY))],
  [
    'listMySessions by token',
    signedIn(({ frontend }, { current }) =>
      frontend.listMySessions({ xSessionToken: current.token }),
    ),
  ],
  [
    'listMySessions by cookie',
    signedIn(({ frontend }, { current }) => frontend.listMySessions({ cookie: current.cookie })),
  ],
  [
    'listMySessions, one a page',
    signedIn(({ frontend }, { current }) =>
      frontend.listMySessions({ xSessionToken: current.token, perPage: 1, page: 2 }),
    ),
  ],
  [
    'listMySessions, page_size',
    signedIn(({ frontend }, { current }) =>
      frontend.listMySessions({ xSessionToken: current.token, pageSize: 1 }),
    ),
  ],
  ['listMySessions for nobody', always(({ frontend }) => frontend.listMySessions(NOBODY))],
  ['listMySessions without a credential', always(({ frontend }) => frontend.listMySessions())],
  [
    'disableMySession',
    signedIn(({ frontend }, { current, other }) =>
      frontend.disableMySession({ id: other.id, xSessionToken: current.token }),
    ),
  ],
  [
    'disableMySession by cookie',
    signedIn(({ frontend }, { current, other }) =>
      frontend.disableMySession({ id: other.id, cookie: current.cookie }),
    ),
  ],
  [
    'disableMySession of the current one',
    signedIn(({ frontend }, { current }) =>
      frontend.disableMySession({ id: current.id, xSessionToken: current.token }),
    ),
  ],
  [
    'disableMySession of an unknown one',
    signedIn(({ frontend }, { current }) =>
      frontend.disableMySession({ id: UNKNOWN_ID, xSessionToken: current.token }),
    ),
  ],
  [
    'disableMySession for nobody',
    always(({ frontend }) => frontend.disableMySession({ id: UNKNOWN_ID, ...NOBODY })),
  ],
  [
    'disableMyOtherSessions',
    signedIn(({ frontend }, { current }) =>
      frontend.disableMyOtherSessions({ xSessionToken: current.token }),
    ),
  ],
  [
    'disableMyOtherSessions for nobody',
    always(({ frontend }) => frontend.disableMyOtherSessions(NOBODY)),
  ],
  [
    'disableMyOtherSessions without a credential',
    always(({ frontend }) => frontend.disableMyOtherSessions()),
  ],
  [
    'exchangeSessionToken with unknown codes',
    always(({ frontend }) => frontend.exchangeSessionToken({ initCode: 'a', returnToCode: 'b' })),
  ],
  [
    'exchangeSessionToken',
    signedIn(async ({ frontend }, { current }) => {
      const response = await fetch(
        `${gate.kratos.url}/.standin/sessions/${current.id}/exchange-codes`,
        { method: 'POST' },
      );
      const codes = (await response.json()) as { init_code: string; return_to_code: string };
      return frontend.exchangeSessionToken({
        initCode: codes.init_code,
        returnToCode: codes.return_to_code,
      });
    }),
  ],
  [
    'createBrowserLogoutFlow',
    signedIn(({ frontend }, { current }) =>
      frontend.createBrowserLogoutFlow({ cookie: current.cookie }),
    ),
  ],
  [
    'createBrowserLogoutFlow for nobody',
    always(({ frontend }) =>
      frontend.createBrowserLogoutFlow({ cookie: 'ory_kratos_session=nobodys-cookie-0000' }),
    ),
  ],
  [
    'performNativeLogout',
    signedIn(({ frontend }, { current }) =>
      frontend.performNativeLogout({ performNativeLogoutBody: { session_token: current.token } }),
    ),
  ],
  [
    'performNativeLogout for nobody',
    always(({ frontend }) =>
      frontend.performNativeLogout({
        performNativeLogoutBody: { session_token: NOBODY.xSessionToken },
      }),
    ),
  ],
];

const IDENTITY: Case[] = [
  ['getSession', signedIn(({ identity }, { current }) => identity.getSession({ id: current.id }))],
  [
    'getSession, expanded',
    signedIn(({ identity }, { current }) =>
      identity.getSession({ id: current.id, expand: ['identity', 'devices'] }),
    ),
  ],
  [
    'getSession of an unknown one',
    always(({ identity }) => identity.getSession({ id: UNKNOWN_ID })),
  ],
  [
    'disableSession',
    signedIn(({ identity }, { current }) => identity.disableSession({ id: current.id })),
  ],
  [
    'disableSession of an unknown one',
    always(({ identity }) => identity.disableSession({ id: UNKNOWN_ID })),
  ],
  [
    'extendSession',
    signedIn(({ identity }, { current }) => identity.extendSession({ id: current.id })),
  ],
  [
    'extendSession of an unknown one',
    always(({ identity }) => identity.extendSession({ id: UNKNOWN_ID })),
  ],
  [
    'listIdentitySessions',
    signedIn(({ identity }, { identityId }) => identity.listIdentitySessions({ id: identityId })),
  ],
  [
    'listIdentitySessions, active only',
    signedIn(async ({ identity }, { identityId, other }) => {
      await gate.kratos.revoke(other.id);
      return identity.listIdentitySessions({ id: identityId, active: true });
    }),
  ],
  [
    'listIdentitySessions, second of a page',
    signedIn(({ identity }, { identityId }) =>
      identity.listIdentitySessions({ id: identityId, perPage: 2, page: 2 }),
    ),
  ],
  [
    'listIdentitySessions of nobody',
    always(({ identity }) => identity.listIdentitySessions({ id: UNKNOWN_ID })),
  ],
  [
    'deleteIdentitySessions',
    signedIn(({ identity }, { identityId }) => identity.deleteIdentitySessions({ id: identityId })),
  ],
  [
    'deleteIdentitySessions of nobody',
    always(({ identity }) => identity.deleteIdentitySessions({ id: UNKNOWN_ID })),
  ],
  [
    'manageSessions of sessions',
    signedIn(({ identity }, { other, another }) =>
      identity.manageSessions({
        manageSessionsBody: { action: 'disable', sessions: [other.id, another.id] } as never,
      }),
    ),
  ],
  [
    'manageSessions of identities',
    signedIn(({ identity }, { identityId }) =>
      identity.manageSessions({
        manageSessionsBody: { action: 'delete', identities: [identityId] } as never,
      }),
    ),
  ],
];

it.each([...FRONTEND, ...IDENTITY])(
  '%s gives the same answer through Postern as directly',
  async (_, prepare) => {
    await compared(prepare);
  },
);

it('listSessions gives the same page through Postern as directly, with either expansion', async () => {
  await somebody();
  const ask =
    (expand?: ('identity' | 'devices')[]) =>
    async ({ identity }: Clients) =>
      identity.listSessions({ pageSize: 5, active: true, ...(expand && { expand }) });
  for (const expand of [
    undefined,
    ['identity' as const],
    ['identity' as const, 'devices' as const],
  ]) {
    const one = await outcome(ask(expand)(direct()));
    expect(await outcome(ask(expand)(through()))).toEqual(one);
    expect(one).toHaveProperty('value.length', 5);
  }
});

it('a failed call has Kratos’s own message', async () => {
  const seen = await compared(always(({ identity }) => identity.getSession({ id: UNKNOWN_ID })));
  expect(seen).toMatchObject({
    status: 404,
    body: expect.stringContaining('Unable to locate the resource'),
  });
});
