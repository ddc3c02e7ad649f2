import { describe, expect, it } from 'vitest';
import { createEventSigner, type EventSigner } from '../support/event-signer.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';

/** As in OpenID Connect Back-Channel Logout 1.0, section 2.4. */
const ISSUER = 'https://server.example.com';
const OTHER_ISSUER = 'https://other.example.com';
const AUDIENCE = 's6BhdRkqt3';
const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

let count = 0;

const [signer, stranger] = await Promise.all([createEventSigner('k1'), createEventSigner('k1')]);
const issuer = (name: string, { publicJwk }: EventSigner) => ({
  issuer: name,
  preset: 'kratos',
  audience: AUDIENCE,
  algorithms: ['ES256'],
  keys: [publicJwk],
  event_audience: [AUDIENCE],
});
const gate = await gateForAllTests({
  // JSON as wrangler.toml would give it: the keys are plain members.
  vars: { ISSUERS: JSON.stringify([issuer(ISSUER, signer), issuer(OTHER_ISSUER, stranger)]) },
});

type Claims = Record<string, unknown>;

function seconds(): number {
  return Math.floor(gate.clock.now() / 1000);
}

function logoutClaims(changes: Claims = {}): Claims {
  count += 1;
  const iat = seconds();
  const events = { [EVENT]: {} };
  const ids = { sub: '248289761001', sid: '08a5019c-17e1-4977-8f42-65a12843ea02' };
  return {
    iss: ISSUER,
    ...ids,
    aud: AUDIENCE,
    iat,
    exp: iat + 120,
    jti: `j${count}`,
    events,
    ...changes,
  };
}

async function post(body: BodyInit, type = 'application/x-www-form-urlencoded') {
  const url = `${gate.url}/.postern/events/backchannel-logout`;
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  const text = await response.text();
  const error = text === '' ? undefined : JSON.parse(text).error;
  return { status: response.status, error, cacheControl: response.headers.get('cache-control') };
}

const send = (token: string) => post(new URLSearchParams({ logout_token: token }).toString());

function sessionToken(changes: Claims = {}, by = signer): Promise<string> {
  const iat = seconds();
  return by.sign(
    {
      iss: ISSUER,
      aud: AUDIENCE,
      sub: 'someone',
      sid: 'some-session',
      iat,
      exp: iat + 600,
      ...changes,
    },
    { typ: 'JWT' },
  );
}

async function whoami(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${gate.url}/sessions/whoami`, { headers })).status;
}

describe('a logout token', () => {
  it('is accepted as the specification shows it', async () => {
    await gate.clock.set(1_471_566_160_000 - Date.now());
    const claims = {
      iss: ISSUER,
      sub: '248289761001',
      aud: AUDIENCE,
      iat: 1_471_566_154,
      exp: 1_471_569_754,
      jti: 'bWJq',
      sid: '08a5019c-17e1-4977-8f42-65a12843ea02',
      events: { [EVENT]: {} },
    };
    const answer = await send(await signer.sign(claims, { typ: 'logout+jwt' }));
    expect(answer).toMatchObject({ status: 200, cacheControl: 'no-store' });
    await gate.clock.set(0);
  });

  it.each<[string, Claims, Claims?]>([
    ['without typ', {}, { typ: undefined }],
    ['of the general type', {}, { typ: 'JWT' }],
    ['with a media type in full', {}, { typ: 'application/logout+jwt' }],
    ['with sub alone', { sid: undefined }],
    ['with sid alone', { sub: undefined }],
    ['with several audiences', { aud: ['another', AUDIENCE] }],
    ['with unknown claims', { hello: { world: 1 } }],
    ['with members in its event', { events: { [EVENT]: { more: true } } }],
    ['with a second event', { events: { [EVENT]: {}, 'urn:example:more': {} } }],
  ])('%s is accepted', async (_name, changes, header = { typ: 'logout+jwt' }) => {
    expect(await send(await signer.sign(logoutClaims(changes), header))).toMatchObject({
      status: 200,
    });
  });

  it.each<[string, () => Claims, Claims?]>([
    ['without iss', () => ({ iss: undefined })],
    ['of an unknown issuer', () => ({ iss: 'https://evil.example' })],
    ['of an issuer that differs by a slash', () => ({ iss: `${ISSUER}/` })],
    ['without aud', () => ({ aud: undefined })],
    ['for another audience', () => ({ aud: 'another' })],
    ['for no audience', () => ({ aud: [] })],
    ['with an audience that is a number', () => ({ aud: 1 })],
    ['without iat', () => ({ iat: undefined })],
    ['issued in the future', () => ({ iat: seconds() + 100, exp: seconds() + 200 })],
    ['with iat as text', () => ({ iat: String(seconds()) })],
    ['without exp', () => ({ exp: undefined })],
    ['that expired', () => ({ iat: seconds() - 200, exp: seconds() - 100 })],
    ['that lives for a day', () => ({ exp: seconds() + 86_400 })],
    ['that expires before it was issued', () => ({ exp: seconds() - 1 })],
    ['not valid yet', () => ({ nbf: seconds() + 100 })],
    ['without sub and sid', () => ({ sub: undefined, sid: undefined })],
    ['with an empty sub', () => ({ sub: '', sid: undefined })],
    ['with a sub that is a number', () => ({ sub: 7 })],
    ['with a sid that is a list', () => ({ sid: ['a'] })],
    ['with a sid of 256 characters', () => ({ sid: 'x'.repeat(256) })],
    ['without events', () => ({ events: undefined })],
    ['with events as a list', () => ({ events: [EVENT] })],
    ['with events as text', () => ({ events: EVENT })],
    ['with another event', () => ({ events: { 'urn:example:other': {} } })],
    ['with an event that is no object', () => ({ events: { [EVENT]: true } })],
    ['with an event that is null', () => ({ events: { [EVENT]: null } })],
    ['with a nonce', () => ({ nonce: 'n' })],
    ['with a nonce that is null', () => ({ nonce: null })],
    ['without jti', () => ({ jti: undefined })],
    ['with an empty jti', () => ({ jti: '' })],
    ['with a jti that is a number', () => ({ jti: 1 })],
    ['typed as an access token', () => ({}), { typ: 'at+jwt' }],
    ['typed as a security event', () => ({}), { typ: 'secevent+jwt' }],
    ['signed with an unknown key', () => ({}), { typ: 'logout+jwt', kid: 'k2' }],
    ['with a key in its header', () => ({}), { typ: 'logout+jwt', jwk: {} }],
    [
      'with a key address in its header',
      () => ({}),
      { typ: 'logout+jwt', jku: 'https://evil.example' },
    ],
  ])('%s is refused', async (_name, changes, header = { typ: 'logout+jwt' }) => {
    const token = await signer.sign(logoutClaims(changes()), header);
    expect(await send(token)).toEqual({
      status: 400,
      error: 'invalid_request',
      cacheControl: 'no-store',
    });
  });

  it('with another signature, a change, a cut or no signature is refused', async () => {
    const good = await signer.sign(logoutClaims(), { typ: 'logout+jwt' });
    const [header, , signature] = good.split('.');
    const payload = Buffer.from(JSON.stringify(logoutClaims())).toString('base64url');
    const none = Buffer.from('{"alg":"none"}').toString('base64url');
    const hmac = Buffer.from('{"alg":"HS256","kid":"k1"}').toString('base64url');
    const bad = [
      await stranger.sign(logoutClaims(), { typ: 'logout+jwt' }),
      `${header}.${payload}.${signature}`,
      `${none}.${payload}.`,
      `${none}.${payload}.${signature}`,
      `${hmac}.${payload}.${signature}`,
      good.slice(0, -4),
      `${good}==`,
      good.replaceAll('.', ''),
      `${good}.a.b`,
      '',
      'x',
      'a.'.repeat(5000),
    ];
    for (const token of bad) {
      expect(await send(token)).toMatchObject({ status: 400, error: 'invalid_request' });
    }
  });

  it('is accepted again, and so is a token with the same jti of another issuer', async () => {
    const claims = logoutClaims();
    const token = await signer.sign(claims, { typ: 'logout+jwt' });
    expect((await send(token)).status).toBe(200);
    expect(await send(token)).toMatchObject({ status: 200, cacheControl: 'no-store' });
    const others = await stranger.sign({ ...claims, iss: OTHER_ISSUER }, { typ: 'logout+jwt' });
    expect((await send(others)).status).toBe(200);
  });

  it('is refused if it arrives in another way', async () => {
    const token = await signer.sign(logoutClaims(), { typ: 'logout+jwt' });
    const form = `logout_token=${token}`;
    expect((await post(form, 'text/plain')).status).toBe(400);
    expect((await post(JSON.stringify({ logout_token: token }), 'application/json')).status).toBe(
      400,
    );
    expect((await post(`${form}&${form}`)).status).toBe(400);
    expect((await post('token=1')).status).toBe(400);
    expect((await post(`${form}&x=${'y'.repeat(40_000)}`)).status).toBe(400);
    const get = await fetch(`${gate.url}/.postern/events/backchannel-logout?${form}`);
    expect([get.status, get.headers.get('allow')]).toEqual([405, 'POST']);
    expect((await post(form)).status).toBe(200);
  });
});

describe('the effect of a logout', () => {
  it('J26: ends the tokens of the named session, and no others', async () => {
    const ended = await sessionToken({ sid: 'ended' });
    const other = await sessionToken({ sid: 'other' });
    expect([await whoami(ended), await whoami(other)]).toEqual([200, 200]);
    await send(await signer.sign(logoutClaims({ sub: 'someone', sid: 'ended' })));
    expect([await whoami(ended), await whoami(other)]).toEqual([401, 200]);
  });

  it('ends every token of the person if it names no session', async () => {
    const tokens = [
      await sessionToken({ sub: 'ann', sid: 'a' }),
      await sessionToken({ sub: 'ann', sid: 'b' }),
    ];
    await send(await signer.sign(logoutClaims({ sub: 'ann', sid: undefined })));
    for (const token of tokens) expect(await whoami(token)).toBe(401);
  });

  it('spares tokens of another issuer that uses the same name', async () => {
    const token = await sessionToken({ iss: OTHER_ISSUER, sub: 'bob', sid: 'b' }, stranger);
    await send(await signer.sign(logoutClaims({ sub: 'bob', sid: undefined })));
    await send(await signer.sign(logoutClaims({ sub: 'bob', sid: 'b' })));
    expect(await whoami(token)).toBe(200);
  });

  it('spares tokens that are issued later', async () => {
    await send(await signer.sign(logoutClaims({ sub: 'eve', sid: undefined })));
    await gate.clock.advance(3000);
    expect(await whoami(await sessionToken({ sub: 'eve', sid: 'new' }))).toBe(200);
  });

  it('has the store’s session with the same id checked again, and a valid session continues', async () => {
    const { session, token } = await gate.kratos.createSession();
    const ask = () =>
      fetch(`${gate.url}/sessions/whoami`, { headers: { 'X-Session-Token': token } });
    await ask();
    expect((await ask()).headers.get('cache-status')).toContain('hit');
    await send(await signer.sign(logoutClaims({ sub: session.identity.id, sid: undefined })));
    const checked = await ask();
    expect(checked.status).toBe(200);
    expect(checked.headers.get('cache-status')).toContain('fwd=');
  });

  it('leaves no part of a token in the log', async () => {
    gate.clearLogs();
    await send(await signer.sign(logoutClaims({ sub: 'a-canary-in-sub', sid: 'a-canary-in-sid' })));
    await send(await stranger.sign(logoutClaims({ sub: 'a-canary-in-sub' })));
    const logs = (await gate.logs()).join('\n');
    expect(logs).toContain('backchannel-logout');
    expect(logs).not.toContain('canary');
  });
});
