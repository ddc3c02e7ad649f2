/** The bearers that reach Keycard through Postern, and those that do not. */
import { describe, expect, it } from 'vitest';
import { forAllTests } from '../../support/for-all-tests.ts';
import { encodePart } from '../../support/token-issuer.ts';
import { ADMIN_SECRET, GUARDED, OLD_SECRET, see, startKeycardApi } from './start-session-api.ts';

const PATH = '/zones/zone-1/sessions';
const API_KEY = 'kc_live_an-opaque-key-of-the-caller-0123456789';
const WEBHOOK_KEY = 'a-webhook-key-of-the-tests-0123456789abcdef';

const bearer = (value: string) => ({ authorization: `Bearer ${value}` });
const jwtWith = (claims: object) =>
  `${encodePart({ alg: 'RS256', kid: 'k' })}.${encodePart(claims)}.${encodePart('signature')}`;

const vars = {
  ADMIN_SECRETS: [ADMIN_SECRET, OLD_SECRET],
  WEBHOOK_API_KEYS: [WEBHOOK_KEY],
  ISSUERS: [
    {
      issuer: 'https://zone-1.keycard.cloud',
      preset: 'keycard',
      audience: 'postern',
      algorithms: ['RS256'],
      jwks_url: 'https://zone-1.keycard.cloud/keys',
    },
    {
      issuer: 'https://zones.example.com/own',
      preset: 'keycard',
      audience: 'postern',
      algorithms: ['RS256'],
      jwks_url: 'https://zones.example.com/keys',
    },
    {
      issuer: 'https://auth.example.com/',
      preset: 'kratos',
      audience: 'postern',
      algorithms: ['RS256'],
      jwks_url: 'https://auth.example.com/keys',
    },
  ],
};

describe.each([
  ['with a service account', true],
  ['without a service account', false],
] as const)('a caller’s bearer, %s', async (_, hasServiceAccount) => {
  const api = await forAllTests(startKeycardApi({ hasServiceAccount, vars }));

  /** The answer to a list, and the bearers that Keycard got. */
  const ask = async (value: string) => {
    await api.keycard.clearCalls();
    const seen = await see(`${api.gate.url}${PATH}`, { headers: bearer(value) });
    const requests = await api.keycard.requests();
    const got = requests
      .filter(({ path }) => path.startsWith('/zones'))
      .map(({ headers }) => Object.fromEntries(headers).authorization);
    return { seen, got };
  };

  it.each([
    ['an opaque API key', API_KEY],
    ['a bearer with dots that is no JWT', 'aaaa.bbbb.cccc'],
    ['a JWT of the zone', jwtWith({ iss: 'https://zone-1.keycard.cloud', sub: 'u' })],
    ['a JWT of another zone of KEYCARD_ZONES', jwtWith({ iss: 'https://zone-2.keycard.cloud' })],
    ['a JWT of a zone at its own host', jwtWith({ iss: 'https://zones.example.com/own' })],
    ['a JWT of Keycard’s API', jwtWith({ iss: 'https://api.keycard.ai' })],
    ['a JWT that names no issuer', jwtWith({ sub: 'u' })],
  ])('%s reaches Keycard unchanged, and its refusal reaches the caller', async (_name, value) => {
    const { seen, got } = await ask(value);
    expect(got).toEqual([`Bearer ${value}`]);
    expect(seen).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
  });

  it.each([
    ['of Kratos', 'https://auth.example.com/'],
    ['of a stranger', 'https://evil.example'],
    ['of a zone that is not in KEYCARD_ZONES', 'https://zone-9.keycard.cloud'],
    ['of a host that only looks like a zone', 'https://zone-1.keycard.cloud.evil.example'],
    ['of a host whose name ends like the API’s', 'https://evilkeycard.ai'],
    ['of the zone without TLS', 'http://zone-1.keycard.cloud'],
    ['with null as iss', null],
    ['with a list as iss', ['https://zone-1.keycard.cloud']],
  ])('a JWT %s is refused here', async (_name, iss) => {
    const { seen, got } = await ask(jwtWith({ iss, sub: 'u' }));
    expect(got).toEqual([]);
    expect(seen).toMatchObject({
      status: 401,
      body: { code: 'token_issuer_untrusted', status: 401, message: expect.any(String) },
    });
  });

  it.each([
    ['encrypted', `${encodePart({ alg: 'dir', enc: 'A256GCM' })}..aaaa.bbbb.cccc`],
    ['with claims that are not JSON', `${encodePart({ alg: 'RS256' })}.aaaa.bbbb`],
    [
      'with padding',
      `${encodePart({ alg: 'RS256' })}.${Buffer.from('{"iss":"https://evil.example"}').toString('base64')}.bbbb`,
    ],
  ])('a JWT %s is refused here', async (_name, value) => {
    const { seen, got } = await ask(value);
    expect(got).toEqual([]);
    expect(seen).toMatchObject({ status: 401, body: { code: 'token_issuer_untrusted' } });
  });

  const secrets = hasServiceAccount
    ? [['of the service account', 'standin-client-secret']]
    : [
        ['of the guard', ADMIN_SECRET],
        ['of the guard, the older one', OLD_SECRET],
      ];

  it.each([['of webhooks', WEBHOOK_KEY], ...secrets])(
    'a secret %s is never sent to Keycard',
    async (_name, value = '') => {
      const { seen, got } = await ask(value);
      expect(got).toEqual([]);
      expect(seen).toMatchObject({ status: 401, body: { code: 'caller_not_authorized' } });
    },
  );
});

describe('zones', () => {
  const jwt = bearer(jwtWith({ iss: 'https://zone-1.keycard.cloud', sub: 'u' }));

  it('without KEYCARD_ZONES and without an issuer that names a zone, nothing reaches Keycard', async () => {
    const [, , kratos] = vars.ISSUERS;
    await using api = await startKeycardApi({
      vars: { ...vars, KEYCARD_ZONES: undefined, ISSUERS: kratos === undefined ? [] : [kratos] },
    });
    for (const headers of [jwt, GUARDED, bearer(API_KEY)]) {
      const { status } = await see(`${api.gate.url}${PATH}`, { headers });
      expect(status).toBe(500);
    }
    expect(await api.keycard.counts()).toEqual({});
  });

  it('are those of ISSUERS by default, and no other', async () => {
    await using api = await startKeycardApi({ vars: { ...vars, KEYCARD_ZONES: undefined } });
    expect((await see(`${api.gate.url}${PATH}`, { headers: GUARDED })).status).toBe(200);
    await api.keycard.clearCalls();
    for (const headers of [jwt, GUARDED, bearer(API_KEY)]) {
      const seen = await see(`${api.gate.url}/zones/zone-2/sessions`, { headers });
      expect(seen).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect(await api.keycard.counts()).toEqual({});
  });
});

describe('identifiers of 2,048 characters, the longest that Keycard has', async () => {
  const api = await forAllTests(startKeycardApi({ vars }));
  const long = (name: string) => name.padEnd(2048, '-0123456789');
  const members = {
    user_id: long('user'),
    subject: long('subject'),
    application_id: long('application'),
  };

  it('are read, listed by, and ended', async () => {
    const id = long('session');
    await api.keycard.createSession({ id, ...members, parent_id: null });
    const path = `${PATH}/${id}`;
    const own = { authorization: `Bearer ${await api.keycard.bearer()}` };
    const get = async (base: string, target: string, headers: Record<string, string>) =>
      see(`${base}${target}`, { headers });
    for (const target of [path, `${PATH}?user_id=${members.user_id}`]) {
      const directly = await get(api.keycard.origin, target, own);
      expect(directly.status).toBe(200);
      expect(await get(api.gate.url, target, GUARDED)).toEqual(directly);
    }
    const ended = await see(`${api.gate.url}${path}`, { method: 'DELETE', headers: GUARDED });
    expect(ended.status).toBe(204);
    expect((await get(api.keycard.origin, path, own)).status).toBe(404);
  });
});

describe('a secret that was removed from ADMIN_SECRETS', () => {
  it('is not sent to Keycard, in no isolate and after a deployment', async () => {
    await using before = await startKeycardApi({
      vars: { ADMIN_SECRETS: [OLD_SECRET, ADMIN_SECRET] },
    });
    expect((await see(`${before.gate.url}${PATH}`, { headers: GUARDED })).status).toBe(200);
    await expect.poll(async () => (await before.gate.kv.entries()).length).toBe(2);
    await using after = await startKeycardApi({ vars: { ADMIN_SECRETS: [ADMIN_SECRET] } });
    for (const { name, value } of await before.gate.kv.entries()) {
      expect(name).toMatch(/^v1g:[\w-]{43}$/);
      await after.gate.kv.put(name, value);
    }
    await after.keycard.clearCalls();
    const seen = await see(`${after.gate.url}${PATH}`, { headers: bearer(OLD_SECRET) });
    expect(seen).toMatchObject({ status: 401, body: { code: 'caller_not_authorized' } });
    expect(await after.keycard.counts()).toEqual({});
    await see(`${after.gate.url}${PATH}`, { headers: bearer(API_KEY) });
    expect(await after.keycard.counts()).toEqual({ [`GET ${PATH}`]: 1 });
  });

  it('leaves no secret and no part of it in KV', async () => {
    await using api = await startKeycardApi();
    await see(`${api.gate.url}${PATH}`, { headers: GUARDED });
    await expect.poll(async () => (await api.gate.kv.entries()).length).toBe(1);
    const [entry] = await api.gate.kv.entries();
    const stored = `${entry?.name} ${Buffer.from(entry?.value ?? []).toString('latin1')}`;
    expect(stored).not.toContain(ADMIN_SECRET.slice(0, 8));
    const years = ((entry?.expiration ?? 0) - Date.now() / 1000) / 31_536_000;
    expect(years).toBeGreaterThan(1.9);
  });
});

describe('a token endpoint that asks to wait', () => {
  const LIMITED = {
    status: 429,
    body: { error: 'slow_down' },
    headers: { 'retry-after': '17', 'retry-after-ms': '16500', 'x-should-retry': 'true' },
  };

  it.each([
    ['GET', PATH, undefined],
    ['GET', `${PATH}/some-id`, undefined],
    ['DELETE', `${PATH}/some-id`, undefined],
    ['PATCH', `${PATH}/some-id`, '{"status":"revoked"}'],
  ] as const)('%s %s: 429 and its headers reach the client', async (method, path, body) => {
    await using api = await startKeycardApi();
    await api.keycard.control({ answers: { 'POST /service-account-token': LIMITED } });
    const headers = { ...GUARDED, ...(body && { 'content-type': 'application/json' }) };
    const init = { method, headers, ...(body && { body }) };
    const seen = await see(`${api.gate.url}${path}`, init);
    expect(seen).toEqual({
      status: 429,
      body: { message: expect.any(String), code: 'upstream_rate_limited', status: 429 },
      headers: expect.objectContaining(LIMITED.headers),
    });
    expect(await api.keycard.counts()).toEqual({ 'POST /service-account-token': 1 });
  });

  // Before Keycard's session ends, Postern reads the sessions derived from it.
  it.each([
    ['of the token endpoint', 'POST /service-account-token'],
    ['of the session', `GET ${PATH}/some-id`],
    ['of the list', `GET ${PATH}`],
  ])('the waiting time %s reaches a caller whose change was not sent', async (_, place) => {
    await using api = await startKeycardApi({ vars });
    await api.keycard.control({ answers: { [place]: LIMITED } });
    const init = { method: 'DELETE', headers: GUARDED };
    const seen = await see(`${api.gate.url}${PATH}/some-id`, init);
    expect(seen).toMatchObject({
      status: 503,
      body: { code: 'store_unavailable', status: 503 },
      headers: LIMITED.headers,
    });
    expect(await api.keycard.counts()).not.toHaveProperty([`DELETE ${PATH}/some-id`]);
  });

  it('passes the time of a 503 too, and a date as it is', async () => {
    await using api = await startKeycardApi();
    const date = 'Fri, 27 Nov 2026 13:00:00 GMT';
    await api.keycard.control({
      answers: {
        'POST /service-account-token': { status: 503, headers: { 'retry-after': date } },
      },
    });
    const seen = await see(`${api.gate.url}${PATH}`, { headers: GUARDED });
    expect(seen).toMatchObject({
      status: 503,
      body: { code: 'store_unavailable', status: 503 },
      headers: { 'retry-after': date, 'retry-after-ms': null },
    });
  });

  it('does the same when the token was refused and a newer one is needed', async () => {
    await using api = await startKeycardApi();
    expect((await see(`${api.gate.url}${PATH}`, { headers: GUARDED })).status).toBe(200);
    await api.keycard.forgetBearers();
    await api.keycard.control({ answers: { 'POST /service-account-token': LIMITED } });
    const seen = await see(`${api.gate.url}${PATH}`, { headers: GUARDED });
    expect([seen.status, seen.headers['retry-after']]).toEqual([429, '17']);
  });
});
