import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Recorder } from '../../../src/routes/events/recorder.ts';
import { createWebhookReceiver } from '../../../src/routes/events/webhook.ts';
import { readWebhookMessage } from '../../../src/routes/events/webhook-message.ts';

const NOW = 1_700_000_000_000;
const SECRET = 'a secret that only the test and the intake know';
/** Standard Webhooks' reference libraries allow five minutes either way. */
const TOLERANCE_SECONDS = 300;

const recorded: unknown[] = [];
const webhook = createWebhookReceiver({
  secrets: [SECRET],
  apiKeys: [],
  recorder: new Recorder({
    writer: {
      record: async (_, once) => {
        recorded.push(once);
        return 'recorded';
      },
    },
    readNames: undefined,
    issuersOfNames: [],
  }),
  report: () => {},
  now: () => NOW,
});

const BODY = '{"session_ids":["s"]}';

async function send(timestamp: string, body = BODY, { id = 'm', secret = SECRET } = {}) {
  const signed = `${id}.${timestamp}.${body}`;
  const signature = createHmac('sha256', secret).update(signed).digest('base64');
  const headers = {
    'webhook-id': id,
    'webhook-timestamp': timestamp,
    'webhook-signature': `v1,${signature}`,
  };
  const url = 'https://app.example.test/.postern/events/webhook';
  return (await webhook(new Request(url, { method: 'POST', body, headers }))).status;
}

describe('a signed webhook', () => {
  it.each([-1, 1])(
    'is accepted up to five minutes from its time, and no longer (%i)',
    async (way) => {
      const at = (apart: number) => String(NOW / 1000 + way * apart);
      expect(await send(at(TOLERANCE_SECONDS))).toBe(204);
      expect(await send(at(TOLERANCE_SECONDS + 1))).not.toBe(204);
    },
  );

  it.each(['x1700000000', '1700000000x', '1700000000.0', '-1', '1'.repeat(13), ''])(
    'is refused with a time that is not whole seconds: %j',
    async (timestamp) => expect(await send(timestamp)).toBe(401),
  );

  it('has an id of 256 visible ASCII characters at most', async () => {
    const statusOf = (id: string) => send(String(NOW / 1000), BODY, { id });
    expect(await statusOf('msg_2KWPBgLlAfxdpx2AI54pPJ85f4W')).toBe(204);
    expect(await statusOf('!'.repeat(256))).toBe(204);
    for (const id of ['', '!'.repeat(257), 'a b', '\u00e4m', 'm\u00e4'])
      expect(await statusOf(id), id).toBe(401);
  });

  it('is refused with a signature by another key', async () => {
    expect(await send(String(NOW / 1000), BODY, { secret: `${SECRET}!` })).toBe(401);
  });

  it('is remembered while it could be sent again, from its earliest to its latest time', async () => {
    await send(String(NOW / 1000));
    const keepMs = 2 * TOLERANCE_SECONDS * 1000;
    expect(recorded.at(-1)).toEqual({ key: expect.stringMatching(/^webhook:m\n\S{16,}$/), keepMs });
  });

  it('can have 64 KiB, and not a byte more', async () => {
    const bodyOf = (bytes: number) => BODY.padEnd(bytes, ' ');
    const timestamp = String(NOW / 1000);
    expect(await send(timestamp, bodyOf(64 * 1024))).toBe(204);
    expect(await send(timestamp, bodyOf(64 * 1024 + 1))).toBe(413);
  });
});

describe('readWebhookMessage()', () => {
  it('accepts ids of 512 characters, and no longer or empty ones', () => {
    const marks = (id: string) => readWebhookMessage(JSON.stringify({ session_ids: [id] }))?.marks;
    expect(marks('x'.repeat(512))).toHaveLength(1);
    expect(marks('x'.repeat(513))).toBeUndefined();
    expect(marks('')).toBeUndefined();
  });

  it('accepts a hundred subjects, in one list or in several', () => {
    const ids = (count: number) => Array.from({ length: count }, (_, index) => `id-${index}`);
    const marks = (message: object) => readWebhookMessage(JSON.stringify(message))?.marks;
    expect(marks({ session_ids: ids(100) })).toHaveLength(100);
    expect(marks({ session_ids: ids(101) })).toBeUndefined();
    expect(marks({ session_ids: ids(50), identity_ids: ids(50) })).toHaveLength(100);
    expect(marks({ session_ids: ids(50), identity_ids: ids(51) })).toBeUndefined();
    expect(marks({ identity_ids: ids(50), external_ids: ids(50) })).toHaveLength(100);
    expect(marks({ identity_ids: ids(50), external_ids: ids(51) })).toBeUndefined();
    expect(marks({ external_ids: [] })).toBeUndefined();
    expect(marks({})).toBeUndefined();
  });
});
