/** Rules with `exchange` (RFC 8693), by the built gate. */
import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { get, header, type RawHeaders, request } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { createTestIssuer, zoneSettings } from '../support/token-issuer.ts';
import { openWebSocket } from '../support/web-socket-client.ts';

const API = 'https://api.example.com';
const BILLING = 'https://billing.example.com/v2';
const UNKNOWN = 'https://unknown.example.com';
const CLIENT_SECRET = 'the+secret/of-the-gate%3A:=';
const PROXY_SECRET = 'a-secret-of-the-proxy-of-thirty-two-characters';
const WEBHOOK_KEY = 'a-key-for-senders-that-cannot-sign';
const TOKEN_ENDPOINT = 'POST /oauth/2/token';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const MINUTE_MS = 60_000;

const exchanging = (path: string, exchange: string, more: object = {}) => ({
  path,
  session: 'required',
  exchange,
  ...more,
});
const other = await createTestIssuer({ issuer: 'https://other.example.test' });

let issuer = '';

const gate = await forAllTests(
  startGate({
    vars: ({ keycard }) => {
      issuer = keycard;
      return {
        TOKEN_COOKIE_NAMES: ['token'],
        FORWARD_AUTH_SECRETS: [PROXY_SECRET],
        WEBHOOK_API_KEYS: [WEBHOOK_KEY],
        STORE_TIMEOUT_MS: 1000,
        ALLOWED_PATH_FORMS: ['encoded_slash'],
        CLIENT_SECRETS: { [keycard]: CLIENT_SECRET },
        ISSUERS: [
          {
            issuer: keycard,
            preset: 'keycard',
            audience: 'postern',
            algorithms: ['RS256'],
            discovery: true,
            client_id: 'ua:gate',
          },
          other.settings,
        ],
        RULES: [
          exchanging('/api/*', API),
          exchanging('/billing', BILLING),
          exchanging('/unknown', UNKNOWN),
          exchanging('/as-presented', API, { forward_credentials: true }),
          exchanging('/a/*', API),
          exchanging('/:whole', BILLING, { methods: ['PUT'] }),
        ],
      };
    },
  }),
);

const { keycard } = gate;
beforeEach(async () => {
  await gate.reset();
  await keycard.control({
    clients: { 'ua:gate': CLIENT_SECRET },
    resources: ['postern', API, BILLING],
  });
});

const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });
const tokenOf = (subject: string, more: object = {}) =>
  keycard.createToken({ audience: 'postern', subject, ...more });
const reasonOf = (response: Awaited<ReturnType<typeof get>>) => [
  response.status,
  header(response, 'postern-reason'),
];
const ask = (headers: RawHeaders, path = '/api/x') => get(gate.port, path, headers);

/** The lines of a header that the origin got, one list for each request. */
async function arrivedAtOrigin(name = 'authorization'): Promise<(string | undefined)[]> {
  const { requests } = await gate.origin.calls();
  return requests.map(({ headers }) => headers.find(([each]) => each === name)?.[1]);
}
async function claimsAtOrigin(): Promise<Record<string, unknown>[]> {
  return (await arrivedAtOrigin()).map((value = '') => {
    const [scheme, token = ''] = value.split(' ');
    expect(scheme).toBe('Bearer');
    return JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString());
  });
}
const exchanges = async () => (await keycard.calls()).counts[TOKEN_ENDPOINT] ?? 0;
async function expectNothingAtOrigin() {
  expect((await gate.origin.calls()).requests).toEqual([]);
}

describe('a rule with exchange', () => {
  it('sends the origin a token for the resource, in place of the caller’s', async () => {
    const token = await tokenOf('user-1', { scope: 'read' });
    expect((await ask(bearer(token))).status).toBe(200);
    expect(await claimsAtOrigin()).toEqual([
      expect.objectContaining({ sub: 'user-1', aud: API, client_id: 'ua:gate', scope: 'read' }),
    ]);
    const [call] = (await gate.origin.calls()).requests;
    expect(JSON.stringify(call)).not.toContain(token);
  });

  // RFC 8693 section 2.1, and the request of Keycard's own client.
  it('asks as RFC 8693 section 2.1 has it', async () => {
    const token = await tokenOf('user-2');
    await ask(bearer(token));
    expect(await keycard.exchanges()).toEqual([
      {
        clientId: 'ua:gate',
        form: {
          grant_type: 'urn:ietf:params:oauth:grant-type:token-exchange',
          resource: API,
          subject_token: token,
          subject_token_type: ACCESS_TOKEN,
        },
      },
    ]);
  });

  it('takes a token from a cookie too, and forwards no other Authorization', async () => {
    const token = await tokenOf('user-3');
    await ask({ Cookie: `token=${token}; theme=dark`, Authorization: 'Basic c2l0ZTpvd24=' });
    expect(await claimsAtOrigin()).toEqual([expect.objectContaining({ sub: 'user-3', aud: API })]);
    expect(await arrivedAtOrigin('cookie')).toEqual(['theme=dark']);
  });

  it('sends none of the caller’s credentials with forward_credentials either', async () => {
    const token = await tokenOf('user-4');
    const headers = { ...bearer(token), Cookie: `token=${token}; theme=dark` };
    expect((await ask(headers, '/as-presented')).status).toBe(200);
    expect(await claimsAtOrigin()).toEqual([expect.objectContaining({ sub: 'user-4', aud: API })]);
    expect(JSON.stringify((await gate.origin.calls()).requests)).not.toContain(token);
  });

  it('is made once for concurrent requests, and kept for later ones', async () => {
    const token = await tokenOf('user-5');
    await keycard.control({ delayMs: 100 });
    const statuses = await Promise.all(
      Array.from({ length: 10 }, async () => (await ask(bearer(token))).status),
    );
    expect(statuses).toEqual(Array(10).fill(200));
    expect((await ask(bearer(token))).status).toBe(200);
    expect(await exchanges()).toBe(1);
    expect(new Set(await arrivedAtOrigin()).size).toBe(1);
  });

  it('is made anew for another resource, and for another token of the same person', async () => {
    const [one, two] = [await tokenOf('user-6'), await tokenOf('user-6')];
    await ask(bearer(one));
    await ask(bearer(one), '/billing');
    await ask(bearer(two));
    expect((await claimsAtOrigin()).map(({ aud }) => aud)).toEqual([API, BILLING, API]);
    expect(new Set(await arrivedAtOrigin()).size).toBe(3);
  });

  it('is used until shortly before the new token expires', async () => {
    await keycard.control({ ttlSeconds: 600 });
    const token = await tokenOf('user-7', { ttlSeconds: 3600 });
    await ask(bearer(token));
    await gate.clock.advance(530_000);
    await ask(bearer(token));
    expect(await exchanges()).toBe(1);
    await gate.clock.advance(20_000);
    await ask(bearer(token));
    expect(await exchanges()).toBe(2);
    const [first, second, third] = await arrivedAtOrigin();
    expect([second === first, third === first]).toEqual([true, false]);
  });

  it.each([
    ['expires_in', { expires_in: 100 }, 3600],
    ['exp', { expires_in: 3600 }, 100],
    ['exp alone', {}, 100],
  ])('ends by whichever is sooner: %s', async (name, members, ttlSeconds) => {
    const access_token = await tokenOf('issued', { audience: API, ttlSeconds });
    const body = {
      access_token,
      token_type: 'bearer',
      issued_token_type: ACCESS_TOKEN,
      ...members,
    };
    const token = await tokenOf(`user-by-${name.replace(' ', '-')}`);
    await keycard.control({ tokenAnswer: { status: 200, body, headers: {} } });
    expect((await ask(bearer(token))).status).toBe(200);
    await gate.clock.advance(80_000);
    await ask(bearer(token));
    expect(await exchanges()).toBe(1);
    await keycard.control({ tokenAnswer: null });
    await gate.clock.advance(15_000);
    expect((await ask(bearer(token))).status).toBe(200);
    expect(await exchanges()).toBe(2);
  });

  it('is not made for a path whose readings need tokens for two resources', async () => {
    const headers = bearer(await tokenOf('user-8'));
    const put = await request(gate.port, { method: 'PUT', target: '/a%2Fb', headers });
    expect(reasonOf(put)).toEqual([403, 'exchange_not_possible']);
    await expectNothingAtOrigin();
  });
});

describe('a subject that ends', () => {
  it('is refused before its exchanged token is looked at, once revoked', async () => {
    await gate.clock.advance(2 * MINUTE_MS); // past the head start of a new log
    const token = await tokenOf('user-revoked');
    await gate.clock.advance(2000);
    expect((await ask(bearer(token))).status).toBe(200);
    const message = { method: 'POST', body: JSON.stringify({ identity_ids: ['user-revoked'] }) };
    const told = await fetch(`${gate.url}/.postern/events/webhook`, {
      ...message,
      headers: bearer(WEBHOOK_KEY),
    });
    expect(told.status).toBe(204);
    await gate.origin.clearCalls();
    expect(reasonOf(await ask(bearer(token)))).toEqual([401, 'token_revoked']);
    await expectNothingAtOrigin();
  });

  it('is refused if it was revoked during the exchange', async () => {
    const token = await tokenOf('user-racing');
    await gate.clock.advance(2000);
    await keycard.control({ delayMs: 600 });
    const asked = ask(bearer(token));
    await expect.poll(async () => (await keycard.calls()).counts[TOKEN_ENDPOINT]).toBe(1);
    await fetch(`${gate.url}/.postern/events/webhook`, {
      method: 'POST',
      body: JSON.stringify({ identity_ids: ['user-racing'] }),
      headers: bearer(WEBHOOK_KEY),
    });
    expect(reasonOf(await asked)).toEqual([401, 'token_revoked']);
    await expectNothingAtOrigin();
  });

  it('is refused from its own exp on, though the exchanged token is good for longer', async () => {
    const token = await tokenOf('user-short', { ttlSeconds: 60 });
    expect((await ask(bearer(token))).status).toBe(200);
    await gate.origin.clearCalls();
    await gate.clock.advance(61_000); // within the tolerance for clocks
    expect(reasonOf(await ask(bearer(token)))).toEqual([401, 'token_expired']);
    await expectNothingAtOrigin();
  });
});

describe('a session that no issuer exchanges', () => {
  it('of Kratos is denied, and no call is made', async () => {
    const { cookie, token } = await gate.kratos.createSession();
    expect(reasonOf(await ask({ Cookie: cookie }))).toEqual([403, 'exchange_not_possible']);
    expect(reasonOf(await ask({ 'X-Session-Token': token }))).toEqual([
      403,
      'exchange_not_possible',
    ]);
    expect(await exchanges()).toBe(0);
    await expectNothingAtOrigin();
  });

  it('of an issuer without a client is denied, and its token goes nowhere', async () => {
    const token = await other.token(gate.clock.now());
    expect(reasonOf(await ask(bearer(token)))).toEqual([403, 'exchange_not_possible']);
    expect((await ask(bearer(token), '/page')).status).toBe(200); // control: good elsewhere
    expect(await exchanges()).toBe(0);
  });

  it('shows a person a page', async () => {
    const { cookie } = await gate.kratos.createSession();
    const navigation = { Accept: 'text/html', 'Sec-Fetch-Mode': 'navigate' };
    const response = await ask({ Cookie: cookie, ...navigation });
    expect([response.status, header(response, 'content-type')]).toEqual([
      403,
      'text/html; charset=utf-8',
    ]);
  });
});

describe('a refusal of the issuer', () => {
  // RFC 6749 section 5.2, RFC 8693 section 2.2.2; the last two are in `keycardai/oauth/exceptions.py`.
  it.each([
    'invalid_grant',
    'invalid_target',
    'invalid_request',
    'access_denied',
    'insufficient_authorization',
  ])('%s is 403, with the code in the log alone', async (error) => {
    const token = await tokenOf(`user-${error}`);
    const description = 'the-description-of-the-zone';
    const body = { error, error_description: description };
    await keycard.control({ tokenAnswer: { status: 400, body, headers: {} } });
    const response = await ask(bearer(token));
    expect(reasonOf(response)).toEqual([403, 'exchange_refused']);
    expect(response.body.toString()).not.toContain(description);
    expect((await gate.logs()).at(-1)).toContain(`"detail":"${error}"`);
    await expectNothingAtOrigin();
    await ask(bearer(token));
    expect(await exchanges()).toBe(1); // it is remembered for a while
    await keycard.control({ tokenAnswer: null });
    await gate.clock.advance(31_000);
    expect((await ask(bearer(token))).status).toBe(200);
  });

  it('of a resource that the zone does not have is 403', async () => {
    const token = await tokenOf('user-9');
    expect(reasonOf(await ask(bearer(token), '/unknown'))).toEqual([403, 'exchange_refused']);
    expect((await ask(bearer(token))).status).toBe(200);
  });

  it('of a token that it does not know any more is 403', async () => {
    const token = await tokenOf('user-10');
    expect((await ask(bearer(token), '/page')).status).toBe(200);
    await keycard.rotate({ keeps: 0 });
    expect(reasonOf(await ask(bearer(token)))).toEqual([403, 'exchange_refused']);
  });
});

describe('a failure of the issuer', () => {
  const unusable = { status: 200, headers: {} };
  const issued = { issued_token_type: ACCESS_TOKEN, token_type: 'Bearer', expires_in: 3600 };
  it.each([
    ['5xx', { status: 503, body: '', headers: {} }],
    ['5xx that names an error', { status: 500, body: { error: 'invalid_grant' }, headers: {} }],
    ['no JSON', { ...unusable, body: '<!doctype html>' }],
    ['no token', { ...unusable, body: issued }],
    [
      'a token of another type',
      {
        ...unusable,
        body: {
          ...issued,
          access_token: 'a.b',
          issued_token_type: 'urn:ietf:params:oauth:token-type:refresh_token',
        },
      },
    ],
    ['no issued_token_type', { ...unusable, body: { access_token: 'a.b', token_type: 'Bearer' } }],
    ['no Bearer', { ...unusable, body: { ...issued, access_token: 'a.b', token_type: 'N_A' } }],
    [
      'no token_type',
      { ...unusable, body: { access_token: 'a.b', issued_token_type: ACCESS_TOKEN } },
    ],
    [
      'an end of a header line',
      { ...unusable, body: { ...issued, access_token: 'a\r\nX-Evil: 1' } },
    ],
    ['a token that is not text', { ...unusable, body: { ...issued, access_token: ['a.b'] } }],
    ['a token too long', { ...unusable, body: { ...issued, access_token: 'a'.repeat(8193) } }],
    [
      'a body too long',
      { ...unusable, body: { ...issued, access_token: 'a.b', more: 'x'.repeat(70_000) } },
    ],
    [
      'a lifetime of none',
      { ...unusable, body: { ...issued, access_token: 'a.b', expires_in: 0 } },
    ],
    [
      'a lifetime that is no number',
      { ...unusable, body: { ...issued, access_token: 'a.b', expires_in: 'long' } },
    ],
    ['a redirect', { status: 307, body: '', headers: { Location: '/oauth/2/token' } }],
    ['an error that is not known', { status: 400, body: { error: 'teapot' }, headers: {} }],
    ['an error without a name', { status: 400, body: '{}', headers: {} }],
    ['an error in a success', { ...unusable, body: { error: 'invalid_grant' } }],
  ])('%s is 503', async (name, tokenAnswer) => {
    const token = await tokenOf(`user-${name.replaceAll(' ', '-')}`);
    await keycard.control({ tokenAnswer });
    const response = await ask(bearer(token));
    expect(reasonOf(response)).toEqual([503, 'exchange_unavailable']);
    expect(Number(header(response, 'retry-after'))).toBeGreaterThan(0);
    await expectNothingAtOrigin();
    expect((await gate.logs()).join('\n')).toContain('"event":"token-exchange-failure"');
    expect(await gate.bugs()).toEqual([]);
    await keycard.control({ tokenAnswer: null });
    await gate.clock.advance(2500);
    expect((await ask(bearer(token))).status).toBe(200);
  });

  it('to answer in time is 503, and what is kept is served meanwhile', async () => {
    const [kept, cold] = [await tokenOf('user-kept'), await tokenOf('user-cold')];
    expect((await ask(bearer(kept))).status).toBe(200);
    await keycard.control({ delayMs: 3000 });
    expect(reasonOf(await ask(bearer(cold)))).toEqual([503, 'exchange_unavailable']);
    expect((await ask(bearer(kept))).status).toBe(200);
  });

  it('to give another token than the caller’s own is 503', async () => {
    const access_token = await tokenOf('user-17');
    const body = { ...issued, access_token };
    await keycard.control({ tokenAnswer: { status: 200, body, headers: {} } });
    expect(reasonOf(await ask(bearer(access_token)))).toEqual([503, 'exchange_unavailable']);
    await expectNothingAtOrigin();
  });

  it('429 keeps its Retry-After, and stops the calls until then', async () => {
    const [one, two] = [await tokenOf('user-11'), await tokenOf('user-12')];
    const headers = { 'Retry-After': '17' };
    await keycard.control({ tokenAnswer: { status: 429, body: '', headers } });
    const first = await ask(bearer(one));
    expect([reasonOf(first), header(first, 'retry-after')]).toEqual([
      [503, 'exchange_unavailable'],
      '17',
    ]);
    await gate.clock.advance(5000);
    expect(header(await ask(bearer(two)), 'retry-after')).toBe('12');
    expect(await exchanges()).toBe(1);
    await keycard.control({ tokenAnswer: null });
    await gate.clock.advance(13_000);
    expect((await ask(bearer(two))).status).toBe(200);
  });

  it.each([
    ['invalid_client', 401],
    ['invalid_client', 400],
    ['unauthorized_client', 400],
    ['unsupported_grant_type', 400],
  ])(
    'to accept Postern’s own client (%s, %i) is 503, reported without the secret',
    async (error, status) => {
      await gate.clock.advance(MINUTE_MS);
      gate.clearLogs();
      const token = await tokenOf('user-13');
      await keycard.control({ tokenAnswer: { status, body: { error }, headers: {} } });
      for (let count = 0; count < 3; count += 1) {
        expect(reasonOf(await ask(bearer(token)))).toEqual([503, 'exchange_unavailable']);
      }
      expect(await exchanges()).toBe(1);
      const logs = (await gate.logs()).join('\n');
      expect(logs).toContain(
        `"event":"token-exchange-failure","issuer":"${issuer}","detail":"${error}"`,
      );
      expect(logs).not.toContain(CLIENT_SECRET);
      expect(logs).not.toContain(token);
      await gate.clock.advance(MINUTE_MS);
    },
  );
});

describe('the metadata of the issuer', () => {
  let zoneUrl = '';
  const site = (settings: object) =>
    startGate({
      vars: ({ keycard: zone }) => {
        zoneUrl = zone;
        return {
          CLIENT_SECRETS: { [zone]: CLIENT_SECRET },
          ISSUERS: [{ ...zoneSettings(zone), client_id: 'gate', ...settings }],
          RULES: [exchanging('/api/*', API)],
        };
      },
    });
  const askAt = async (running: RunningGate, metadata: object) => {
    await running.keycard.control({ issuer: zoneUrl, metadata: { ...metadata } });
    const token = await running.keycard.createToken({ audience: 'postern' });
    return get(running.port, '/api/x', bearer(token));
  };

  // The endpoint gets the client's secret.
  it.each([
    ['elsewhere', 'https://elsewhere.example/token'],
    ['not-https', 'http://elsewhere.example/token'],
    ['not-https', null],
  ])('names a token endpoint that is not used (%s): 503', async (problem, token_endpoint) => {
    await using running = await site({});
    expect(reasonOf(await askAt(running, { token_endpoint }))).toEqual([
      503,
      'exchange_unavailable',
    ]);
    expect((await running.logs()).join('\n')).toContain(
      `"detail":"metadata-token-endpoint-${problem}"`,
    );
    expect((await running.origin.calls()).requests).toEqual([]);
  });

  it('may name a token endpoint at another origin with allow_other_origin', async () => {
    await using running = await site({ allow_other_origin: true });
    const token_endpoint = `${zoneUrl.replace('127.0.0.1', 'localhost')}/oauth/2/token`;
    expect((await askAt(running, { token_endpoint })).status).toBe(200);
  });
});

describe('a WebSocket', () => {
  it('opens at the origin with the exchanged token', async () => {
    const token = await tokenOf('user-16');
    const { socket } = await openWebSocket(`ws://127.0.0.1:${gate.port}/api/ws`, bearer(token));
    socket.close();
    expect(await claimsAtOrigin()).toEqual([expect.objectContaining({ sub: 'user-16', aud: API })]);
  });

  it('does not open without one', async () => {
    const { token } = await gate.kratos.createSession();
    const opened = openWebSocket(`ws://127.0.0.1:${gate.port}/api/ws`, bearer(token));
    await expect(opened).rejects.toThrow('did not open');
    await expectNothingAtOrigin();
  });
});

describe('forward-auth', () => {
  it('does not pass a request under such a rule: the proxy would send the caller’s token', async () => {
    const response = await get(gate.port, '/.postern/auth/forward', {
      ...bearer(await tokenOf('user-14')),
      'Postern-Proxy-Secret': PROXY_SECRET,
      'X-Forwarded-Method': 'GET',
      'X-Forwarded-Host': 'app.example.test',
      'X-Forwarded-Uri': '/api/x',
    });
    expect(reasonOf(response)).toEqual([503, 'exchange_unavailable']);
    expect(header(response, 'authorization')).toBeUndefined();
    expect(await exchanges()).toBe(0);
  });
});

it('keeps the secret of the client from the origin', async () => {
  const token = await tokenOf('user-18');
  const headers = { Cookie: `token=${token}`, ...bearer(CLIENT_SECRET) };
  expect((await ask(headers, '/page')).status).toBe(200);
  expect(await arrivedAtOrigin()).toEqual([undefined]);
});

it('costs a rule without exchange no call', async () => {
  const token = await tokenOf('user-15');
  expect((await ask(bearer(token), '/page')).status).toBe(200);
  expect(await arrivedAtOrigin()).toEqual([undefined]);
  expect(await exchanges()).toBe(0);
});
