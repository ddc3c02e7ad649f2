/**
 * Senders of events send them again when no answer comes. RFC 8935 section 2: the recipient responds as if it had not
 * received the token before. OpenID Connect Back-Channel Logout 1.0 section 2.7: a logout of somebody who is logged
 * out already has succeeded. Standard Webhooks: an id is the same when a message is sent again.
 */

import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { createEventSigner } from '../support/event-signer.ts';
import { gateForAllTests } from '../support/for-all-tests.ts';

const ISSUER = 'https://server.example.com';
const AUDIENCE = 's6BhdRkqt3';
const SECRET = 'a secret of the sender of webhooks';
const LOGOUT = 'http://schemas.openid.net/event/backchannel-logout';
const REVOKED = 'https://schemas.openid.net/secevent/caep/event-type/session-revoked';

const signer = await createEventSigner('k1');
const issuer = {
  issuer: ISSUER,
  preset: 'kratos',
  audience: AUDIENCE,
  algorithms: ['ES256'],
  keys: [signer.publicJwk],
  event_audience: [AUDIENCE],
};
const gate = await gateForAllTests({
  log: 'faulty',
  vars: { ISSUERS: JSON.stringify([issuer]), WEBHOOK_SECRETS: [SECRET] },
});
await gate.clock.advance(120_000); // past the head start of a new log
afterEach(() => gate.setLogFaults({}));

const seconds = () => Math.floor(gate.clock.now() / 1000);

/** An event that ends a person's sessions, under an id of the sender's; sent as often as they like. */
type Prepare = (person: string, id: string) => Promise<() => Promise<number>>;

function post(path: string, body: string, headers: Record<string, string>) {
  const url = `${gate.url}/.postern/events/${path}`;
  return async () => (await fetch(url, { method: 'POST', body, headers })).status;
}

const prepareLogout: Prepare = async (sub, jti) => {
  const iat = seconds();
  const claims = { iss: ISSUER, aud: AUDIENCE, sub, jti, iat, exp: iat + 600 };
  const events = { [LOGOUT]: {} };
  const token = await signer.sign({ ...claims, events }, { typ: 'logout+jwt' });
  const type = 'application/x-www-form-urlencoded';
  return post('backchannel-logout', `logout_token=${token}`, { 'content-type': type });
};

const prepareSet: Prepare = async (sub, jti) => {
  const sub_id = { format: 'iss_sub', iss: ISSUER, sub };
  const claims = { iss: ISSUER, aud: AUDIENCE, jti, iat: seconds(), sub_id };
  const token = await signer.sign(
    { ...claims, events: { [REVOKED]: {} } },
    { typ: 'secevent+jwt' },
  );
  return post('security-events', token, { 'content-type': 'application/secevent+jwt' });
};

const prepareWebhook: Prepare = async (person, id) => {
  const body = JSON.stringify({ identity_ids: [person] });
  const timestamp = String(seconds());
  const signed = createHmac('sha256', SECRET).update(`${id}.${timestamp}.${body}`).digest('base64');
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signed}`,
  };
  return post('webhook', body, headers);
};

/** A token of a person, issued a second ago. */
async function tokenOf(sub: string): Promise<string> {
  const iat = seconds() - 1;
  const claims = { iss: ISSUER, aud: AUDIENCE, sub, sid: crypto.randomUUID(), iat, exp: iat + 600 };
  return signer.sign(claims, { typ: 'JWT' });
}

async function statusOf(token: string): Promise<number> {
  const headers = { authorization: `Bearer ${token}` };
  return (await fetch(`${gate.url}/sessions/whoami`, { headers })).status;
}

/** Every mark that the log holds. */
async function marks(): Promise<unknown> {
  const body = JSON.stringify({ method: 'read', args: [0] });
  return (await fetch(`${gate.logUrl}/call`, { method: 'POST', body })).json();
}

describe.each<[string, Prepare, number]>([
  ['a logout token', prepareLogout, 200],
  ['a security event', prepareSet, 202],
  ['a signed webhook', prepareWebhook, 204],
])('%s', (_, prepare, success) => {
  it('R29: succeeds when it is repeated after a lost answer, and has ended its sessions', async () => {
    const person = crypto.randomUUID();
    const token = await tokenOf(person);
    expect(await statusOf(token)).toBe(200);
    const send = await prepare(person, crypto.randomUUID());
    await gate.setLogFaults({ append: 'lost' });
    expect(await send()).toBe(503);
    await gate.setLogFaults({});
    expect([await send(), await send()]).toEqual([success, success]);
    await gate.clock.advance(5001);
    expect(await statusOf(token)).toBe(401);
  });

  it('R29: writes no mark when it is repeated', async () => {
    const person = crypto.randomUUID();
    const send = await prepare(person, crypto.randomUUID());
    expect(await send()).toBe(success);
    await gate.clock.advance(60_000);
    const later = await tokenOf(person);
    const before = await marks();
    expect([await send(), await send()]).toEqual([success, success]);
    expect(await marks()).toEqual(before);
    await gate.clock.advance(5001);
    expect(await statusOf(later)).toBe(200);
  });

  it('R29: is recorded if it names another person under a used id', async () => {
    const [first, second, id] = Array.from({ length: 3 }, () => crypto.randomUUID());
    const token = await tokenOf(second ?? '');
    expect(await statusOf(token)).toBe(200);
    for (const person of [first, second]) {
      const send = await prepare(person ?? '', id ?? '');
      expect(await send()).toBe(success);
    }
    await gate.clock.advance(5001);
    expect(await statusOf(token)).toBe(401);
  });
});
