import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { failed, success } from '../../src/errors/result.ts';
import { createKratosStore } from '../../src/providers/kratos/kratos-store.ts';
import { createUpstream, type Upstream } from '../../src/providers/upstream.ts';
import type { Announcer } from '../../src/revocation/announcer.ts';
import type { MarkSubject } from '../../src/revocation/mark.ts';
import type { ApiAnswer, ApiMethods } from '../../src/session-api/api-route.ts';
import { Guard } from '../../src/session-api/guard.ts';
import { keycardRoutes } from '../../src/session-api/keycard.ts';
import { createKeycardCallers } from '../../src/session-api/keycard-caller.ts';
import { kratosAdminRoutes } from '../../src/session-api/kratos-admin.ts';
import { kratosPublicRoutes } from '../../src/session-api/kratos-public.ts';
import { selfServiceRoutes } from '../../src/session-api/self-service.ts';
import type { Resolution } from '../../src/whoami/resolution.ts';
import { KratosClient, type SignedInSession } from '../standins/kratos-client.ts';
import { type RunningStandin, startStandin } from '../standins/start-standin.ts';
import { authority } from '../support/authority.ts';
import { ADMIN_SECRET, GUARDED } from './start-session-api.ts';

/** Who was announced: before the change, and as really changed. */
interface Announcement {
  readonly expected: readonly MarkSubject[];
  readonly changed: readonly MarkSubject[];
}

let announcements: Announcement[];
let isLogDown: boolean;
/** Runs between the first mark and the change. */
let meanwhile: () => Promise<unknown>;

const announcer: Announcer = {
  async announce(expected, change) {
    await meanwhile();
    const { value, changed } = await change();
    announcements.push({ expected, changed });
    return isLogDown ? failed('revocation_unrecorded') : success(value);
  },
};

let kratosClient: KratosClient;
let keycard: RunningStandin;
let kratos: Upstream;

beforeAll(async () => {
  kratosClient = await KratosClient.start();
  keycard = await startStandin('keycard');
  kratos = upstream(kratosClient.origin);
});
afterAll(async () => {
  await kratosClient.stop();
  await keycard.stop();
});
beforeEach(async () => {
  announcements = [];
  isLogDown = false;
  meanwhile = async () => {};
  await kratosClient.reset();
});

/** Bodies are sent as text, because Node, unlike workerd, wants to be told when one is streamed. */
function upstream(baseUrl: string): Upstream {
  const timeoutMs = 5000;
  const real = createUpstream({ baseUrl, timeoutMs, fetch: (request) => fetch(request) });
  return {
    async send({ body, ...call }) {
      const text = body instanceof ReadableStream ? await new Response(body).text() : body;
      return real.send({ ...call, ...(text !== undefined && { body: text }) });
    },
  };
}

function allRoutes(): Record<string, ApiMethods> {
  const store = createKratosStore({
    publicUrl: kratosClient.origin,
    timeoutMs: 5000,
    fetch: (request) => fetch(request),
  });
  const provenance = {
    tier: 'store',
    forwarded: 'miss',
    ageSeconds: 0,
    ttlSeconds: undefined,
    collapsed: false,
    fault: undefined,
  } as const;
  const sessions = {
    async resolve(credential: Parameters<typeof store.check>[0]): Promise<Resolution> {
      const answer = await store.check(credential);
      if (answer.kind === 'session')
        return { outcome: 'signed-in', ...answer, provenance, logPosition: 0 };
      const reason = 'session_inactive';
      const mayClearCookie = true;
      return { outcome: 'not-signed-in', reason, body: undefined, mayClearCookie, provenance };
    },
  };
  const apiUrl = 'https://app.example.test';
  const caller = {
    sessions,
    announcer,
    kratos,
    cookieNames: ['ory_kratos_session'],
    secrets: new Set<string>(),
    allowedOrigins: [apiUrl],
  };
  const host = { kratosUrls: [kratosClient.origin], publicUrl: apiUrl, apiPath: '' };
  const guard = new Guard({
    secrets: [ADMIN_SECRET],
    access: undefined,
    allowedOrigins: [],
    now: Date.now,
  });
  const admin = { kratosAdmin: kratos, apiKey: undefined, guard, announcer, apiUrl, apiPath: '' };
  const callers = createKeycardCallers({
    keycard: upstream(keycard.origin),
    serviceAccount: undefined,
  });
  return {
    ...kratosPublicRoutes({ ...caller, apiUrl }),
    ...selfServiceRoutes({ ...caller, store, host }),
    ...kratosAdminRoutes(admin),
    ...keycardRoutes({ callers, announcer, zones: undefined }),
  };
}

interface Asked {
  readonly parameters?: Readonly<Record<string, string>>;
  readonly headers?: Record<string, string>;
  readonly body?: unknown;
  readonly search?: string;
}

async function ask(method: keyof ApiMethods, route: string, asked: Asked = {}): Promise<ApiAnswer> {
  const { parameters = {}, headers = {}, body, search = '' } = asked;
  const handler = allRoutes()[route]?.[method];
  if (handler === undefined) throw new Error(`${method} ${route} is no route`);
  const path = route.replace(/:(\w+)/g, (_, name: string) => parameters[name] ?? '');
  const isForm = typeof body === 'string';
  const request = new Request(`https://app.example.test${path}${search}`, {
    method,
    headers: {
      ...headers,
      ...(body !== undefined && {
        'content-type': isForm ? 'application/x-www-form-urlencoded' : 'application/json',
      }),
    },
    ...(body !== undefined && { body: isForm ? body : JSON.stringify(body) }),
  });
  const target = {
    method,
    host: authority('app.example.test'),
    path,
    decodedPath: path,
    readings: [path] as const,
    search,
  };
  return handler({
    request,
    target,
    anchor: () => {},
    parameter: (name) => parameters[name] ?? '',
  });
}

async function statusOf(answer: Promise<ApiAnswer>): Promise<number | string> {
  const { ok, ...rest } = await answer;
  return ok && 'value' in rest ? rest.value.status : 'failure' in rest ? rest.failure : '';
}

/** Whose it is takes no part, but where a test asks for it. */
const session = (sessionId: string): MarkSubject =>
  expect.objectContaining({ kind: 'session', sessionId });
const identity = (identityId: string): MarkSubject => ({ kind: 'identity', identityId });
const by = ({ session_token: token }: SignedInSession) => ({ 'x-session-token': token });

async function three() {
  const identityId = crypto.randomUUID();
  const current = await kratosClient.signIn({ identityId });
  const other = await kratosClient.signIn({ identityId });
  const another = await kratosClient.signIn({ identityId });
  return { identityId, current, other, another };
}

describe('Kratos public', () => {
  it('a session ended by its owner is announced', async () => {
    const { current, other } = await three();
    const asked = { parameters: { id: other.session.id.toUpperCase() }, headers: by(current) };
    expect(await statusOf(ask('DELETE', '/sessions/:id', asked))).toBe(204);
    const identityId = other.session.identity.id;
    const subjects = [{ kind: 'session', sessionId: other.session.id, identityId }];
    expect(announcements).toEqual([{ expected: subjects, changed: subjects }]);
  });

  it('a session that is somebody else’s is not, although Kratos answers 204', async () => {
    const { current } = await three();
    const foreign = await kratosClient.signIn({ identityId: crypto.randomUUID() });
    const asked = { parameters: { id: foreign.session.id }, headers: by(current) };
    expect(await statusOf(ask('DELETE', '/sessions/:id', asked))).toBe(204);
    expect(announcements).toEqual([{ expected: [], changed: [] }]);
  });

  it('a session found on the second page of the list is announced', async () => {
    const { identityId, current } = await three();
    const made = await kratosClient.send('POST', '/.standin/sessions/many', {
      identityId,
      count: 300,
    });
    const { ids } = (await made.json()) as { ids: string[] };
    const oldest = ids.at(-1) ?? '';
    await ask('DELETE', '/sessions/:id', { parameters: { id: oldest }, headers: by(current) });
    expect(announcements).toEqual([{ expected: [session(oldest)], changed: [session(oldest)] }]);
  });

  it('all others are announced one by one, and the caller’s own is not', async () => {
    const { current, other, another } = await three();
    const answer = await ask('DELETE', '/sessions', { headers: by(current) });
    expect(answer.ok && (await answer.value.json())).toEqual({ count: 2 });
    const ids = announcements[0]?.changed.map((mark) => mark.kind === 'session' && mark.sessionId);
    expect(new Set(ids)).toEqual(new Set([other.session.id, another.session.id]));
  });

  it('whoever signs in between the list and the change is covered by a mark of the identity', async () => {
    const { identityId, current } = await three();
    meanwhile = () => kratosClient.signIn({ identityId });
    await ask('DELETE', '/sessions', { headers: by(current) });
    expect(announcements[0]?.expected).toHaveLength(2);
    expect(announcements[0]?.changed).toHaveLength(3);
    expect(announcements[0]?.changed).toContainEqual(identity(identityId));
  });

  it('nothing is announced for a caller the store does not know', async () => {
    const { other } = await three();
    const asked = {
      parameters: { id: other.session.id },
      headers: { 'x-session-token': 'ory_st_nobodys00000000000000000000000' },
    };
    expect(await statusOf(ask('DELETE', '/sessions/:id', asked))).toBe(401);
    expect(await statusOf(ask('DELETE', '/sessions', asked))).toBe(401);
    expect(announcements).toEqual([]);
  });
});

describe('Kratos admin', () => {
  const guarded = (id: string): Asked => ({ parameters: { id }, headers: GUARDED });

  it.each([
    ['DELETE', '/admin/sessions/:id', 204],
    ['PATCH', '/admin/sessions/:id/extend', 200],
  ] as const)('%s %s announces the session', async (method, route, status) => {
    const { current } = await three();
    expect(await statusOf(ask(method, route, guarded(current.session.id)))).toBe(status);
    const subjects = [session(current.session.id)];
    expect(announcements).toEqual([{ expected: subjects, changed: subjects }]);
  });

  it.each([
    ['DELETE', '/admin/sessions/:id'],
    ['PATCH', '/admin/sessions/:id/extend'],
    ['DELETE', '/admin/identities/:id/sessions'],
  ] as const)('%s %s of what is not there changes nothing', async (method, route) => {
    expect(await statusOf(ask(method, route, guarded(crypto.randomUUID())))).toBe(404);
    expect(announcements.map(({ changed }) => changed)).toEqual([[]]);
  });

  it('all sessions of an identity announce the identity', async () => {
    const { identityId } = await three();
    await ask('DELETE', '/admin/identities/:id/sessions', guarded(identityId));
    expect(announcements[0]?.changed).toEqual([identity(identityId)]);
  });

  it('a bulk change announces everyone it names', async () => {
    const { identityId, current, other } = await three();
    const bulk = (body: object) => ask('POST', '/admin/sessions', { headers: GUARDED, body });
    const sessions = [current.session.id, other.session.id];
    await bulk({ action: 'disable', sessions });
    await bulk({ action: 'delete', identities: [identityId] });
    await bulk({ action: 'disable', identities: ['*'] });
    expect(announcements.map(({ changed }) => changed)).toEqual([
      sessions.map(session),
      [identity(identityId)],
      [{ kind: 'everything' }],
    ]);
  });

  it('a bulk change is read once: what is sent is what was read', async () => {
    const { current, other } = await three();
    const { id } = current.session;
    const body = { action: 'disable', sessions: [id], Sessions: [other.session.id], more: 1 };
    await ask('POST', '/admin/sessions', { headers: GUARDED, body });
    expect(announcements[0]?.changed).toEqual([session(id)]);
    expect((await kratosClient.whoami(by(current))).status).toBe(401);
    expect((await kratosClient.whoami(by(other))).status).toBe(200);
  });

  it('a change of which nobody knows whether it was made is announced as expected', async () => {
    const { current } = await three();
    const path = `/admin/sessions/${current.session.id}`;
    await kratosClient.control({ answers: { [`DELETE ${path}`]: { status: 500 } } });
    expect(await statusOf(ask('DELETE', '/admin/sessions/:id', guarded(current.session.id)))).toBe(
      500,
    );
    expect(announcements).toEqual([{ expected: [session(current.session.id)], changed: [] }]);
  });

  it('a change that could not be told to everyone is not reported as done', async () => {
    const { current } = await three();
    isLogDown = true;
    const answer = ask('DELETE', '/admin/sessions/:id', guarded(current.session.id));
    expect(await statusOf(answer)).toBe('revocation_unrecorded');
  });
});

describe('self-service', () => {
  const csrfOf = (flow: { ui: { nodes: { attributes: { name: string; value: string } }[] } }) =>
    flow.ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token')?.attributes.value ??
    '';

  /** A browser's flow with the cookies it needs, session included where somebody is signed in. */
  async function browserFlow(kind: string, cookie?: string, query = '') {
    const headers = { accept: 'application/json', ...(cookie !== undefined && { cookie }) };
    const response = await kratosClient.call(`/self-service/${kind}/browser${query}`, { headers });
    const flow = (await response.json()) as { id: string } & Parameters<typeof csrfOf>[0];
    const csrf = response.headers.getSetCookie()[0]?.split(';')[0] ?? '';
    return {
      search: `?flow=${flow.id}`,
      csrf_token: csrfOf(flow),
      cookie: [cookie, csrf].filter(Boolean).join('; '),
    };
  }

  const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

  it('signing out by the browser announces the session', async () => {
    const { current } = await three();
    const flow = await kratosClient.call('/self-service/logout/browser', {
      headers: { cookie: current.cookie },
    });
    const { logout_token: token } = (await flow.json()) as { logout_token: string };
    const logout = (search: string) =>
      ask('GET', '/self-service/logout', { search, headers: { cookie: current.cookie } });
    expect(await statusOf(logout('?token=wrong'))).toBe(403);
    expect(await statusOf(logout(`?token=${token}`))).toBe(303);
    expect(announcements.map(({ changed }) => changed)).toEqual([
      [],
      [session(current.session.id)],
    ]);
  });

  it('signing out by an app announces the session', async () => {
    const { current } = await three();
    const body = { session_token: current.session_token };
    expect(await statusOf(ask('DELETE', '/self-service/logout/api', { body }))).toBe(204);
    const { id: sessionId, identity: owner } = current.session;
    expect(announcements[0]?.changed).toEqual([
      { kind: 'session', sessionId, identityId: owner.id },
    ]);
  });

  it.each(['aal1', 'highest_available'])(
    'stepping up announces the session, a wrong code does not, where whoami asks for %s',
    async (requiredAal) => {
      await kratosClient.control({ requiredAal });
      const identityId = crypto.randomUUID();
      const current = await kratosClient.signIn({ identityId });
      await kratosClient.send('PATCH', `/.standin/identities/${identityId}`, { totp: true });
      const submit = async (code: string) => {
        const { search, cookie, csrf_token } = await browserFlow(
          'login',
          current.cookie,
          '?aal=aal2',
        );
        const body = form({ csrf_token, method: 'totp', totp_code: code });
        return ask('POST', '/self-service/login', { search, body, headers: { cookie } });
      };
      expect(await statusOf(submit('111111'))).toBe(303);
      expect(await statusOf(submit('000000'))).toBe(303);
      expect(announcements.map(({ changed }) => changed)).toEqual([
        [],
        [session(current.session.id)],
      ]);
    },
  );

  it('settings that were taken announce the identity, those shown again do not', async () => {
    const { identityId, current } = await three();
    const submit = async (password: string) => {
      const { search, cookie, csrf_token } = await browserFlow('settings', current.cookie);
      const body = form({ csrf_token, method: 'password', password });
      return ask('POST', '/self-service/settings', { search, body, headers: { cookie } });
    };
    expect(await statusOf(submit('short'))).toBe(303);
    expect(await statusOf(submit('long enough'))).toBe(303);
    expect(announcements.map(({ changed }) => changed)).toEqual([[], [identity(identityId)]]);
  });

  it('settings taken from an app announce the identity', async () => {
    const { identityId, current } = await three();
    const made = await kratosClient.call('/self-service/settings/api', { headers: by(current) });
    const { id } = (await made.json()) as { id: string };
    const asked = { search: `?flow=${id}`, headers: by(current) };
    const submit = (email: string) =>
      ask('POST', '/self-service/settings', { ...asked, body: { method: 'profile', email } });
    expect(await statusOf(submit('no address'))).toBe(400);
    expect(await statusOf(submit('new@example.com'))).toBe(200);
    expect(announcements.map(({ changed }) => changed)).toEqual([[], [identity(identityId)]]);
  });

  it.each(['browser', 'api'] as const)(
    'a recovery by %s announces whoever was recovered',
    async (type) => {
      const identityId = crypto.randomUUID();
      const email = `${identityId}@example.com`;
      await kratosClient.signIn({ identityId, traits: { email } });
      const { search, cookie, csrf_token } =
        type === 'browser' ? await browserFlow('recovery') : await apiRecovery();
      const submit = (fields: Record<string, string>) =>
        ask('POST', '/self-service/recovery', {
          search,
          headers: { cookie },
          body: type === 'browser' ? form({ csrf_token, ...fields }) : fields,
        });
      await submit({ method: 'code', email });
      await submit({ method: 'code', code: '999999' });
      await submit({ method: 'code', code: '000000' });
      expect(announcements.map(({ changed }) => changed)).toEqual([[], [], [identity(identityId)]]);
    },
  );

  it('a recovery by a script in a browser, answered 422, announces whoever was recovered', async () => {
    const identityId = crypto.randomUUID();
    const email = `${identityId}@example.com`;
    await kratosClient.signIn({ identityId, traits: { email } });
    const { search, cookie, csrf_token } = await browserFlow('recovery');
    const headers = { cookie, accept: 'application/json' };
    const submit = (fields: Record<string, string>) =>
      ask('POST', '/self-service/recovery', { search, headers, body: { csrf_token, ...fields } });
    await submit({ method: 'code', email });
    expect(await statusOf(submit({ method: 'code', code: '000000' }))).toBe(422);
    expect(announcements.map(({ changed }) => changed)).toEqual([[], [identity(identityId)]]);
  });

  async function apiRecovery() {
    const made = await kratosClient.call('/self-service/recovery/api');
    const { id } = (await made.json()) as { id: string };
    return { search: `?flow=${id}`, cookie: '', csrf_token: '' };
  }
});

describe('Keycard', () => {
  const create = async (members: object): Promise<string> => {
    const response = await fetch(`${keycard.origin}/.standin/sessions`, {
      method: 'POST',
      body: JSON.stringify(members),
    });
    return ((await response.json()) as { id: string }).id;
  };
  const bearer = async () => {
    const response = await fetch(`${keycard.origin}/.standin/bearers`, { method: 'POST' });
    return { authorization: `Bearer ${((await response.json()) as { bearer: string }).bearer}` };
  };

  it.each(['PATCH', 'DELETE'] as const)(
    '%s of a parent announces its children, however deep',
    async (method) => {
      const user = { user_id: `user-${crypto.randomUUID()}` };
      const parent = await create(user);
      const child = await create({ ...user, parent_id: parent });
      const grandchild = await create({ ...user, parent_id: child });
      await create({ ...user });
      await create({ ...user, session_type: 'application' });
      const asked: Asked = {
        parameters: { zoneId: 'zone-1', id: parent },
        headers: await bearer(),
        ...(method === 'PATCH' && { body: { status: 'revoked' } }),
      };
      await ask(method, '/zones/:zoneId/sessions/:id', asked);
      const subjects = [parent, child, grandchild].map(session);
      expect(announcements).toEqual([{ expected: [], changed: subjects }]);
    },
  );

  it('what Keycard refuses is not announced', async () => {
    const id = await create({});
    const parameters = { zoneId: 'zone-1', id };
    const route = '/zones/:zoneId/sessions/:id';
    const nobody = { authorization: 'Bearer nobody' };
    expect(await statusOf(ask('DELETE', route, { parameters, headers: nobody }))).toBe(401);
    const unknown = { zoneId: 'zone-1', id: 'unknown' };
    expect(
      await statusOf(ask('DELETE', route, { parameters: unknown, headers: await bearer() })),
    ).toBe(404);
    expect(announcements.map(({ changed }) => changed)).toEqual([[], []]);
  });
});
