import { afterAll, describe, expect, it } from 'vitest';
import { createEventSigner } from '../support/event-signer.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';

/** As in the examples of OpenID CAEP 1.0. */
const ISSUER = 'https://idp.example.com/123456789/';
const ISSUER_OF_JANE = 'https://idp.example.com/3456789/';
const AUDIENCES = ['https://sp.example.com/caep', 'https://sp.example2.net/caep'];
const CAEP = 'https://schemas.openid.net/secevent/caep/event-type';
const SSF = 'https://schemas.openid.net/secevent/ssf/event-type';
const REVOKED = `${CAEP}/session-revoked`;
const CHANGED = `${CAEP}/credential-change`;
const VERIFICATION = `${SSF}/verification`;
const TYP = { typ: 'secevent+jwt' };

let count = 0;

const [signer, stranger] = await Promise.all([createEventSigner('k1'), createEventSigner('k1')]);
const issuer = (name: string) => ({
  issuer: name,
  preset: 'kratos',
  audience: 'site',
  algorithms: ['ES256'],
  keys: [signer.publicJwk],
  event_audience: AUDIENCES,
});
const gate = await gateForAllTests({
  vars: { ISSUERS: JSON.stringify([issuer(ISSUER), issuer(ISSUER_OF_JANE)]) },
});

type Claims = Record<string, unknown>;

function seconds(): number {
  return Math.floor(gate.clock.now() / 1000);
}

function eventClaims(changes: Claims = {}): Claims {
  count += 1;
  const events = { [REVOKED]: { event_timestamp: seconds() } };
  const sub_id = { format: 'opaque', id: 'dMTlD|1600802906337.16|16008.16' };
  const [aud] = AUDIENCES;
  return { iss: ISSUER, jti: `j${count}`, iat: seconds(), aud, sub_id, events, ...changes };
}

async function post(body: BodyInit, type = 'application/secevent+jwt') {
  const url = `${gate.url}/.postern/events/security-events`;
  const response = await fetch(url, { method: 'POST', body, headers: { 'content-type': type } });
  const text = await response.text();
  return { status: response.status, err: text === '' ? undefined : JSON.parse(text).err };
}

async function send(changes: Claims = {}, header: Claims = TYP, by = signer) {
  return post(await by.sign(eventClaims(changes), header));
}

function sessionToken(changes: Claims = {}): Promise<string> {
  const iat = seconds();
  const ids = { sub: 'someone', sid: 'some-session' };
  return signer.sign({ iss: ISSUER, aud: 'site', ...ids, iat, exp: iat + 600, ...changes });
}

async function whoami(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${gate.url}/sessions/whoami`, { headers })).status;
}

describe('a CAEP 1.0 example event', () => {
  afterAll(() => gate.clock.set(0));

  it.each<[string, Claims]>([
    [
      'of a changed credential',
      {
        iss: ISSUER_OF_JANE,
        jti: '07efd930f0977e4fcc1149a733ce7f78',
        iat: 1_600_976_598,
        aud: 'https://sp.example2.net/caep',
        txn: 8_675_309,
        sub_id: { format: 'iss_sub', iss: ISSUER_OF_JANE, sub: 'jane.smith@example.com' },
        events: {
          [CHANGED]: {
            credential_type: 'fido2-roaming',
            change_type: 'create',
            fido2_aaguid: 'accced6a-63f5-490a-9eea-e59bc1896cfc',
            friendly_name: "Jane's USB authenticator",
            initiating_entity: 'user',
            reason_admin: { en: 'User self-enrollment' },
            event_timestamp: 1_600_976_590,
          },
        },
      },
    ],
    [
      'of a revoked session by its id',
      {
        iss: ISSUER,
        jti: '24c63fb56e5a2d77a6b512616ca9fa24',
        iat: 1_615_305_159,
        aud: 'https://sp.example.com/caep',
        txn: 8_675_309,
        sub_id: { format: 'opaque', id: 'dMTlD|1600802906337.16|16008.16' },
        events: { [REVOKED]: { event_timestamp: 1_615_304_991 } },
      },
    ],
    [
      'of a revoked session by user, device and tenant',
      {
        iss: ISSUER,
        jti: '24c63fb56e5a2d77a6b512616ca9fa25',
        iat: 1_615_305_159,
        aud: 'https://sp.example.com/caep',
        txn: 8_675_309,
        sub_id: {
          format: 'complex',
          user: { format: 'iss_sub', iss: ISSUER, sub: 'jane.smith@example.com' },
          device: { format: 'iss_sub', iss: ISSUER, sub: 'e9297990-14d2-42ec-a4a9-4036db86509a' },
          tenant: { format: 'opaque', id: '123456789' },
        },
        events: {
          [REVOKED]: {
            initiating_entity: 'policy',
            reason_admin: { en: 'Policy Violation: C076E82F' },
            reason_user: { en: 'This device is no longer compliant.' },
            event_timestamp: 1_615_304_991,
          },
        },
      },
    ],
  ])('%s is accepted', async (_name, claims) => {
    await gate.clock.set((Number(claims.iat) + 5) * 1000 - Date.now());
    expect(await post(await signer.sign(claims, TYP))).toEqual({ status: 202, err: undefined });
  });
});

describe('a security event token', () => {
  it.each<[string, Claims]>([
    [
      'verifying the stream',
      { events: { [VERIFICATION]: {} }, sub_id: { format: 'opaque', id: 'stream' } },
    ],
    [
      'verifying the stream with a state',
      { events: { [VERIFICATION]: { state: 'VGhpcyBpcyBhbiBleGFtcGxl' } } },
    ],
    [
      'saying that the stream is paused',
      { events: { [`${SSF}/stream-updated`]: { status: 'paused' } } },
    ],
    ['of an unsupported event', { events: { [`${CAEP}/device-compliance-change`]: {} } }],
    [
      'with its subject in the event, as before CAEP was final',
      {
        sub_id: undefined,
        events: { [REVOKED]: { subject: { format: 'opaque', id: 'x' } } },
      },
    ],
    ['naming a token', { sub_id: { format: 'jwt_id', iss: ISSUER, jti: 't1' } }],
    [
      'with aliases, one of them known here',
      {
        sub_id: {
          format: 'aliases',
          identifiers: [
            { format: 'email', email: 'user@example.com' },
            { format: 'iss_sub', iss: ISSUER, sub: 'u' },
          ],
        },
      },
    ],
    ['of three days ago', { iat: Math.floor(Date.now() / 1000) - 3 * 86_400 }],
  ])('%s is accepted', async (_name, changes) => {
    expect(await send(changes)).toEqual({ status: 202, err: undefined });
  });

  const opaque = { format: 'opaque', id: 'x' };
  it.each<[string, string, Claims, Claims?]>([
    ['without iss', 'invalid_issuer', { iss: undefined }],
    ['of an unknown issuer', 'invalid_issuer', { iss: 'https://evil.example/' }],
    ['of an issuer without its slash', 'invalid_issuer', { iss: ISSUER.slice(0, -1) }],
    ['for another audience', 'invalid_audience', { aud: 'https://other.example' }],
    ['for several other audiences', 'invalid_audience', { aud: ['a', 'b'] }],
    ['without aud', 'invalid_request', { aud: undefined }],
    ['without iat', 'invalid_request', { iat: undefined }],
    ['without jti', 'invalid_request', { jti: undefined }],
    ['with a jti that is a number', 'invalid_request', { jti: 5 }],
    ['from the future', 'invalid_request', { iat: Math.floor(Date.now() / 1000) + 1000 }],
    ['of a month ago', 'invalid_request', { iat: Math.floor(Date.now() / 1000) - 30 * 86_400 }],
    ['with exp', 'invalid_request', { exp: Math.floor(Date.now() / 1000) + 100 }],
    ['with sub', 'invalid_request', { sub: 'jane' }],
    ['with a nonce', 'invalid_request', { nonce: 'n' }],
    ['without events', 'invalid_request', { events: undefined }],
    ['with no event', 'invalid_request', { events: {} }],
    ['with events as a list', 'invalid_request', { events: [REVOKED] }],
    ['with an event that is text', 'invalid_request', { events: { [REVOKED]: 'now' } }],
    [
      'with nine events',
      'invalid_request',
      {
        events: Object.fromEntries(Array.from({ length: 9 }, (_, index) => [`urn:x:${index}`, {}])),
      },
    ],
    [
      'with a timestamp as text',
      'invalid_request',
      { events: { [REVOKED]: { event_timestamp: '1' } } },
    ],
    [
      'of a credential without its type',
      'invalid_request',
      { events: { [CHANGED]: { change_type: 'revoke' } } },
    ],
    [
      'of a credential without its change',
      'invalid_request',
      { events: { [CHANGED]: { credential_type: 'pin' } } },
    ],
    [
      'of a credential changed in no known way',
      'invalid_request',
      {
        events: { [CHANGED]: { credential_type: 'pin', change_type: 'eaten' } },
      },
    ],
    ['with no subject', 'invalid_request', { sub_id: undefined }],
    ['with a subject that is text', 'invalid_request', { sub_id: 'jane' }],
    ['with a subject without format', 'invalid_request', { sub_id: { id: 'x' } }],
    [
      'that names a person by mail address',
      'invalid_request',
      { sub_id: { format: 'email', email: 'a@b.c' } },
    ],
    [
      'that names a person by telephone',
      'invalid_request',
      { sub_id: { format: 'phone_number', phone_number: '+1' } },
    ],
    [
      'that names a person by account',
      'invalid_request',
      { sub_id: { format: 'account', uri: 'acct:a@b.c' } },
    ],
    ['naming a tenant', 'invalid_request', { sub_id: { format: 'complex', tenant: opaque } }],
    ['naming a device alone', 'invalid_request', { sub_id: { format: 'complex', device: opaque } }],
    ['with an empty opaque id', 'invalid_request', { sub_id: { format: 'opaque', id: '' } }],
    [
      'with an opaque id that is a number',
      'invalid_request',
      { sub_id: { format: 'opaque', id: 1 } },
    ],
    ['with iss_sub without sub', 'invalid_request', { sub_id: { format: 'iss_sub', iss: ISSUER } }],
    ['with no aliases', 'invalid_request', { sub_id: { format: 'aliases', identifiers: [] } }],
    [
      'with aliases in aliases',
      'invalid_request',
      {
        sub_id: { format: 'aliases', identifiers: [{ format: 'aliases', identifiers: [opaque] }] },
      },
    ],
    [
      'about a person at another issuer',
      'access_denied',
      {
        sub_id: { format: 'iss_sub', iss: ISSUER_OF_JANE, sub: 'jane' },
      },
    ],
    [
      'about the token of another issuer',
      'access_denied',
      {
        sub_id: { format: 'jwt_id', iss: 'https://evil.example', jti: 't' },
      },
    ],
    ['without typ', 'invalid_request', {}, {}],
    ['typed as a general JWT', 'invalid_request', {}, { typ: 'JWT' }],
    ['typed as a logout token', 'invalid_request', {}, { typ: 'logout+jwt' }],
    ['by an unknown key', 'invalid_key', {}, { ...TYP, kid: 'k9' }],
    ['with a key in its header', 'invalid_request', {}, { ...TYP, jwk: {} }],
  ])('%s is refused with its code', async (_name, err, changes, header = TYP) => {
    expect(await send(changes, header)).toEqual({ status: 400, err });
  });

  it('with another signature, a change, no signature, or another form is refused', async () => {
    const good = await signer.sign(eventClaims(), TYP);
    const [header, , signature] = good.split('.');
    const payload = Buffer.from(JSON.stringify(eventClaims())).toString('base64url');
    const unsigned = Buffer.from('{"alg":"none","typ":"secevent+jwt"}').toString('base64url');
    expect(await send({}, TYP, stranger)).toEqual({ status: 400, err: 'invalid_key' });
    expect((await post(`${header}.${payload}.${signature}`)).err).toBe('invalid_key');
    expect((await post(`${unsigned}.${payload}.${signature}`)).err).toBe('invalid_key');
    for (const body of [
      `${unsigned}.${payload}.`,
      '',
      '{}',
      `${good}=`,
      `${good}\n`,
      'x'.repeat(20_000),
    ]) {
      expect((await post(body)).err).toBe('invalid_request');
    }
    for (const type of ['application/jwt', 'application/json', 'text/plain']) {
      expect((await post(good, type)).err).toBe('invalid_request');
    }
    expect((await post(good, 'Application/SecEvent+JWT; charset=utf-8')).status).toBe(202);
  });
});

describe('the effect of an event', () => {
  it('ends the tokens of the named session', async () => {
    const [ended, other] = [await sessionToken({ sid: 'e1' }), await sessionToken({ sid: 'e2' })];
    const session = { format: 'opaque', id: 'e1' };
    await send({ sub_id: { format: 'complex', session, tenant: { format: 'opaque', id: 't' } } });
    expect([await whoami(ended), await whoami(other)]).toEqual([401, 200]);
  });

  it('ends every token of a person whose credential was revoked, but not for an added credential', async () => {
    const token = await sessionToken({ sub: 'carol' });
    const sub_id = { format: 'iss_sub', iss: ISSUER, sub: 'carol' };
    const change = (change_type: string) => ({
      sub_id,
      events: { [CHANGED]: { change_type, credential_type: 'password' } },
    });
    expect((await send(change('create'))).status).toBe(202);
    expect(await whoami(token)).toBe(200);
    expect((await send(change('revoke'))).status).toBe(202);
    expect(await whoami(token)).toBe(401);
  });

  it('ends a token by its jti', async () => {
    const token = await sessionToken({ jti: 'the-token', sid: 'x9', sub: 'dan' });
    await send({ sub_id: { format: 'jwt_id', iss: ISSUER, jti: 'the-token' } });
    expect(await whoami(token)).toBe(401);
  });

  it('spares tokens that were issued later, for repeated and late deliveries too', async () => {
    const claims = eventClaims({ sub_id: { format: 'iss_sub', iss: ISSUER, sub: 'erin' } });
    const token = await signer.sign(claims, TYP);
    expect((await post(token)).status).toBe(202);
    await gate.clock.advance(60_000);
    const later = await sessionToken({ sub: 'erin', sid: 'later' });
    expect((await post(token)).status).toBe(202);
    const repeated = await signer.sign({ ...claims, jti: 'as-if-new' }, TYP);
    expect((await post(repeated)).status).toBe(202);
    expect(await whoami(later)).toBe(200);
  });
});
