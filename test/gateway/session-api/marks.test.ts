import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { plainReading } from '../../../src/http/path-readings.ts';
import { createKratosStore } from '../../../src/providers/kratos/kratos-store.ts';
import { createUpstream, type Upstream } from '../../../src/providers/upstream.ts';
import type { AppendAnswer } from '../../../src/revocation/log-protocol.ts';
import type { WriteRequest } from '../../../src/revocation/log-writer.ts';
import type { Mark, MarkSubject } from '../../../src/revocation/mark.ts';
import { selfServiceRoutes } from '../../../src/routes/self-service/self-service.ts';
import { tokenExchangeRoutes } from '../../../src/routes/self-service/token-exchange.ts';
import { Guard } from '../../../src/routes/session-api/guard.ts';
import { keycardRoutes } from '../../../src/routes/session-api/keycard.ts';
import { kratosAdminRoutes } from '../../../src/routes/session-api/kratos-admin.ts';
import { kratosPublicRoutes } from '../../../src/routes/session-api/kratos-public.ts';
import type { ApiAnswer, ApiMethods } from '../../../src/session-changes/api-route.ts';
import { ChangeMaker } from '../../../src/session-changes/change-maker.ts';
import type { Resolution } from '../../../src/sessions/resolution.ts';
import { KratosClient, type SignedInSession } from '../../standins/kratos-client.ts';
import { type RunningStandin, startStandin } from '../../standins/start-standin.ts';
import { authority } from '../../support/authority.ts';
import { ADMIN_SECRET, GUARDED } from './start-session-api.ts';

/** The marks of one request: before it was sent, and after its answer. */
interface Marked {
  readonly intended: readonly MarkSubject[];
  readonly ended: readonly MarkSubject[];
  readonly rechecked: readonly MarkSubject[];
}

const ISSUER = 'https://zone-1.keycard.cloud';
const ZONES = new Map<string, string[]>([
  ['zone-1', [ISSUER]],
  ['zone-2', []],
]);

let marked: Marked[];
let isLogDown: boolean;
/** The records that the log keeps for retries. */
let kept: Map<string, readonly MarkSubject[]>;
let written: Mark[];

const writer = {
  async append(
    marks: readonly Mark[],
    { remember, recall }: WriteRequest = {},
  ): Promise<AppendAnswer | undefined> {
    if (isLogDown) return undefined;
    written.push(...marks);
    for (const key of remember?.keys ?? []) kept.set(key, remember?.about ?? []);
    const recalled = recall === undefined ? undefined : kept.get(recall);
    const page = { marks: [], position: 1, hasMore: false };
    return { kind: 'recorded', page, ...(recalled !== undefined && { recalled }) };
  },
};
const maker = new ChangeMaker({ writer, report: () => {} });

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
  marked = [];
  written = [];
  kept = new Map();
  isLogDown = false;
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
    issuer: 'https://auth.example.test/',
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
  const callers = {
    sessions,
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
  const admin = {
    ...{ kratosAdmin: kratos, apiKey: undefined, readNames: undefined },
    ...{ guard, apiUrl, apiPath: '' },
  };
  const access = {
    keycard: upstream(keycard.origin),
    serviceAccount: undefined,
    isOwn: async () => ({ ok: true, value: undefined }) as const,
  };
  const flows = {
    callers,
    changes: maker,
    kratos,
    store,
    host,
    findByAddress: undefined,
    signInEndsSessions: false,
    now: Date.now,
  };
  return {
    ...kratosPublicRoutes({ callers, changes: maker, kratos, apiUrl }),
    ...tokenExchangeRoutes(flows),
    ...selfServiceRoutes(flows),
    ...kratosAdminRoutes(admin),
    ...keycardRoutes({ access, changes: maker, zones: ZONES }),
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
    readings: [plainReading(path)] as const,
    search,
  };
  const call = {
    request,
    target,
    waitUntil: () => {},
    parameter: (name: string) => parameters[name] ?? '',
  };
  if (handler.kind === 'read') return handler.handle(call);
  const plan = await handler.plan(call);
  if (plan.kind === 'answer') return plan.answer;
  written = [];
  let intended: MarkSubject[] = [];
  const send = () => {
    intended = written.map(({ subject }) => subject);
    expect(written.every(({ isTentative }) => isTentative)).toBe(true);
    written = [];
    return plan.change.send();
  };
  const answer = await maker.make({ ...plan.change, send }, () => {});
  const [ended, rechecked] = [false, true].map((isTentative) =>
    written.filter((mark) => mark.isTentative === isTentative).map(({ subject }) => subject),
  );
  marked.push({ intended, ended: ended ?? [], rechecked: rechecked ?? [] });
  return answer;
}

async function statusOf(answer: Promise<ApiAnswer>): Promise<number | string> {
  const { ok, ...rest } = await answer;
  return ok && 'value' in rest ? rest.value.status : 'failure' in rest ? rest.failure : '';
}

/** A mark of this session. Its owner is compared only if a test asks for it. */
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

const ownedBy = (identityId: string, sessionId: string): MarkSubject => ({
  kind: 'session-of',
  sessionId,
  identityId,
});
const othersOf = (identityId: string, exceptSessionId: string): MarkSubject => ({
  kind: 'other-sessions',
  identityId,
  exceptSessionId,
});
const ends = (...subjects: MarkSubject[]) => ({
  intended: subjects,
  ended: subjects,
  rechecked: [],
});
const changesNothing = (...intended: MarkSubject[]) => ({ intended, ended: [], rechecked: [] });

describe('Kratos public', () => {
  it('a session that its owner names is marked together with the owner', async () => {
    const { identityId, current, other } = await three();
    const asked = { parameters: { id: other.session.id.toUpperCase() }, headers: by(current) };
    expect(await statusOf(ask('DELETE', '/sessions/:id', asked))).toBe(204);
    expect(marked).toEqual([ends(ownedBy(identityId, other.session.id))]);
  });

  it('a session of another person is marked for the caller alone, although Kratos answers 204', async () => {
    const { identityId, current } = await three();
    const foreign = await kratosClient.signIn({ identityId: crypto.randomUUID() });
    const asked = { parameters: { id: foreign.session.id }, headers: by(current) };
    expect(await statusOf(ask('DELETE', '/sessions/:id', asked))).toBe(204);
    expect(marked).toEqual([ends(ownedBy(identityId, foreign.session.id))]);
  });

  it('all other sessions are marked by their person, without the caller’s, for any list and count', async () => {
    const { identityId, current } = await three();
    const revokeOthers = () => ask('DELETE', '/sessions', { headers: by(current) });
    const [first, second] = [await revokeOthers(), await revokeOthers()];
    // As the real Kratos counts: every other row, dead ones too.
    expect(first.ok && (await first.value.json())).toEqual({ count: 2 });
    expect(second.ok && (await second.value.json())).toEqual({ count: 2 });
    const once = ends(othersOf(identityId, current.session.id));
    expect(marked).toEqual([once, once]);
  });

  it('an external id, by which tokens may name the person, is marked too', async () => {
    const { identityId, current, other } = await three();
    await kratosClient.send('PATCH', `/.standin/identities/${identityId}`, {
      external_id: 'ext-1',
    });
    const asked = { parameters: { id: other.session.id }, headers: by(current) };
    await ask('DELETE', '/sessions/:id', asked);
    const names = [identityId, 'ext-1'];
    expect(marked).toEqual([ends(...names.map((name) => ownedBy(name, other.session.id)))]);
  });

  it('an unknown caller causes no mark and no call', async () => {
    const { other } = await three();
    const asked = {
      parameters: { id: other.session.id },
      headers: { 'x-session-token': 'ory_st_nobodys00000000000000000000000' },
    };
    expect(await statusOf(ask('DELETE', '/sessions/:id', asked))).toBe(401);
    expect(await statusOf(ask('DELETE', '/sessions', asked))).toBe(401);
    expect(marked).toEqual([]);
  });

  it('a time-out proves no failure: the sessions that the caller may end are marked', async () => {
    const { identityId, current, other } = await three();
    const path = `/sessions/${other.session.id}`;
    const asked = { parameters: { id: other.session.id }, headers: by(current) };
    for (const status of [500, 503, 404, 302]) {
      await kratosClient.control({ answers: { [`DELETE ${path}`]: { status } } });
      await ask('DELETE', '/sessions/:id', asked);
    }
    const once = ends(ownedBy(identityId, other.session.id));
    expect(marked).toEqual([once, once, once, once]);
  });

  it('a refusal proves that the change was not made', async () => {
    const { identityId, current } = await three();
    const asked = { parameters: { id: current.session.id }, headers: by(current) };
    expect(await statusOf(ask('DELETE', '/sessions/:id', asked))).toBe(400);
    expect(marked).toEqual([changesNothing(ownedBy(identityId, current.session.id))]);
  });
});

describe('Kratos admin', () => {
  const guarded = (id: string): Asked => ({ parameters: { id }, headers: GUARDED });

  it('a session that an operator ends is marked', async () => {
    const { current } = await three();
    const asked = guarded(current.session.id);
    expect(await statusOf(ask('DELETE', '/admin/sessions/:id', asked))).toBe(204);
    expect(marked).toEqual([ends(session(current.session.id))]);
  });

  it('an extended session is checked again, and its tokens stay valid', async () => {
    const { current } = await three();
    const asked = guarded(current.session.id);
    expect(await statusOf(ask('PATCH', '/admin/sessions/:id/extend', asked))).toBe(200);
    const about = [session(current.session.id)];
    expect(marked).toEqual([{ intended: about, ended: [], rechecked: about }]);
  });

  it.each([
    ['/admin/sessions/:id', (id: string) => session(id)],
    ['/admin/identities/:id/sessions', (id: string) => identity(id)],
  ] as const)('DELETE %s with a missing target may be a retry', async (route, subject) => {
    const id = crypto.randomUUID();
    expect(await statusOf(ask('DELETE', route, guarded(id)))).toBe(404);
    expect(marked).toEqual([ends(subject(id))]);
  });

  it('all sessions of an identity mark the identity', async () => {
    const { identityId } = await three();
    await ask('DELETE', '/admin/identities/:id/sessions', guarded(identityId));
    expect(marked).toEqual([ends(identity(identityId))]);
  });

  it('a bulk change marks every session and person in it', async () => {
    const { identityId, current, other } = await three();
    const bulk = (body: object) => ask('POST', '/admin/sessions', { headers: GUARDED, body });
    const sessions = [current.session.id, other.session.id];
    await bulk({ action: 'disable', sessions });
    await bulk({ action: 'delete', identities: [identityId] });
    await bulk({ action: 'disable', identities: ['*'] });
    expect(marked).toEqual([
      ends(...sessions.map(session)),
      ends(identity(identityId)),
      ends({ kind: 'everything' }),
    ]);
  });

  it('a bulk change is parsed once, and sent as it was parsed', async () => {
    const { current, other } = await three();
    const { id } = current.session;
    const body = { action: 'disable', sessions: [id], Sessions: [other.session.id], more: 1 };
    await ask('POST', '/admin/sessions', { headers: GUARDED, body });
    expect(marked).toEqual([ends(session(id))]);
    expect((await kratosClient.whoami(by(current))).status).toBe(401);
    expect((await kratosClient.whoami(by(other))).status).toBe(200);
  });

  it('a change is not sent while the log cannot be written', async () => {
    const { current } = await three();
    isLogDown = true;
    const answer = ask('DELETE', '/admin/sessions/:id', guarded(current.session.id));
    expect(await statusOf(answer)).toBe('revocation_log_unavailable');
    expect((await kratosClient.whoami(by(current))).status).toBe(200);
  });
});

describe('self-service', () => {
  const csrfOf = (flow: { ui: { nodes: { attributes: { name: string; value: string } }[] } }) =>
    flow.ui.nodes.find(({ attributes }) => attributes.name === 'csrf_token')?.attributes.value ??
    '';

  /** A browser's flow with the cookies it needs, with the session cookie of a signed-in user. */
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

  it('a browser’s sign-out marks the session', async () => {
    const { current } = await three();
    const flow = await kratosClient.call('/self-service/logout/browser', {
      headers: { cookie: current.cookie },
    });
    const { logout_token: token } = (await flow.json()) as { logout_token: string };
    const logout = (search: string) =>
      ask('GET', '/self-service/logout', { search, headers: { cookie: current.cookie } });
    expect(await statusOf(logout('?token=wrong'))).toBe(303); // to the page of errors
    expect(await statusOf(logout(`?token=${token}`))).toBe(303);
    expect(marked).toEqual([
      changesNothing(session(current.session.id)),
      ends(session(current.session.id)),
    ]);
  });

  it('an app’s sign-out marks the session', async () => {
    const { current } = await three();
    const body = { session_token: current.session_token };
    expect(await statusOf(ask('DELETE', '/self-service/logout/api', { body }))).toBe(204);
    const { id: sessionId, identity: owner } = current.session;
    expect(marked).toEqual([ends({ kind: 'session', sessionId, identityId: owner.id })]);
  });

  it.each(['aal1', 'highest_available'])(
    'a step-up marks the session, a wrong code does not, at the whoami level %s',
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
      expect(marked[1]?.rechecked).toContainEqual(session(current.session.id));
      expect(marked[0]?.ended).toEqual([]);
    },
  );

  it('accepted settings mark the identity, and rejected ones do not', async () => {
    const { identityId, current } = await three();
    const submit = async (password: string) => {
      const { search, cookie, csrf_token } = await browserFlow('settings', current.cookie);
      const body = form({ csrf_token, method: 'password', password });
      return ask('POST', '/self-service/settings', { search, body, headers: { cookie } });
    };
    expect(await statusOf(submit('short'))).toBe(303);
    expect(await statusOf(submit('long enough'))).toBe(303);
    expect(marked.map(({ ended }) => ended)).toEqual([[], [identity(identityId)]]);
  });

  it('accepted settings of an app mark the identity', async () => {
    const { identityId, current } = await three();
    const made = await kratosClient.call('/self-service/settings/api', { headers: by(current) });
    const { id } = (await made.json()) as { id: string };
    const asked = { search: `?flow=${id}`, headers: by(current) };
    const submit = (email: string) =>
      ask('POST', '/self-service/settings', {
        ...asked,
        body: { method: 'profile', traits: { email } },
      });
    expect(await statusOf(submit('no address'))).toBe(400);
    expect(await statusOf(submit('new@example.com'))).toBe(200);
    expect(marked.map(({ ended }) => ended)).toEqual([[], [identity(identityId)]]);
  });

  it.each(['browser', 'api'] as const)(
    'a recovery by %s marks the recovered identity',
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
      expect(marked.map(({ ended }) => ended)).toEqual([[], [], [identity(identityId)]]);
    },
  );

  it.each([
    [200, true],
    [422, false],
  ])(
    'a recovery by a script in a browser, answered %i, marks the recovered identity',
    async (status, usesContinueWithTransitions) => {
      await kratosClient.control({ usesContinueWithTransitions });
      const identityId = crypto.randomUUID();
      const email = `${identityId}@example.com`;
      await kratosClient.signIn({ identityId, traits: { email } });
      const { search, cookie, csrf_token } = await browserFlow('recovery');
      const headers = { cookie, accept: 'application/json' };
      const submit = (fields: Record<string, string>) =>
        ask('POST', '/self-service/recovery', { search, headers, body: { csrf_token, ...fields } });
      await submit({ method: 'code', email });
      expect(await statusOf(submit({ method: 'code', code: '000000' }))).toBe(status);
      expect(marked.map(({ ended }) => ended)).toEqual([[], [identity(identityId)]]);
    },
  );

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
      body: JSON.stringify({ id: crypto.randomUUID(), ...members }),
    });
    return ((await response.json()) as { id: string }).id;
  };
  const bearer = async (zoneId = 'zone-1') => {
    const body = JSON.stringify({ zoneId });
    const response = await fetch(`${keycard.origin}/.standin/bearers`, { method: 'POST', body });
    return { authorization: `Bearer ${((await response.json()) as { bearer: string }).bearer}` };
  };

  const ROUTE = '/zones/:zoneId/sessions/:id';
  const byIssuer = (identityId: string, sessionId?: string): MarkSubject =>
    sessionId === undefined
      ? { kind: 'identity', identityId, issuer: ISSUER }
      : { kind: 'session', sessionId, identityId, issuer: ISSUER };
  const byApplication = (identityId: string, applicationId: string): MarkSubject => ({
    kind: 'application-of',
    ...{ identityId, applicationId, issuer: ISSUER },
  });
  const end = (
    method: 'PATCH' | 'DELETE',
    id: string,
    headers: Record<string, string>,
    zoneId = 'zone-1',
  ) =>
    ask(method, ROUTE, {
      parameters: { zoneId, id },
      headers,
      ...(method === 'PATCH' && { body: { status: 'revoked' } }),
    });

  it.each(['PATCH', 'DELETE'] as const)(
    '%s of a parent marks all derived sessions, at any depth and of any user, and their users',
    async (method) => {
      const user_id = `user-${crypto.randomUUID()}`;
      const own = { user_id, subject: `of-${user_id}`, application_id: 'app-1' };
      const parent = await create({ ...own, parent_id: null });
      const child = await create({ ...own, parent_id: parent, application_id: 'app-2' });
      const other_id = `user-${crypto.randomUUID()}`;
      const grandchild = await create({
        user_id: other_id,
        subject: other_id,
        parent_id: child,
        application_id: null,
      });
      await create({ user_id: 'uninvolved', subject: 'uninvolved' });
      await create({ user_id, session_type: 'application' });
      await end(method, parent, await bearer());
      const subjects = [
        byIssuer(user_id, parent),
        byApplication(user_id, 'app-1'),
        byApplication(`of-${user_id}`, 'app-1'),
        byIssuer(user_id, child),
        byApplication(user_id, 'app-2'),
        byApplication(`of-${user_id}`, 'app-2'),
        byIssuer(other_id, grandchild),
        byIssuer(other_id),
      ];
      expect(marked).toEqual([ends(...subjects)]);
    },
  );

  it('a retry, for which Keycard no longer has the session, ends in the same marks unless they were recorded', async () => {
    const user_id = `user-${crypto.randomUUID()}`;
    const id = await create({ user_id, subject: user_id, application_id: 'app-1' });
    const own = await bearer();
    await end('DELETE', id, own);
    const subjects = [byIssuer(user_id, id), byApplication(user_id, 'app-1')];
    expect(marked).toEqual([ends(...subjects)]);
    marked = [];
    expect(await statusOf(end('DELETE', id, own))).toBe(404);
    expect(marked).toEqual([changesNothing()]);
    marked = [];
    expect(await statusOf(end('DELETE', id, await bearer()))).toBe(404); // of another person, for whom the store showed no session
    expect(marked).toEqual([changesNothing()]);
  });

  it.each([
    'zone_id',
    'organization_id',
    'status',
    'active',
    'authenticated_at',
    'created_at',
    'expires_at',
    'updated_at',
    'issuer',
    'provider_id',
    'subject',
    'application_id',
    'metadata',
    'session_data',
    'parent_id',
    'user_agent_id',
    'id',
  ])('a document without %s, which is optional, is accepted', async (member) => {
    const user_id = `user-${crypto.randomUUID()}`;
    const members = { user_id, subject: user_id, application_id: 'app-1', parent_id: null };
    const id = await create(members);
    const path = `/zones/zone-1/sessions/${id}`;
    const headers = await bearer();
    const shown = (await (await fetch(keycard.origin + path, { headers })).json()) as object;
    const body = Object.fromEntries(Object.entries(shown).filter(([name]) => name !== member));
    await control({ answers: { [`GET ${path}`]: { status: 200, body } } });
    expect(await statusOf(end('DELETE', id, headers))).toBe(204);
    await control({ answers: {} });
    const tokens =
      member === 'application_id' ? byIssuer(user_id) : byApplication(user_id, 'app-1');
    expect(marked).toEqual([ends(byIssuer(user_id, id), tokens)]);
  });

  it.each([429, 500, 503])(
    'a list that answers %i leaves the derived sessions unknown, so the change is not sent',
    async (status) => {
      const id = await create({});
      await control({ answers: { 'GET /zones/zone-1/sessions': { status, body: {} } } });
      expect(await statusOf(end('DELETE', id, await bearer()))).toBe('store_unavailable');
      await control({ answers: {} });
      expect(marked).toEqual([]);
      const after = await fetch(`${keycard.origin}/zones/zone-1/sessions/${id}`, {
        headers: await bearer(),
      });
      expect(after.status).toBe(200);
    },
  );

  it('a time-out proves no session to a caller with a bearer, and an operator can end the named session', async () => {
    const id = await create({ user_id: 'slow', subject: 'slow', application_id: null });
    const path = `/zones/zone-1/sessions/${id}`;
    await control({ answers: { [`DELETE ${path}`]: { status: 503, body: {} } } });
    await end('DELETE', id, await bearer());
    await control({ answers: {} });
    const about = [byIssuer('slow', id), byIssuer('slow')];
    expect(marked).toEqual([{ intended: about, ended: [], rechecked: about }]);
  });

  it('a zone without configured tokens causes no mark', async () => {
    const id = await create({ zone_id: 'zone-2' });
    expect(await statusOf(end('DELETE', id, await bearer('zone-2'), 'zone-2'))).toBe(204);
    expect(marked).toEqual([changesNothing()]);
    const unknown = await create({ zone_id: 'zone-3' });
    expect(await statusOf(end('DELETE', unknown, await bearer('zone-3'), 'zone-3'))).toBe(
      'not_found',
    );
  });

  async function control(settings: object): Promise<void> {
    await fetch(`${keycard.origin}/.standin/session-control`, {
      method: 'POST',
      body: JSON.stringify(settings),
    });
  }

  it('a change that Keycard refuses is not marked', async () => {
    const id = await create({});
    const parameters = { zoneId: 'zone-1', id };
    const route = '/zones/:zoneId/sessions/:id';
    const nobody = { authorization: 'Bearer nobody' };
    expect(await statusOf(ask('DELETE', route, { parameters, headers: nobody }))).toBe(401);
    const unknown = { zoneId: 'zone-1', id: 'unknown' };
    expect(
      await statusOf(ask('DELETE', route, { parameters: unknown, headers: await bearer() })),
    ).toBe(404);
    expect(marked.map(({ ended }) => ended)).toEqual([[], []]);
  });
});
