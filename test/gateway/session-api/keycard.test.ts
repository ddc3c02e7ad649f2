import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { fetchAs } from './fetch-as.ts';
import { GUARDED, see, startKeycardApi } from './start-session-api.ts';

let bearer: string;
const ids: Record<string, string> = {};

const api = await forAllTests(startKeycardApi());
const { keycard } = api;
ids.web = (await keycard.createSession({ user_id: 'user-1' })).id;
ids.child = (await keycard.createSession({ user_id: 'user-1', parent_id: ids.web })).id;
ids.grandchild = (await keycard.createSession({ user_id: 'user-1', parent_id: ids.child })).id;
ids.expired = (
  await keycard.createSession({ user_id: 'user-2', status: 'expired', active: false })
).id;
ids.application = (
  await keycard.createSession({
    session_type: 'application',
    a_member_of_tomorrow: { deep: [1e21, null] },
  })
).id;
ids.elsewhere = (await keycard.createSession({ zone_id: 'zone-2' })).id;
beforeEach(async () => {
  bearer = await api.keycard.bearer();
});
afterEach(() => api.keycard.reset());

const own = () => ({ authorization: `Bearer ${bearer}` });

/** The same request directly and through Postern, by a bearer of the caller's own and by the service account. */
async function compared(path: string, init: RequestInit = {}) {
  const directly = await see(`${api.keycard.origin}${path}`, {
    ...init,
    headers: { ...own(), ...init.headers },
  });
  for (const headers of [own(), GUARDED]) {
    expect(
      await see(`${api.gate.url}${path}`, { ...init, headers: { ...headers, ...init.headers } }),
    ).toEqual(directly);
  }
  return directly;
}

const LISTS = [
  '',
  '?active=true',
  '?status=active',
  '?status=expired',
  '?status=revoked',
  '?session_type=user',
  '?session_type=application',
  '?user_id=user-2',
  '?include_nested=true',
  '?include_nested=true&limit=2',
  '?expand[]=total_count',
  '?expand%5B%5D=total_count&limit=1',
  '?active=true&status=active&session_type=user&user_id=user-1&include_nested=true&limit=10&expand[]=total_count',
  '?limit=1000', // more than Keycard gives: its own 400
  '?after=not-a-cursor',
];

describe('GET /zones/{zoneId}/sessions', () => {
  it.each(LISTS)('%s gives the same answer through Postern as directly', async (query) => {
    await compared(`/zones/zone-1/sessions${query}`);
  });

  it('both cursors lead through all sessions and back', async () => {
    const path = '/zones/zone-1/sessions?include_nested=true&limit=2';
    const seen: string[] = [];
    let query = '';
    for (;;) {
      const { body } = await compared(`${path}${query}`);
      const page = body as {
        items: { id: string }[];
        pagination: { after_cursor: string | null; before_cursor: string | null };
      };
      seen.push(...page.items.map(({ id }) => id));
      if (page.pagination.after_cursor === null) {
        const before = await compared(
          `${path}&before=${encodeURIComponent(page.pagination.before_cursor ?? '')}`,
        );
        expect((before.body as typeof page).items.map(({ id }) => id)).toEqual(seen.slice(2, 4));
        break;
      }
      query = `&after=${encodeURIComponent(page.pagination.after_cursor)}`;
    }
    expect(seen).toHaveLength(5);
    expect(new Set(seen).size).toBe(5);
  });

  it.each([
    'limit=0',
    'limit=-1',
    'limit=1.5',
    'limit=99999',
    'active=false',
    'status=gone',
    'session_type=robot',
    'user_id=..',
    'user_id=a%20b',
    'include_nested=1',
    'after=%27%20OR%201',
    'expand[]=everything',
    'limit=1&limit=2',
  ])('refuses %s before the call, in Keycard’s error shape', async (query) => {
    await api.keycard.clearCalls();
    const seen = await see(`${api.gate.url}/zones/zone-1/sessions?${query}`, { headers: own() });
    expect(seen).toMatchObject({
      status: 400,
      body: { code: 'parameter_not_valid', status: 400, message: expect.any(String) },
    });
    expect(await api.keycard.counts()).toEqual({});
  });
});

describe('one session', () => {
  it.each(['web', 'child', 'application', 'expired'])(
    '%s gives the same answer through Postern as directly, with unknown members',
    async (name) => {
      const { body } = await compared(`/zones/zone-1/sessions/${ids[name]}`);
      expect(body).toHaveProperty('id', ids[name]);
    },
  );

  it.each(['nobody', 'elsewhere'])('a missing session is Keycard’s own 404', async (name) => {
    const seen = await compared(`/zones/zone-1/sessions/${ids[name] ?? name}`);
    expect(seen).toMatchObject({ status: 404, body: { code: 'not_found' } });
  });

  it.each([
    ['PATCH', '{"status":"revoked"}'],
    ['DELETE', undefined],
  ] as const)('%s ends it, as directly', async (method, body) => {
    await api.keycard.control({ optional: 'present' });
    const end = async (base: string, headers: Record<string, string>) => {
      const { id } = await api.keycard.createSession();
      const url = `${base}/zones/zone-1/sessions/${id}`;
      const init = {
        method,
        headers: { ...headers, ...(body && { 'content-type': 'application/json' }) },
        ...(body && { body }),
      };
      const ended = await see(url, init);
      const after = await see(`${api.keycard.origin}/zones/zone-1/sessions/${id}`, {
        headers: own(),
      });
      const text = JSON.stringify([ended, after])
        .replaceAll(id, 'id')
        .replace(/\d{4}-[\dT:.-]+Z/g, 'time');
      return JSON.parse(text);
    };
    const directly = await end(api.keycard.origin, own());
    expect(await end(api.gate.url, own())).toEqual(directly);
    expect(await end(api.gate.url, GUARDED)).toEqual(directly);
  });

  it.each([
    ['[]', 'application/json', 400],
    ['{"status":"revoked"}', 'text/plain', 415],
    [`{"status":"revoked","x":"${'x'.repeat(70_000)}"}`, 'application/json', 413],
  ])('PATCH refuses other bodies before the call', async (body, type, status) => {
    await api.keycard.clearCalls();
    const init = { method: 'PATCH', body, headers: { ...own(), 'content-type': type } };
    const seen = await see(`${api.gate.url}/zones/zone-1/sessions/${ids.web}`, init);
    expect(seen).toMatchObject({ status, body: { status } });
    expect(await api.keycard.counts()).toEqual({});
  });

  it.each(['{"status":"active"}', '{}', '{"status":["revoked"]}', '{"status":"Revoked","x":1}'])(
    'PATCH with %s gets the refusal that Keycard gives, and ends no session',
    async (body) => {
      const type = { 'content-type': 'application/json' };
      const path = `/zones/zone-1/sessions/${ids.web}`;
      const patch = (base: string, headers: Record<string, string>) =>
        see(`${base}${path}`, { method: 'PATCH', body, headers: { ...headers, ...type } });
      const directly = await patch(api.keycard.origin, own());
      expect(directly.status).toBe(422);
      expect(await patch(api.gate.url, own())).toEqual(directly);
      expect(await patch(api.gate.url, GUARDED)).toEqual(directly);
      expect((await compared(path)).body).toMatchObject({ status: 'active' });
    },
  );

  it('errors and rate limits arrive as Keycard sent them', async () => {
    const path = `/zones/zone-1/sessions/${ids.web}`;
    const body = { message: 'slow down', code: 'rate_limited', status: 429 };
    const headers = {
      'content-type': 'application/json',
      'retry-after': '7',
      'retry-after-ms': '6500',
      'x-should-retry': 'false',
      'x-ratelimit-limit': '10',
      server: 'keycard',
    };
    await api.keycard.control({ answers: { [`GET ${path}`]: { status: 429, body, headers } } });
    const seen = await compared(path);
    expect(seen).toMatchObject({
      status: 429,
      body,
      headers: {
        'retry-after': '7',
        'retry-after-ms': '6500',
        'x-should-retry': 'false',
        'x-ratelimit-limit': '10',
      },
    });
    const response = await fetchAs(`${api.gate.url}${path}`, { headers: own() });
    expect([response.headers.get('server'), response.headers.get('cache-control')]).toEqual([
      null,
      'private, no-store',
    ]);
  });
});

describe('ids and zones', () => {
  it('an id of 2,048 characters reaches Keycard, and a longer one is named as too long', async () => {
    const path = (length: number) => `/zones/zone-1/sessions/${'i'.repeat(length)}`;
    expect(await compared(path(2048))).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const longer = await see(`${api.gate.url}${path(2049)}`, { headers: own() });
    expect(longer).toMatchObject({ status: 400 });
    expect(JSON.stringify(longer.body)).toContain('at most 2048');
  });

  it.each(['/zones/%20/sessions', '/zones/a%20b/sessions', "/zones/';--/sessions"])(
    '%s is not accepted as a zone',
    async (path) => {
      await api.keycard.clearCalls();
      const { status } = await see(`${api.gate.url}${path}`, { headers: own() });
      expect([400, 404]).toContain(status);
      expect(await api.keycard.counts()).toEqual({});
    },
  );

  it('unlisted zones do not exist', async () => {
    await using limited = await startKeycardApi({ vars: { KEYCARD_ZONES: ['zone-1'] } });
    const list = (zone: string) =>
      see(`${limited.gate.url}/zones/${zone}/sessions`, { headers: GUARDED });
    expect((await list('zone-1')).status).toBe(200);
    expect(await list('zone-2')).toMatchObject({
      status: 404,
      body: { code: 'not_found', status: 404 },
    });
  });
});

describe('the service account', () => {
  it('1,000 concurrent lists with a cold token make one token call', async () => {
    await using cold = await startKeycardApi();
    const list = () => fetchAs(`${cold.gate.url}/zones/zone-1/sessions`, { headers: GUARDED });
    const answers = await Promise.all(Array.from({ length: 1000 }, list));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(await cold.keycard.counts()).toEqual({
      'POST /service-account-token': 1,
      'GET /zones/zone-1/sessions': 1000,
    });
  });

  it('its token is kept until shortly before it expires, and then fetched again', async () => {
    await using fresh = await startKeycardApi();
    await fresh.keycard.control({ tokenTtlSeconds: 600 });
    const tokenCalls = async () => {
      expect(
        (await see(`${fresh.gate.url}/zones/zone-1/sessions`, { headers: GUARDED })).status,
      ).toBe(200);
      return (await fresh.keycard.counts())['POST /service-account-token'];
    };
    expect(await tokenCalls()).toBe(1);
    await fresh.gate.clock.advance(530_000);
    expect(await tokenCalls()).toBe(1);
    await fresh.gate.clock.advance(20_000);
    expect(await tokenCalls()).toBe(2);
  });

  it('a 401 renews the token once for all concurrent callers; a second 401 is a fault and not the caller’s', async () => {
    const list = () => see(`${api.gate.url}/zones/zone-1/sessions`, { headers: GUARDED });
    expect((await list()).status).toBe(200);
    await api.keycard.forgetBearers();
    await api.keycard.clearCalls();
    const answers = await Promise.all(Array.from({ length: 20 }, list));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect((await api.keycard.counts())['POST /service-account-token']).toBe(1);
    const refused = { status: 401, body: { message: 'no', code: 'unauthorized', status: 401 } };
    await api.keycard.control({ answers: { 'GET /zones/zone-1/sessions': refused } });
    expect(await list()).toMatchObject({
      status: 502,
      body: { code: 'upstream_not_valid', status: 502 },
    });
  });

  it('any other answer of the token endpoint is a fault', async () => {
    await using broken = await startKeycardApi();
    const answers = [
      { status: 401, body: { message: 'no', code: 'invalid_client', status: 401 } },
      { status: 200, body: '<html>' },
      { status: 200, body: { access_token: 'a b' } },
      { status: 302, headers: { location: 'https://evil.example' } },
    ];
    for (const answer of answers) {
      await broken.keycard.control({ answers: { 'POST /service-account-token': answer } });
      const seen = await see(`${broken.gate.url}/zones/zone-1/sessions`, { headers: GUARDED });
      expect(seen).toMatchObject({ status: 502, body: { code: 'upstream_not_valid' } });
    }
    expect(await broken.keycard.counts()).toEqual({ 'POST /service-account-token': 4 });
  });

  it('a JWT of the caller goes to Keycard unchanged, and Keycard checks it', async () => {
    await api.keycard.clearCalls();
    const seen = await see(`${api.gate.url}/zones/zone-1/sessions`, {
      headers: { authorization: 'Bearer aaaa.bbbb.cccc' },
    });
    expect(seen).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    const [request] = await api.keycard.requests();
    expect(Object.fromEntries(request?.headers ?? []).authorization).toBe('Bearer aaaa.bbbb.cccc');
  });

  it('without a service account every bearer is the caller’s, and a missing bearer makes no call', async () => {
    await using plain = await startKeycardApi({ hasServiceAccount: false });
    const list = (headers: Record<string, string>) =>
      see(`${plain.gate.url}/zones/zone-1/sessions`, { headers });
    expect(await list({})).toMatchObject({ status: 401, body: { code: 'caller_not_authorized' } });
    expect(await plain.keycard.counts()).toEqual({});
    expect((await list({ authorization: 'Bearer opaque-token' })).status).toBe(401);
    expect((await list({ authorization: `Bearer ${await plain.keycard.bearer()}` })).status).toBe(
      200,
    );
  });
});
