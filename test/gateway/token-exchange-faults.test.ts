/** Refusals and failures of an issuer that is asked for an exchange (RFC 8693), by the built gate. */
import { beforeEach, describe, expect, it } from 'vitest';
import { forAllTests } from '../support/for-all-tests.ts';
import { get, header } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';
import { zoneSettings } from '../support/token-issuer.ts';
import {
  ACCESS_TOKEN,
  API,
  bearer,
  CLIENT_SECRET,
  exchanging,
  reasonOf,
  startExchangeSite,
} from './exchange-site.ts';

const MINUTE_MS = 60_000;

const gate = await forAllTests(startExchangeSite());
const { keycard, zone: issuer, tokenOf, ask, expectNothingAtOrigin, exchanges } = gate;
beforeEach(() => gate.prepare());

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
