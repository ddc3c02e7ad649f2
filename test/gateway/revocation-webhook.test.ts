import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';

const SECRETS = [
  'the first secret, soon to be withdrawn',
  `whsec_${Buffer.from('thirty-two bytes of a second one').toString('base64')}`,
];
const API_KEY = 'a-key-for-senders-that-cannot-sign';

let count = 0;

const gate = await gateForAllTests({
  vars: { WEBHOOK_SECRETS: SECRETS, WEBHOOK_API_KEYS: [API_KEY] },
});

const GOOD = JSON.stringify({ session_ids: ['s'] });

interface Sending {
  readonly body?: string;
  readonly key?: string | Buffer;
  readonly id?: string;
  readonly timestamp?: string;
  readonly signed?: string;
  readonly headers?: Record<string, string>;
}

function now(): string {
  return String(Math.floor(gate.clock.now() / 1000));
}

async function send(sending: Sending = {}) {
  count += 1;
  const { body = GOOD, key = SECRETS[0] ?? '', id = `m${count}`, timestamp = now() } = sending;
  const signed = sending.signed ?? `${id}.${timestamp}.${body}`;
  const signature = createHmac('sha256', key).update(signed).digest('base64');
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
    ...sending.headers,
  };
  return post(body, headers);
}

async function post(body: string, headers: Record<string, string>) {
  const url = `${gate.url}/.postern/events/webhook`;
  const response = await fetch(url, { method: 'POST', body, headers });
  await response.arrayBuffer();
  return [response.status, response.headers.get('postern-reason')];
}

describe('a webhook message', () => {
  it('signed with any of the secrets is accepted', async () => {
    expect(await send()).toEqual([204, null]);
    expect(await send({ key: Buffer.from('thirty-two bytes of a second one') })).toEqual([
      204,
      null,
    ]);
    const other = 'v1,AAAA v2,x v1a,y ';
    const id = 'several';
    const signature = createHmac('sha256', SECRETS[0] ?? '')
      .update(`${id}.${now()}.${GOOD}`)
      .digest('base64');
    const headers = { 'webhook-signature': `${other}v1,${signature}` };
    expect(await send({ id, headers })).toEqual([204, null]);
  });

  it.each<[string, Sending]>([
    ['with another secret', { key: 'some other secret that nobody has' }],
    ['over another body', { signed: 'm.1.{}' }],
    ['without its id', { headers: { 'webhook-id': '' } }],
    ['with an id that holds spaces', { id: 'a b' }],
    ['with an invalid timestamp', { timestamp: 'now' }],
    ['without a signature', { headers: { 'webhook-signature': '' } }],
    ['of another version', { headers: { 'webhook-signature': 'v2,AAAA' } }],
    ['that is not base64', { headers: { 'webhook-signature': 'v1,%%%' } }],
    ['by an unknown key', { headers: { authorization: 'Bearer not-one-of-the-keys' } }],
  ])('signed %s is refused', async (_name, sending) => {
    expect(await send(sending)).toEqual([401, 'event_unauthenticated']);
  });

  it.each([-301, 301])('signed %i seconds from now is refused', async (seconds) => {
    const timestamp = String(Number(now()) + seconds);
    expect(await send({ timestamp })).toEqual([400, 'event_expired']);
  });

  it('sent again is acknowledged without effect', async () => {
    const { token, id: sessionId } = await gate.kratos.createSession();
    const ask = async () => {
      const headers = { 'X-Session-Token': token };
      const response = await fetch(`${gate.url}/sessions/whoami`, { headers });
      await response.arrayBuffer();
      return response.headers.get('cache-status');
    };
    const body = JSON.stringify({ session_ids: [sessionId] });
    await gate.clock.advance(70_000);
    const timestamp = now();
    await ask();
    expect(await send({ body, id: 'again', timestamp })).toEqual([204, null]);
    expect(await ask()).toContain('fwd=');
    expect(await send({ body, id: 'again', timestamp })).toEqual([204, null]);
    expect(await ask()).toContain('hit');
  });

  it.each<[string, string]>([
    ['that is not JSON', 'x'],
    ['that is a list', '[]'],
    ['without subjects', '{}'],
    ['with an empty list of subjects', '{"session_ids":[]}'],
    ['with an unknown member', '{"session_ids":["a"],"sesion_ids":["b"]}'],
    ['with an id that is a number', '{"session_ids":[1]}'],
    ['with an empty id', '{"identity_ids":[""]}'],
    ['with an id of 513 characters', JSON.stringify({ session_ids: ['x'.repeat(513)] })],
    ['with 101 ids', JSON.stringify({ session_ids: Array.from({ length: 101 }, String) })],
    ['with an invalid time', '{"everything":true,"issued_before":"yesterday"}'],
    ['with an unreadable time', '{"everything":true,"issued_before":"2026-01-01T00:00:00+05"}'],
    ['with a token without its issuer', '{"tokens":[{"id":"x"}]}'],
  ])('%s is refused', async (_name, body) => {
    expect(await send({ body })).toEqual([400, 'event_malformed']);
  });

  it('that is too long is refused', async () => {
    const body = JSON.stringify({ session_ids: ['x'], pad: 'y'.repeat(70_000) });
    expect(await send({ body })).toEqual([413, 'event_too_long']);
  });

  it('of a sender without signatures is accepted with its key', async () => {
    expect(await post(GOOD, { authorization: `Bearer ${API_KEY}` })).toEqual([204, null]);
  });

  it('can name every kind of subject', async () => {
    const body = JSON.stringify({
      session_ids: ['a'],
      identity_ids: ['b'],
      external_ids: ['e'],
      credential_ids: ['c'],
      tokens: [{ issuer: 'https://i.test', id: 'd' }],
      issuers: ['https://i.test'],
      everything: true,
      issued_before: '2026-01-01T00:00:00Z',
    });
    expect(await send({ body })).toEqual([204, null]);
  });

  it('is accepted with a signature during a flood of unsigned ones', async () => {
    await gate.clock.advance(10_000);
    const answers = await Promise.all(Array.from({ length: 300 }, () => post('x', {})));
    expect(new Set(answers.map(([status]) => status))).toEqual(new Set([401]));
    expect(await send()).toEqual([204, null]);
  });

  it('is limited in the number at once', async () => {
    const headers = { authorization: `Bearer ${API_KEY}` };
    const answers = await Promise.all(Array.from({ length: 300 }, () => post('{}', headers)));
    const reasons = answers.map(([, reason]) => reason);
    expect(reasons).toContain('event_rate_exceeded');
    await gate.clock.advance(10_000);
    expect(await send()).toEqual([204, null]);
  });

  it('leaves no secret, id or body in the log', async () => {
    gate.clearLogs();
    await send({ body: JSON.stringify({ session_ids: ['a-canary'] }) });
    await send({ body: 'a-canary' });
    await post(GOOD, { authorization: 'Bearer a-canary-that-is-no-key' });
    const logs = (await gate.logs()).join('\n');
    expect(logs).toContain('revocation-intake');
    expect(logs).not.toMatch(/canary|secret/);
  });
});
