import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { inRepository } from '../support/repository.ts';

const API_KEY = 'a-key-for-senders-that-cannot-sign';
const gate = await gateForAllTests({ vars: { WEBHOOK_API_KEYS: [API_KEY] } });

const RECORDINGS: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(inRepository('test/routes/events/recordings/kratos-traces.json'), 'utf8'),
);
/** A bulk request, as the exporter sent it: it is about all sessions. */
const BULK = Buffer.from(RECORDINGS['POST /admin/sessions'] ?? '', 'base64');

interface Sending {
  readonly body?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

async function send({ body = BULK, headers = {} }: Sending = {}) {
  const response = await fetch(`${gate.url}/.postern/events/otlp/v1/traces`, {
    method: 'POST',
    body: new Uint8Array(body),
    headers: {
      authorization: `Bearer ${API_KEY}`,
      'content-type': 'application/x-protobuf',
      'content-encoding': 'gzip',
      ...headers,
    },
  });
  return { response, text: await response.text() };
}

async function whoami(token: string) {
  const response = await fetch(`${gate.url}/sessions/whoami`, {
    headers: { 'x-session-token': token },
  });
  await response.arrayBuffer();
  return `${response.status} ${response.headers.get('cache-status')}`;
}

describe('POST /.postern/events/otlp/v1/traces', () => {
  it('has the sessions that a trace names checked again', async () => {
    const { token } = await gate.kratos.createSession();
    await whoami(token);
    expect(await whoami(token)).toMatch(/^200 postern; hit/);
    const { response, text } = await send();
    expect([response.status, response.headers.get('content-type'), text]).toEqual([
      200,
      'application/x-protobuf',
      '',
    ]);
    expect(await whoami(token)).toMatch(/^200 postern; fwd=stale/);
    expect(await whoami(token)).toMatch(/^200 postern; hit/);
  });

  it('takes a message without compression, and the same one again', async () => {
    const body = gunzipSync(BULK);
    const headers = { 'content-encoding': 'identity' };
    expect((await send({ body, headers })).response.status).toBe(200);
    expect((await send({ body, headers })).response.status).toBe(200);
  });

  it('logs a message that names something, and none that names nothing', async () => {
    await gate.logs();
    gate.clearLogs();
    const lines = async () =>
      (await gate.logs()).filter((line) => line.includes('"intake":"traces"'));
    // OTLP 1.0: a message without spans is one of no bytes, and partial success is said otherwise.
    expect((await send({ body: gzipSync('') })).response.status).toBe(200);
    expect(await lines()).toEqual([]);
    await send();
    expect((await lines()).map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ intake: 'traces', status: 200, marks: 1 }),
    ]);
  });

  it.each<[string, number, Sending]>([
    ['without a key', 401, { headers: { authorization: '' } }],
    ['with another key', 401, { headers: { authorization: `Bearer ${API_KEY}x` } }],
    ['in JSON', 400, { headers: { 'content-type': 'application/json' } }],
    ['that is no protobuf', 400, { body: gzipSync('{"resourceSpans":[]}') }],
    ['that is no gzip', 400, { body: gunzipSync(BULK) }],
    ['that breaks off', 400, { body: BULK.subarray(0, BULK.length - 20) }],
    ['that is too long once decompressed', 413, { body: gzipSync(Buffer.alloc(5_000_000)) }],
  ])('refuses a message %s', async (_, status, sending) => {
    expect((await send(sending)).response.status).toBe(status);
    expect(await gate.bugs()).toEqual([]);
  });
});
