/** Rules with `exchange` (RFC 8693), by the built gate. */
import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { get, header, request } from '../support/raw-http.ts';
import { openWebSocket } from '../support/web-socket-client.ts';
import {
  ACCESS_TOKEN,
  API,
  BILLING,
  bearer,
  CLIENT_SECRET,
  PROXY_SECRET,
  reasonOf,
  startExchangeSite,
  TOKEN_ENDPOINT,
  WEBHOOK_KEY,
} from './exchange-site.ts';

const MINUTE_MS = 60_000;

const gate = await forAllTests(startExchangeSite());
const {
  keycard,
  other,
  tokenOf,
  ask,
  arrivedAtOrigin,
  claimsAtOrigin,
  expectNothingAtOrigin,
  exchanges,
} = gate;
beforeEach(() => gate.prepare());

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
