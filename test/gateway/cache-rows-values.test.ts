import { afterEach, describe, expect, it } from 'vitest';
import { gateForAllTests } from '../support/for-all-tests.ts';
import { JSON_TEXTS } from '../support/hostile-input/json-texts.ts';
import { header } from '../support/raw-http.ts';
import {
  byCookie,
  byToken,
  cacheStatus,
  SLOW_MS,
  sessionIdOf,
  whoami,
  whoamiCalls,
} from './whoami-requests.ts';

/** Rows of the cache that are about what lies in KV: who reads it, who writes it, what else may be there. */

const NAME = /^v[0-9]+[a-z]:[A-Za-z0-9_-]{43}$/;

/** Each test has isolates of its own sessions; those read from KV are remembered by the reader. */
const gate = await gateForAllTests({ kv: 'faulty', isolates: 2 });
/** The isolate with an empty memory: its answers come from KV or from Kratos. */
const reader = gate.isolate(1).port;
afterEach(async () => {
  await gate.reset();
  await gate.clock.set(0);
});

/** Creates a session through the first isolate, which writes to KV; returns the entry's key too. */
async function stored(options = {}) {
  await gate.kv.clearCalls();
  await gate.kratos.control({ delayMs: 0 });
  const before = new Set(await names()); // the reader may still be writing what it missed
  const session = await gate.kratos.createSession(options);
  expect((await whoami(gate.port, byToken(session.token))).status).toBe(200);
  const written = async () =>
    (await gate.kv.calls()).filter(
      ({ operation, keys: [key = ''] }) => operation === 'put' && !before.has(key),
    );
  await expect.poll(async () => (await written()).length).toBe(1);
  const [put] = await written();
  await expect.poll(async () => names()).toContain(put?.keys[0]);
  await gate.kratos.control({ delayMs: SLOW_MS }); // KV is read beside a slow store
  await gate.kratos.clearCalls();
  const name = put?.keys[0] ?? '';
  return { ...session, name, value: put?.value ?? new Uint8Array() };
}

async function names(): Promise<string[]> {
  return (await gate.kv.entries()).map(({ name }) => name);
}

/** Expects that the reader used no entry of KV, called Kratos, and answered correctly. */
async function expectMiss({ token, id }: { token: string; id: string }, what: string) {
  await gate.kratos.clearCalls();
  const answer = await whoami(reader, byToken(token));
  expect([sessionIdOf(answer), what]).toEqual([id, what]);
  expect(cacheStatus(answer), what).toMatch(/^postern; fwd=miss; ttl=\d+; detail=store$/);
  expect(await whoamiCalls(gate.kratos), what).toBe(1);
}

it('control: the reading isolate gets an untouched entry from KV', async () => {
  const { token, id } = await stored();
  const answer = await whoami(reader, byToken(token));
  expect(sessionIdOf(answer)).toBe(id);
  expect(cacheStatus(answer)).toMatch(/^postern; hit; ttl=\d+; detail=kv$/);
});

it('C12: a reader of all of KV finds no token, cookie, name or id, in any encoding', async () => {
  const email = 'canary-7f1e@example.com';
  const session = await stored({ traits: { email, name: 'Canary Zoë' } });
  await whoami(gate.port, byCookie(session.cookie));
  await expect.poll(async () => (await names()).length).toBeGreaterThan(1);
  const entries = await gate.kv.entries();
  const dump = Buffer.concat(
    entries.flatMap(({ name, value, metadata }) => [
      Buffer.from(`${name}\n${JSON.stringify(metadata)}\n`),
      value,
    ]),
  );
  const cookieValue = session.cookie.slice(session.cookie.indexOf('=') + 1);
  const secrets = [session.token, cookieValue, email, 'Canary', 'example.com', session.id];
  for (const secret of [...secrets, session.session.identity.id, 'expires_at', 'identity']) {
    for (const encoding of ['utf8', 'utf16le'] as const)
      expect(dump.includes(Buffer.from(secret, encoding)), secret).toBe(false);
    for (const encoding of ['base64', 'base64url', 'hex'] as const) {
      const encoded = Buffer.from(secret)
        .toString(encoding)
        .replace(/.{2}=*$/, '');
      expect(dump.includes(encoded), `${secret} as ${encoding}`).toBe(false);
    }
  }
});

describe('C13: a writer to KV cannot forge a session', () => {
  it('C13: a value with one changed byte is a miss, at any position', async () => {
    // From the end where negative: values differ by some bytes in length, as the times in them do.
    for (const place of [0, 1, 6, 12, 13, 700, -17, -16, -1]) {
      const session = await stored();
      const tampered = new Uint8Array(session.value);
      const index = place < 0 ? tampered.length + place : place;
      tampered[index] = (tampered[index] ?? 0) ^ 0x01;
      await gate.kv.put(session.name, tampered);
      await expectMiss(session, `byte ${place}`);
    }
  });

  it('C13: the value of another session under a key is a miss', async () => {
    const [one, two] = [await stored(), await stored()];
    await gate.kv.put(one.name, two.value);
    await gate.kv.put(two.name, one.value);
    await expectMiss(one, 'one');
    await expectMiss(two, 'two');
  });

  it('C13: a value under the key of another credential of the same session is a miss', async () => {
    const session = await stored();
    await whoami(gate.port, byCookie(session.cookie));
    await expect.poll(async () => (await names()).length).toBeGreaterThan(1);
    for (const name of await names()) await gate.kv.put(name, session.value);
    await gate.kratos.clearCalls();
    expect(cacheStatus(await whoami(reader, byCookie(session.cookie)))).toContain('fwd=miss');
  });

  // A replayed value carries its own time: it is as old as it is, and judged by that.
  it('C13: a replayed older value keeps its age', async () => {
    const session = await stored();
    await gate.clock.advance(70_000);
    await gate.kv.put(session.name, session.value);
    await gate.kratos.revoke(session.id);
    expect((await whoami(reader, byToken(session.token))).status).toBe(401);
  });

  it('C13: the log counts values that cannot be opened', async () => {
    gate.clearLogs();
    const session = await stored();
    await gate.kv.put(session.name, 'forged');
    await expectMiss(session, 'forged');
    // The log is the first isolate's mark away: all isolates write to the one console.
    const failures = (await gate.logs()).filter((line) => line.includes('"kv-failure"'));
    expect(failures).toEqual(['{"event":"kv-failure","operation":"unseal"}']);
  });
});

describe('C14, C22: any other value under a key is a miss', () => {
  it.each<[string, (value: Uint8Array) => Uint8Array | string]>([
    ['an empty value', () => ''],
    ['one byte', () => new Uint8Array([1])],
    ['the first half', (value) => value.slice(0, value.length / 2)],
    ['all but one byte', (value) => value.slice(0, -1)],
    ['one byte more', (value) => new Uint8Array([...value, 0])],
    ['version 0', (value) => new Uint8Array([0, ...value.slice(1)])],
    ['an earlier version', (value) => new Uint8Array([1, ...value.slice(1)])],
    ['a later version', (value) => new Uint8Array([3, ...value.slice(1)])],
    ['a session in the clear', () => '{"checkedAt":1,"body":"{\\"active\\":true}"}'],
    ['a megabyte', () => new Uint8Array(1024 * 1024).fill(1)],
    ['zeros', (value) => new Uint8Array(value.length)],
    ['noise', (value) => crypto.getRandomValues(new Uint8Array(value.length))],
  ])('C14: %s', async (what, change) => {
    const session = await stored();
    await gate.kv.put(session.name, change(session.value));
    await expectMiss(session, what);
  });

  it('C14: JSON of any kind', async () => {
    // One name, one miss each: the reader is asked with a new session whose value is replaced.
    for (const { name, bytes } of everyNth(JSON_TEXTS, 13)) {
      const session = await stored();
      await gate.kv.put(session.name, bytes);
      await expectMiss(session, name);
    }
  }, 60_000);
});

it('C15: keys in KV are digests for every input', async () => {
  await gate.kv.clearCalls();
  const values = [
    '../../../etc/passwd',
    'v1s:aaaaaaaaaaaaaaaaaaaaaaaa',
    '%00%00%00%00%00%00',
    '{}',
  ];
  for (const value of [...values, 'a'.repeat(4096), '__proto__constructor', '*'.repeat(16)])
    for (const headers of [byToken(value), byCookie(`ory_kratos_session=${value}`)])
      await whoami(gate.port, headers);
  await stored();
  const calls = await gate.kv.calls();
  for (const { keys } of calls) for (const key of keys) expect(key).toMatch(NAME);
  expect(calls.length).toBeGreaterThan(0);
});

describe('C18: a 200 without a session is a fault', () => {
  it.each([
    ['a page', '<html><body>Welcome to the firewall</body></html>'],
    ['an empty value', ''],
    ['an empty object', '{}'],
    [
      'a session without an identity',
      '{"id":"s","active":true,"expires_at":"2099-01-01T00:00:00Z"}',
    ],
    ['an active that is text', session({ active: 'true' })],
    ['an invalid expiry', session({ expires_at: 'never' })],
  ])('C18: %s', async (_, rawBody) => {
    const { token } = await gate.kratos.createSession();
    await gate.kv.clearCalls();
    await gate.kratos.control({ rawBody });
    const answer = await whoami(gate.port, byToken(token));
    expect([answer.status, header(answer, 'retry-after')]).toEqual([503, '2']);
    expect(cacheStatus(answer)).toBe('postern; fwd=miss; detail=store-malformed');
    expect((await gate.kv.calls()).filter(({ operation }) => operation === 'put')).toEqual([]);
    await gate.kratos.reset();
    expect((await whoami(gate.port, byToken(token))).status).toBe(200);
  });

  it.each([
    ['is not active', session({ active: false })],
    ['is past its expiry', session({ expires_at: '2001-01-01T00:00:00Z' })],
  ])('C18: a session that %s is refused as invalid', async (_, rawBody) => {
    const { token } = await gate.kratos.createSession();
    await gate.kv.clearCalls();
    await gate.kratos.control({ rawBody });
    expect((await whoami(gate.port, byToken(token))).status).toBe(401);
    expect((await gate.kv.calls()).filter(({ operation }) => operation === 'put')).toEqual([]);
  });
});

function session(changes: object): string {
  const good = { id: 's', active: true, expires_at: '2099-01-01T00:00:00Z', identity: { id: 'i' } };
  return JSON.stringify({ ...good, ...changes });
}

function everyNth<Item>(items: readonly Item[], step: number): Item[] {
  return items.filter((_, index) => index % step === 0);
}
