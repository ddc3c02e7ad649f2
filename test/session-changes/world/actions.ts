const ADMIN_SECRET = 'correct-horse-battery-staple-0123456789';
const GUARDED = { authorization: `Bearer ${ADMIN_SECRET}` };
const JSON_TYPE = { 'content-type': 'application/json' };

export interface Person {
  readonly id: string;
  readonly identityId: string;
  readonly token: string;
  readonly jwt: string;
}

/** `caller`, `other` and `third` are sessions of one person; `stranger` is somebody else's. */
export interface People {
  readonly caller: Person;
  readonly other: Person;
  readonly third: Person;
  readonly stranger: Person;
}

type Standin = (method: string, path: string, body?: object) => Promise<Response>;
type AtKratos = (path: string, init?: RequestInit) => Response | Promise<Response>;
interface Sent {
  readonly path: string;
  readonly init: RequestInit;
}

/** A request that ends sessions, by one route of the session API. */
export interface Action {
  readonly name: string;
  /** Who is over once it was answered with success. */
  readonly over: readonly (keyof People)[];
  /** Who is nobody's concern in it. */
  readonly untouched: readonly (keyof People)[];
  /** What there has to be before, past the gate; gives the request as it is sent each time. */
  prepare(people: People, standin: Standin, kratos: AtKratos): Promise<() => Sent>;
  isSuccess(status: number): boolean;
}

const by = ({ token }: Person) => ({ 'x-session-token': token });
const isDone = (status: number) => status < 400;
const ALL = ['caller', 'other', 'third'] as const;
const STRANGER = ['stranger'] as const;

function plain(
  name: string,
  over: readonly (keyof People)[],
  request: (people: People) => Sent,
  more: Partial<Action> = {},
): Action {
  return {
    name,
    over,
    untouched: STRANGER,
    prepare: async (people) => () => request(people),
    isSuccess: isDone,
    ...more,
  };
}

/** An app's flow at Kratos, as far as the step that changes something. */
async function begin(
  kind: string,
  {
    kratos,
    headers = {},
    first,
  }: { kratos: AtKratos; headers?: Record<string, string>; first?: object },
): Promise<string> {
  const made = await kratos(`/self-service/${kind}/api`, { headers });
  const { id } = (await made.json()) as { id: string };
  const path = `/self-service/${kind}?flow=${id}`;
  if (first !== undefined) await kratos(path, post(first, headers));
  return path;
}

function post(body: object, headers: Record<string, string> = {}): RequestInit {
  return { method: 'POST', headers: { ...headers, ...JSON_TYPE }, body: JSON.stringify(body) };
}

const emailOf = ({ identityId }: Person) => `${identityId}@example.com`;

async function setPassword({ caller }: People, kratos: AtKratos): Promise<void> {
  const path = await begin('settings', { kratos, headers: by(caller) });
  await kratos(path, post({ method: 'password', password: 'the first one' }, by(caller)));
}

export const ACTIONS: readonly Action[] = [
  plain('DELETE /sessions/{id}', ['other'], ({ caller, other }) => ({
    path: `/sessions/${other.id}`,
    init: { method: 'DELETE', headers: by(caller) },
  })),
  plain(
    'DELETE /sessions',
    ['other', 'third'],
    ({ caller }) => ({
      path: '/sessions',
      init: { method: 'DELETE', headers: by(caller) },
    }),
    { untouched: ['stranger', 'caller'] },
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
    ALL,
    ({ other }) => ({
      path: `/admin/identities/${other.identityId}/sessions`,
      init: { method: 'DELETE', headers: GUARDED },
    }),
    { isSuccess: (status) => isDone(status) || status === 404 },
  ),
  plain(
    'DELETE /sessions/{id} of a stranger',
    [],
    ({ stranger, other }) => ({
      path: `/sessions/${other.id}`,
      init: { method: 'DELETE', headers: by(stranger) },
    }),
    { untouched: ['caller', 'other', 'third', 'stranger'] },
  ),
  {
    name: 'POST /self-service/settings',
    over: ['other', 'third'],
    untouched: STRANGER,
    isSuccess: isDone,
    async prepare({ caller }, standin, kratos) {
      await standin('POST', 'control', { revokesAfter: ['settings'] });
      const path = await begin('settings', { kratos, headers: by(caller) });
      const fields = { method: 'password', password: 'long enough' };
      return () => ({ path, init: post(fields, by(caller)) });
    },
  },
  {
    name: 'POST /self-service/recovery of an account with a second factor',
    over: ALL,
    untouched: STRANGER,
    isSuccess: isDone,
    async prepare({ caller }, standin, kratos) {
      await standin('PATCH', `identities/${caller.identityId}`, { totp: true });
      await standin('POST', 'control', { revokesAfter: ['recovery'] });
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
        return { path, init: post({ method: 'code', code: '000000' }) };
      };
    },
  },
  {
    name: 'POST /self-service/login',
    over: ALL,
    untouched: STRANGER,
    isSuccess: isDone,
    async prepare(people, standin, kratos) {
      await setPassword(people, kratos);
      await standin('POST', 'control', { revokesAfter: ['login'] });
      const path = await begin('login', { kratos });
      const fields = {
        method: 'password',
        identifier: emailOf(people.caller),
        password: 'the first one',
      };
      return () => ({ path, init: post(fields) });
    },
  },
];
