import { afterEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { recording } from '../../support/recording.ts';
import { fetchAs } from './fetch-as.ts';
import { GUARDED, startKeycardApi, startKratosApi } from './start-session-api.ts';

const gate = await forAllTests(startKratosApi({ vars: { SELF_SERVICE: true } }));
afterEach(() => gate.reset());

const ID = '00000000-0000-4000-8000-000000000000';
const identityId = crypto.randomUUID();
const current = await gate.kratos.createSession({ identityId });
const made = await fetch(`${gate.kratos.url}/.standin/sessions/many`, {
  method: 'POST',
  body: JSON.stringify({ identityId, count: 30 }), // as in the recordings
});
const { ids } = (await made.json()) as { ids: string[] };

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly error: { readonly message: string; readonly reason: string };
}

async function send(method: string, path: string, headers = {}, body?: string): Promise<Answer> {
  const answer = await fetchAs(gate.url + path, {
    method,
    headers: { 'content-type': 'application/json', ...headers },
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  const { error } = text.startsWith('{"error"') ? (JSON.parse(text) as Answer) : { error: {} };
  return { status: answer.status, text, error } as Answer; // the shape of every error here
}

const calls = async () => (await gate.kratos.calls()).requests.map(({ path }) => path);
const listed = (path: string) => send('GET', path, { 'x-session-token': current.token });

describe('GET /sessions', () => {
  it.each([
    'page_size-2',
    'page_size-2-next-token',
    'page_1_per_page_2',
    'page_2_per_page_2',
    'page_15_per_page_2',
    'page_16_per_page_2',
    'page_-1_per_page_2',
    'page_x_per_page_2',
    'page_size_0',
    'page_size_-1',
    'page_size_x',
    'page_token_garbage_page_size_2',
    'per_page_2_page_size_3',
    'page_size-5000',
  ])('returns the same number of sessions as Kratos: %s', async (name) => {
    const { request, response } = recording(`sessions-list-${name}`);
    const answer = await listed(request.path);
    const count = (text: string) => text.match(/"authenticator_assurance_level"/g)?.length ?? 0;
    const recorded = response.body.endsWith(']\n') ? count(response.body) : 30; // longer ones are cut
    expect([answer.status, count(answer.text)]).toEqual([response.status, recorded]);
  });

  it.each([
    // Go: strconv.ParseInt, net/url Values.Get, and Kratos's bounds (oryx/pagination).
    ['page_size=', 'page=1&per_page=250'],
    ['page_size=%2B7', 'page=1&per_page=7'],
    ['page_size=007', 'page=1&per_page=7'],
    ['page_size=1e2', 'page=1&per_page=250'],
    ['page_size=99999999999999999999', 'page=1&per_page=250'],
    ['page_size=2&page_size=5', 'page=1&per_page=2'],
    ['per_page=&page=', 'page=1&per_page=250'],
    ['per_page=5000&page=0', 'page=1&per_page=1000'],
    ['page_token=&per_page=3&page=4', 'page=1&per_page=250'],
    ["page_token=1'%20OR%20'1'%3D'1&page_size=9", 'page=1&per_page=9'],
  ])('reads %s like Kratos', async (query, asked) => {
    expect((await listed(`/sessions?${query}`)).status).toBe(200);
    expect(await calls()).toEqual([`/sessions?${asked}`]);
  });
});

describe('a filter', () => {
  // Go's strconv.ParseBool takes exactly these; an empty value is no filter (`session/handler.go`).
  const TRUE = ['1', 't', 'T', 'true', 'TRUE', 'True'];
  const FALSE = ['0', 'f', 'F', 'false', 'FALSE', 'False'];

  it.each(['/admin/sessions', `/admin/identities/${identityId}/sessions`])(
    'active accepts %s like Go',
    async (path) => {
      for (const value of [...TRUE, ...FALSE, '']) {
        const { status } = await send('GET', `${path}?active=${value}`, GUARDED);
        expect([value, status]).toEqual([value, 200]);
      }
      const twice = await send('GET', `${path}?active=true&active=maybe`, GUARDED);
      expect(twice.status).toBe(200);
      await gate.kratos.clearCalls();
      for (const value of ['tRUE', 'yes', 'on', '01', '-1', 'null', '%20true']) {
        const { status, error } = await send('GET', `${path}?active=${value}`, GUARDED);
        expect([value, status]).toEqual([value, 400]);
        expect(error.reason).toBe('Parameter "active": expected "true" or "false".');
      }
      expect(await calls()).toEqual([]);
    },
  );

  it.each([
    ['expand', 'identity', 'DEVICES'],
    ['expand', 'Identity&expand=devices&expand=IDENTITY', 'devices'],
    ['page_size', '0', '-3'],
    ['page_size', '', '100000'],
    ['page_token', '', ''],
  ])('%s of /admin/sessions accepts %j and %j', async (name, one, other) => {
    for (const value of [one, other]) {
      const { status } = await send('GET', `/admin/sessions?${name}=${value}`, GUARDED);
      expect([value, status]).toEqual([value, 200]);
    }
  });

  it.each([
    ['/admin/sessions?expand=nope', '"expand"', 'admin-sessions-list-expand_nope'],
    [
      '/admin/sessions?page_token=gar.bage',
      '"page_token"',
      'admin-sessions-list-page_token_garbage',
    ],
    [`/admin/sessions/${ID}?expand=nope`, '"expand"', 'admin-session-get-expand-bad'],
    ['/admin/sessions/not-a-uuid', '"id"', 'admin-session-get-malformed'],
    ['/admin/identities/not-a-uuid/sessions', '"id"', 'admin-identity-sessions-malformed'],
  ])('that Kratos refuses is named with its accepted values: %s', async (path, name, recorded) => {
    const { response } = recording(recorded);
    const { status, error } = await send('GET', path, GUARDED);
    expect(status).toBe(response.status);
    expect(error.reason).toMatch(new RegExp(`^Parameter ${name}: expected .{5,}`));
    expect(await calls()).toEqual([]);
  });

  it.each(['DELETE /sessions/x', 'DELETE /admin/sessions/x', 'PATCH /admin/sessions/x/extend'])(
    'an invalid id of a change is named too: %s',
    async (route) => {
      const [method = '', path = ''] = route.split(' ');
      const by = path.startsWith('/admin') ? GUARDED : { 'x-session-token': current.token };
      const { status, error } = await send(method, path, by);
      expect([status, error.reason]).toEqual([400, 'Parameter "id": expected a UUID.']);
    },
  );
});

it('an id is accepted in each spelling of Kratos (gofrs/uuid, FromString)', async () => {
  const [id = ''] = ids;
  const bare = id.replaceAll('-', '');
  const spellings = [id, id.toUpperCase(), bare, `%7B${id}%7D`, `%7B${bare}%7D`];
  for (const spelling of [...spellings, `urn:uuid:${id}`, `urn:uuid:${bare}`]) {
    const { status } = await send('GET', `/admin/sessions/${spelling}`, GUARDED);
    expect([spelling, status]).toEqual([spelling, 200]);
  }
  expect(new Set(await calls())).toEqual(new Set([`/admin/sessions/${id}`]));
  for (const spelling of [
    `{${id}`,
    `URN:UUID:${id}`,
    `(${id})`,
    `${bare}0`,
    id.replace('-', '_'),
  ]) {
    const { status } = await send(
      'GET',
      `/admin/sessions/${encodeURIComponent(spelling)}`,
      GUARDED,
    );
    expect([spelling, status]).toEqual([spelling, 400]);
  }
});

describe('POST /admin/sessions', () => {
  const bulk = (body: string) => send('POST', '/admin/sessions', GUARDED, body);

  it.each([
    [
      'admin-bulk-both',
      /^Exactly one of "identities" and "sessions" must be a list that is not empty/,
    ],
    ['admin-bulk-neither', /^Exactly one of "identities" and "sessions"/],
    ['admin-bulk-empty-list', /^Exactly one of "identities" and "sessions"/],
    ['admin-bulk-bad-action', /^"action" must be "disable" or "delete"\.$/],
    ['admin-bulk-malformed-id', /^"sessions" must hold UUIDs; number 1 is none\.$/],
    ['admin-bulk-501', /^"sessions" may hold 500 ids; divide the list over several requests\.$/],
    ['admin-bulk-wildcard-and-id', /^"\*" must be alone, and in "identities"\.$/],
    ['admin-bulk-wildcard-sessions', /^"\*" must be alone, and in "identities"\.$/],
    ['admin-bulk-not-json', /^The body must be a JSON object\.$/],
    ['admin-bulk-empty-body', /^The body must be a JSON object\.$/],
  ])('with a body that Kratos refuses states the reason: %s', async (name, reason) => {
    const { request, response } = recording(name);
    const { status, error } = await bulk(request.body ?? '');
    expect(status).toBe(response.status);
    expect(error.reason).toMatch(reason);
    expect(await calls()).toEqual([]);
  });

  it.each([
    [`{"action":"disable","sessions":["${ID}"],"identities":[]}`],
    [`{"action":"disable","sessions":["${ID}"],"identities":null}`],
    [`{"action":"delete","sessions":[],"identities":["{${ID}}"]}`],
    [`{"action":"disable","sessions":["${ID.replaceAll('-', '')}"],"reason":"left"}`],
  ])('with a body that Kratos accepts is accepted: %s', async (body) => {
    expect((await bulk(body)).status).toBe(200);
    const [sent] = (await gate.kratos.calls()).requests;
    expect(sent?.path).toBe('/admin/sessions');
  });
});

it('errors of other bodies and parameters state the accepted values', async () => {
  await using keycard = await startKeycardApi();
  const ask = async (url: string, init: RequestInit): Promise<{ message: string }> =>
    (await fetchAs(url, {
      ...init,
      headers: { ...GUARDED, 'content-type': 'application/json' },
    }).then((answer) => answer.json())) as { message: string };
  const at = (path: string) => `${keycard.gate.url}/zones/zone-1/sessions${path}`;
  expect((await ask(at('?status=gone'), {})).message).toBe(
    'Parameter "status": expected "active", "expired" or "revoked".',
  );
  expect((await ask(at('?limit=0'), {})).message).toBe(
    'Parameter "limit": expected a whole number from 1 to 1000.',
  );
  expect((await ask(at('?status=active&status=expired'), {})).message).toBe(
    'Parameter "status": expected once.',
  );
  expect((await ask(at('/s'), { method: 'PATCH', body: '[]' })).message).toBe(
    'The body must be a JSON object.',
  );
  const logout = await send('DELETE', '/self-service/logout/api', {}, '{"session_token":7}');
  expect(logout.error.reason).toBe('"session_token" must be the token of the session to end.');
});
