import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type KeycardStandin, keycardStandin } from '../gateway/session-api/start-session-api.ts';
import { type RunningStandin, startStandin } from './start-standin.ts';

let running: RunningStandin;
let keycard: KeycardStandin;
let bearer: string;

beforeAll(async () => {
  running = await startStandin('keycard');
  keycard = keycardStandin(running);
});
afterAll(() => running.stop());
beforeEach(async () => {
  bearer = await keycard.bearer();
});
afterEach(async () => {
  await keycard.reset();
  await keycard.forgetSessions();
});

type Document = Record<string, unknown>;
interface Page {
  readonly items: readonly Document[];
  readonly pagination: {
    readonly after_cursor: string | null;
    readonly before_cursor: string | null;
    readonly total_count?: number;
  };
}

function ask(path: string, { method = 'GET', by = bearer, body }: Asked = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${by}` };
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return fetch(`${running.origin}/zones/${path}`, { method, headers, ...sent });
}
interface Asked {
  readonly method?: string;
  readonly by?: string;
  readonly body?: unknown;
}
const list = async (query = '', zone = 'zone-1') =>
  (await (await ask(`${zone}/sessions${query}`)).json()) as Page;
const namesIn = ({ items }: Page) => items.map(({ user_id, subject }) => user_id ?? subject);

// `types/zones/session.py` of keycardai-api 0.18: the members that have no default.
const REQUIRED = {
  user: ['session_type', 'user_id'],
  application: ['application_id', 'issuer', 'provider_id', 'session_type', 'subject'],
};

describe.each(['user', 'application'] as const)('the members of a %s session', (session_type) => {
  const create = async (count: number) => {
    for (let made = 0; made < count; made += 1)
      await keycard.createNamelessSession({ session_type });
    const { items } = await list(`?session_type=${session_type}&limit=100`);
    expect(items).toHaveLength(count);
    return items;
  };

  it('show each optional one, id included, in every second session, and the required ones in all', async () => {
    const items = await create(64);
    const counts = new Map<string, number>();
    for (const name of items.flatMap(Object.keys)) counts.set(name, (counts.get(name) ?? 0) + 1);
    const inAll = [...counts].filter(([, count]) => count === 64).map(([name]) => name);
    expect(inAll.sort()).toEqual(REQUIRED[session_type]);
    expect(new Set(counts.values())).toEqual(new Set([64, 32]));
    expect(counts.get('id')).toBe(32);
  });

  it('are all there, or only the required ones, if the test says so', async () => {
    await keycard.control({ optional: 'absent' });
    for (const item of await create(3)) {
      expect(Object.keys(item).sort()).toEqual(REQUIRED[session_type]);
    }
    await keycard.control({ optional: 'present' });
    const { items } = await list(`?session_type=${session_type}`);
    for (const item of items) expect(item).toMatchObject({ status: 'active', metadata: {} });
  });
});

it('expands the application, the user and the user agent if the test says so, for some users without a provider', async () => {
  await keycard.createSession();
  await keycard.createSession();
  const [plain] = (await list()).items;
  expect(plain).not.toHaveProperty('user');
  await keycard.control({ expand: ['application', 'user', 'user_agent'], optional: 'present' });
  const { items } = await list();
  for (const { application, user, user_agent, ...session } of items) {
    expect(application).toMatchObject({ id: session.application_id });
    expect(user).toMatchObject({ id: session.user_id });
    expect(user_agent).toMatchObject({ id: session.user_agent_id });
  }
  expect(items.map(({ user }) => Object.hasOwn(user as Document, 'provider_id'))).toEqual([
    true,
    false,
  ]);
});

// The rule is the docstring of `SessionsResource.list` in `resources/zones/sessions.py`.
describe('the list', () => {
  beforeEach(async () => {
    const root = await keycard.createSession({ user_id: 'root' });
    const child = await keycard.createSession({ user_id: 'child', parent_id: root.id });
    await keycard.createSession({ user_id: 'grandchild', parent_id: child.id });
    const nobody = { user_agent_id: null, application_id: null };
    await keycard.createSession({ user_id: 'uninitiated', ...nobody });
    await keycard.createSession({ user_id: 'ended', status: 'revoked' });
    await keycard.createSession({ session_type: 'application', subject: 'application' });
    await keycard.createSession({ user_id: 'elsewhere', zone_id: 'zone-2' });
  });

  it.each([
    ['', ['root', 'child', 'ended']],
    ['?include_nested=true', ['root', 'child', 'grandchild', 'ended', 'application']],
    ['?session_type=application', ['application']],
    ['?session_type=user', ['root', 'child', 'ended']],
    ['?active=true', ['root', 'child']],
    ['?status=revoked', ['ended']],
    ['?status=expired', []],
    ['?user_id=child', ['child']],
    ['?user_id=grandchild', []],
    ['?user_id=grandchild&include_nested=true', ['grandchild']],
  ])('%s has %j', async (query, expected) => {
    expect(namesIn(await list(query))).toEqual(expected);
  });

  it('leads through all pages in both directions by cursors of at most 255 characters', async () => {
    const first = await list('?include_nested=true&limit=2&expand[]=total_count');
    expect(first.pagination).toMatchObject({ before_cursor: null, total_count: 5 });
    const after = first.pagination.after_cursor ?? '';
    expect([after.length, /[+/]/.test(after)]).toEqual([252, true]);
    const at = (name: string, cursor: string) =>
      list(`?include_nested=true&limit=2&${name}=${encodeURIComponent(cursor)}`);
    const second = await at('after', after);
    const third = await at('after', second.pagination.after_cursor ?? '');
    expect([first, second, third].flatMap(namesIn)).toEqual(
      namesIn(await list('?include_nested=true')),
    );
    expect(third.pagination.after_cursor).toBe(null);
    expect(await at('before', third.pagination.before_cursor ?? '')).toEqual(second);
    expect(second.pagination).not.toHaveProperty('total_count');
  });

  it('keeps a cursor whose session is gone', async () => {
    const { items, pagination } = await list('?limit=1');
    const cursor = encodeURIComponent(pagination.after_cursor ?? '');
    await ask(`zone-1/sessions/${items[0]?.id}`, { method: 'DELETE' });
    expect(namesIn(await list(`?include_nested=true&limit=1&after=${cursor}`))).toEqual(['child']);
  });

  it.each([
    'active=false',
    'include_nested=false',
    'status=gone',
    'session_type=robot',
    'expand[]=user',
    'limit=0',
    'limit=101',
    'limit=ten',
    'limit=1&limit=2',
    'after=',
    'after=unknown',
    `before=${'x'.repeat(256)}`,
  ])('refuses %s', async (query) => {
    const answer = await ask(`zone-1/sessions?${query}`);
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { status: 400, code: 'bad_request', message: expect.stringContaining('is not valid') },
    ]);
  });
});

describe('a bearer', () => {
  it('is for its zone, and that of a service account for all', async () => {
    const ofOther = await keycard.bearer({ zoneId: 'zone-2' });
    const ofAll = await keycard.bearer({ zoneId: null });
    const statusBy = async (by: string, zone: string) =>
      (await ask(`${zone}/sessions`, { by })).status;
    expect([await statusBy(ofOther, 'zone-2'), await statusBy(ofOther, 'zone-1')]).toEqual([
      200, 403,
    ]);
    expect([await statusBy(ofAll, 'zone-2'), await statusBy(ofAll, 'zone-1')]).toEqual([200, 200]);
    expect(await statusBy('unknown', 'zone-1')).toBe(401);
  });

  it('for reading changes no session', async () => {
    const { id } = await keycard.createSession({ status: 'active' });
    const by = await keycard.bearer({ access: 'read' });
    const path = `zone-1/sessions/${id}`;
    const patch = { method: 'PATCH', body: { status: 'revoked' }, by };
    expect((await ask(path, patch)).status).toBe(403);
    expect((await ask(path, { method: 'DELETE', by })).status).toBe(403);
    expect(await (await ask(path, { by })).json()).toMatchObject({ status: 'active' });
  });
});

it('revokes a session and all derived from it once, and then answers as the test says', async () => {
  await keycard.control({ optional: 'present' });
  const { id } = await keycard.createSession();
  const { id: child } = await keycard.createSession({ parent_id: id });
  const revoke = () =>
    ask(`zone-1/sessions/${id}`, { method: 'PATCH', body: { status: 'revoked' } });
  expect(await (await revoke()).json()).toMatchObject({ status: 'revoked', active: false });
  const read = await ask(`zone-1/sessions/${child}`);
  expect(await read.json()).toMatchObject({ status: 'revoked' });
  expect((await revoke()).status).toBe(409);
  await keycard.control({ revokedAgain: 'session' });
  expect((await revoke()).status).toBe(200);
  const { status } = await ask(`zone-1/sessions/${id}`, { method: 'DELETE' });
  expect([status, (await revoke()).status]).toEqual([204, 404]);
});

it('answers as the test says, for as many requests as it says', async () => {
  const answers = { 'GET /zones/zone-1/sessions': { status: 429, body: {}, times: 2 } };
  await keycard.control({ answers });
  const statuses = [await ask('zone-1/sessions'), await ask('zone-1/sessions')].map(
    ({ status }) => status,
  );
  expect([...statuses, (await ask('zone-1/sessions')).status]).toEqual([429, 429, 200]);
});
