import { beforeEach, describe, expect, it } from 'vitest';
import { ISSUER, NOW, startIntakes } from './start-receivers.ts';

const FORM = 'application/x-www-form-urlencoded';
/** OpenID Connect Back-Channel Logout 1.0, section 2.4. */
const LOGOUT_EVENT = 'http://schemas.openid.net/event/backchannel-logout';

let intakes: Awaited<ReturnType<typeof startIntakes>>;
beforeEach(async () => {
  intakes = await startIntakes();
});

function claims(change: object = {}) {
  return {
    iss: ISSUER,
    aud: 'postern-events',
    iat: NOW / 1000,
    exp: NOW / 1000 + 120,
    jti: 'logout-1',
    sub: 'user-1',
    sid: 'session-1',
    events: { [LOGOUT_EVENT]: {} },
    ...change,
  };
}

const token = (change: object = {}) => intakes.signer.sign(claims(change), { typ: 'logout+jwt' });
const send = (body: string, type = FORM) => intakes.send('backchannel-logout', type, body);
const sendToken = async (change: object = {}) => send(`logout_token=${await token(change)}`);

describe('the receiver for back-channel logout', () => {
  it('answers 200 without a body, with no-store, when the logout is recorded (section 2.8)', async () => {
    const { status, headers, body } = await sendToken();
    expect([status, headers.get('cache-control'), body]).toEqual([200, 'no-store', undefined]);
    expect(headers.get('content-type')).toBeNull();
    const [recorded] = intakes.world.recorded;
    expect(recorded?.marks.map(({ subject }) => subject.kind)).toEqual(['session', 'session']);
    expect(intakes.world.lines).toEqual([
      {
        event: 'revocation-intake',
        intake: 'backchannel-logout',
        status: 200,
        outcome: 'recorded',
        marks: 2,
      },
    ]);
  });

  it('accepts a token once, by its issuer and jti, until two minutes after its expiry', async () => {
    await sendToken();
    expect(intakes.world.recorded[0]?.once).toEqual({
      key: expect.stringMatching(`^logout:${ISSUER}\nlogout-1\n\\S{16,}$`),
      keepMs: 120_000 + 120_000,
    });
    intakes.world.outcome = 'repeated';
    const { status, body } = await sendToken();
    expect([status, body]).toEqual([200, undefined]); // it is recorded, so its repetition succeeds
  });

  it.each([
    ['iat', { iat: undefined }],
    ['exp', { exp: undefined }],
    ['jti', { jti: undefined }],
    ['events', { events: undefined }],
    ['the event of a logout', { events: {} }],
    // OpenID Connect Back-Channel Logout 1.0 section 2.4: an object whose member is an object
    ['an object in the event', { events: { [LOGOUT_EVENT]: [] } }],
    ['an object in place of a list of events', { events: [{ [LOGOUT_EVENT]: {} }] }],
    ['an object in place of null', { events: { [LOGOUT_EVENT]: null } }],
    ['sub and sid', { sub: undefined, sid: undefined }],
  ])('refuses a token without %s with 400 and an OAuth error (section 2.6)', async (_, change) => {
    const { status, headers, body } = await sendToken(change);
    expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
      400,
      'application/json',
      'no-store',
    ]);
    expect(body).toMatchObject({ error: 'invalid_request' });
    expect(headers.get('retry-after')).toBeNull();
    expect(intakes.world.recorded).toEqual([]);
  });

  it('refuses a token with a nonce, which makes it an ID token (section 2.4)', async () => {
    expect((await sendToken({ nonce: 'n' })).status).toBe(400);
  });

  it('accepts one token, in a form of 32 KiB at most', async () => {
    const form = `logout_token=${await token()}&pad=`;
    expect((await send(form.padEnd(32 * 1024, 'x'))).status).toBe(200);
    expect((await send(form.padEnd(32 * 1024 + 1, 'x'))).status).toBe(400);
    expect((await send(`${form}&logout_token=${await token()}`)).status).toBe(400);
    expect((await send('')).status).toBe(400);
    expect((await send(form, 'text/plain')).status).toBe(400);
    expect((await send(form, `${FORM.toUpperCase()}; charset=utf-8`)).status).toBe(200);
  });

  it('answers 503, for a retry, if the log cannot be written or the keys are unavailable', async () => {
    intakes.world.outcome = 'unrecorded';
    const unrecorded = await sendToken();
    intakes.world.areKeysThere = false;
    const unproven = await sendToken();
    for (const { status, headers, body } of [unrecorded, unproven]) {
      expect([status, headers.get('retry-after')]).toEqual([503, '2']);
      expect(body).toMatchObject({ error: 'temporarily_unavailable' });
    }
  });

  it('answers 429, for a retry, beyond 50 verified tokens in a second and as many at once', async () => {
    const form = `logout_token=${await token()}`;
    const statuses = [];
    for (let count = 0; count < 101; count += 1) statuses.push((await send(form)).status);
    expect(statuses).toEqual([...Array.from({ length: 100 }, () => 200), 429]);
    const { headers } = await send(form);
    expect(headers.get('retry-after')).toBe('2');
    expect((await sendToken({ jti: undefined })).status).toBe(400); // unverified tokens do not use up the rate limit
    intakes.world.now += 20;
    expect([(await send(form)).status, (await send(form)).status]).toEqual([200, 429]);
  });
});
