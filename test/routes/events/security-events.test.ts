import { beforeEach, describe, expect, it } from 'vitest';
import { ISSUER, NOW, startIntakes } from './start-receivers.ts';

const TYPE = 'application/secevent+jwt';
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const VERIFICATION = 'https://schemas.openid.net/secevent/ssf/event-type/verification';

let intakes: Awaited<ReturnType<typeof startIntakes>>;
beforeEach(async () => {
  intakes = await startIntakes();
});

const USER = { format: 'iss_sub', iss: ISSUER, sub: 'user-1' };

function token(change: object = {}) {
  const claims = {
    iss: ISSUER,
    aud: 'postern-events',
    iat: NOW / 1000,
    jti: 'event-1',
    sub_id: USER,
    events: { [`${CAEP}/session-revoked`]: {} },
    ...change,
  };
  return intakes.signer.sign(claims, { typ: 'secevent+jwt' });
}
const send = (body: string, type = TYPE) => intakes.send('security-events', type, body);
const sendEvents = async (events: object, change: object = {}) =>
  send(await token({ events, ...change }));
/** Whether what was recorded last only makes checks be made again. */
const isTentative = () => intakes.world.recorded.at(-1)?.marks.every((mark) => mark.isTentative);

describe('the receiver for security events', () => {
  it('answers 202 without a body when the event is recorded (RFC 8935 section 2.2)', async () => {
    const { status, headers, body } = await send(await token());
    expect([status, headers.get('cache-control'), body]).toEqual([202, 'no-store', undefined]);
    expect(intakes.world.recorded).toEqual([
      {
        marks: [
          {
            subject: { kind: 'identity', identityId: 'user-1', issuer: ISSUER },
            isTentative: false,
            issuedBefore: NOW + 999,
          },
          { subject: { kind: 'identity', identityId: 'user-1' }, isTentative: true },
        ],
        once: {
          key: expect.stringMatching(`^event:${ISSUER}\nevent-1\n\\S{16,}$`),
          keepMs: 86_400_000,
        },
      },
    ]);
  });

  it('acknowledges a repeated token', async () => {
    intakes.world.outcome = 'repeated';
    expect((await send(await token())).status).toBe(202);
    expect(intakes.world.lines).toMatchObject([{ outcome: 'repeated', marks: 0 }]);
  });

  it.each([
    ['revoke', false],
    ['update', false],
    ['delete', false],
    ['create', true],
  ])(
    'denies tokens for a credential-change of CAEP unless it adds one: %s',
    async (change, adds) => {
      const event = { credential_type: 'password', change_type: change };
      expect((await sendEvents({ [`${CAEP}/credential-change`]: event })).status).toBe(202);
      expect(isTentative()).toBe(adds);
    },
  );

  it.each([
    ['a change type of no such name', { credential_type: 'password', change_type: 'invent' }],
    ['no change type', { credential_type: 'password' }],
    ['no credential type', { change_type: 'revoke' }],
    ['an invalid time', { credential_type: 'p', change_type: 'revoke', event_timestamp: '1' }],
    ['a time of 0', { credential_type: 'p', change_type: 'revoke', event_timestamp: 0 }],
  ])('refuses a credential-change with %s', async (_, event) => {
    const { status, body } = await sendEvents({ [`${CAEP}/credential-change`]: event });
    expect([status, body]).toEqual([400, expect.objectContaining({ err: 'invalid_request' })]);
    expect(intakes.world.recorded).toEqual([]);
  });

  it('acknowledges events about the stream and unsupported events (RFC 8417 section 2.2)', async () => {
    expect((await sendEvents({ [VERIFICATION]: { state: 's' } })).status).toBe(202);
    expect((await sendEvents({ [`${CAEP}/assurance-level-change`]: {} })).status).toBe(202);
    expect(intakes.world.lines).toMatchObject([{ outcome: 'stream' }, { outcome: 'ignored' }]);
    expect(intakes.world.recorded).toEqual([]);
  });

  it('refuses a token with one unreadable event, and records none of its events', async () => {
    const events = {
      [`${CAEP}/session-revoked`]: { subject: USER },
      [`${CAEP}/credential-change`]: {},
    };
    expect((await sendEvents(events)).status).toBe(400);
    expect(intakes.world.recorded).toEqual([]);
  });

  // RFC 8417 section 2.2: `events` is an object, and so is the payload of each event.
  it.each([
    ['events as a list', [{}]],
    ['events as an empty list', []],
    ['events as a list of payloads', [{ subject: USER }]],
    ['events as a text', `${CAEP}/session-revoked`],
    ['events as null', null],
    ['no event', {}],
    ['a payload that is a list', { [`${CAEP}/session-revoked`]: [] }],
    ['a payload that is a list of objects', { [`${CAEP}/session-revoked`]: [{ subject: USER }] }],
    ['a payload that is null', { [`${CAEP}/session-revoked`]: null }],
    ['a payload of an unknown event that is a list', { 'https://e.example/unknown': [] }],
  ])('refuses %s', async (_, events) => {
    const { status, body } = await send(await token({ events }));
    expect([status, body]).toEqual([400, expect.objectContaining({ err: 'invalid_request' })]);
    expect(intakes.world.recorded).toEqual([]);
  });

  it('reads the subject inside the event, as drafts of CAEP had it', async () => {
    const events = { [`${CAEP}/session-revoked`]: { subject: USER } };
    expect((await sendEvents(events, { sub_id: undefined })).status).toBe(202);
  });

  it.each([
    ['another issuer’s subject', { sub_id: { ...USER, iss: 'https://o.test' } }, 'access_denied'],
    ['a subject by mail', { sub_id: { format: 'email', email: 'a@b.test' } }, 'invalid_request'],
    ['no subject', { sub_id: undefined }, 'invalid_request'],
    ['another issuer', { iss: 'https://other.example.test' }, 'invalid_issuer'],
    ['another audience', { aud: 'somebody-else' }, 'invalid_audience'],
    ['no iat', { iat: undefined }, 'invalid_request'],
    ['exp, which only tokens of other kinds have', { exp: NOW / 1000 + 60 }, 'invalid_request'],
  ])('refuses %s with 400 and the code of RFC 8935 section 2.4', async (_, change, err) => {
    const { status, headers, body } = await send(await token(change));
    expect([status, headers.get('content-type'), headers.get('content-language')]).toEqual([
      400,
      'application/json',
      'en',
    ]);
    expect(body).toEqual({ err, description: expect.any(String) });
    expect(headers.get('retry-after')).toBeNull();
  });

  it('accepts one token of the type, in 16 KiB at most', async () => {
    expect((await send(await token(), 'application/jwt')).status).toBe(400);
    expect((await send('')).status).toBe(400);
    // Longer than any token is, the second is refused as a body.
    await send('x'.repeat(16 * 1024));
    await send('x'.repeat(16 * 1024 + 1));
    const outcomes = intakes.world.lines.map((line) => 'outcome' in line && line.outcome);
    expect(outcomes).toEqual(['body', 'body', 'token_too_long', 'body']);
  });

  it('answers 503, for a retry, if the log cannot be written or the keys are unavailable', async () => {
    intakes.world.outcome = 'unrecorded';
    const unrecorded = await send(await token());
    intakes.world.areKeysThere = false;
    const unproven = await send(await token());
    for (const { status, headers } of [unrecorded, unproven])
      expect([status, headers.get('retry-after')]).toEqual([503, '2']);
  });

  it('answers 429, for a retry, beyond 50 verified tokens in a second and as many at once', async () => {
    const compact = await token();
    const statuses = [];
    for (let count = 0; count < 101; count += 1) statuses.push((await send(compact)).status);
    expect(statuses).toEqual([...Array.from({ length: 100 }, () => 202), 429]);
    expect((await send(compact)).headers.get('retry-after')).toBe('2');
  });
});
