/** Rows K1 to K10: key endpoints that flood, fail, lie, swell or stall, with the built gate in front of a zone that does so. */
import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import type { StartGateOptions } from '../support/gate-options.ts';
import { composeRequest, get, header, openAndReset } from '../support/raw-http.ts';
import { type RunningGate, startGate } from '../support/start-gate.ts';

const KEY_SET = 'GET /openidconnect/jwks';
const METADATA = 'GET /.well-known/oauth-authorization-server';
const MINUTE = 60_000;
const SECRET = 'a secret of tests, thirty-two characters or more';

let gate: RunningGate;
afterEach(() => gate.dispose());

async function start(options: StartGateOptions = {}, issuer: object = {}): Promise<void> {
  gate = await startGate({
    ...options,
    vars: ({ keycard }) => ({
      KEYS_TIMEOUT_MS: 400,
      KEY_SET_SECRET: SECRET,
      ISSUERS: [
        {
          issuer: keycard,
          preset: 'keycard',
          audience: 'postern',
          algorithms: ['RS256'],
          discovery: true,
          ...issuer,
        },
      ],
    }),
  });
  await gate.keycard.control({ issuer: issuerUrl() });
}

/** The address the gate was given, which is the stand-in's own. */
function issuerUrl(): string {
  return gate.keycard.url;
}

const token = (options: object = {}) =>
  gate.keycard.createToken({ audience: 'postern', ...options });
const whoami = (bearer: string, port = gate.port) =>
  get(port, '/sessions/whoami', { Authorization: `Bearer ${bearer}` });
const statusOf = async (bearer: string) => (await whoami(bearer)).status;
const answerOf = async (bearer: string) => {
  const response = await whoami(bearer);
  return [response.status, header(response, 'postern-reason')];
};
const looks = async () => (await gate.keycard.calls()).counts[KEY_SET] ?? 0;
const UNAVAILABLE = [503, 'issuer_keys_unavailable'];

describe('key sets', () => {
  it('K1: a flood of unknown kids causes one fetch per cool-down, and valid tokens stay valid', async () => {
    await start();
    const good = await token();
    expect(await statusOf(good)).toBe(200);
    await gate.keycard.clearCalls();
    const stranger = await token({ unpublished: true });
    const [, payload, signature] = stranger.split('.');
    const headers = Array.from({ length: 10_000 }, () =>
      Buffer.from(JSON.stringify({ alg: 'RS256', kid: randomUUID(), typ: 'at+jwt' })).toString(
        'base64url',
      ),
    );
    const startedAt = Date.now();
    for (const batch of chunks(headers, 25)) {
      const answers = await Promise.all(
        batch.map((head) => answerOf(`${head}.${payload}.${signature}`)),
      );
      for (const answer of answers) expect(answer).toEqual([401, 'token_key_unknown']);
      expect(await statusOf(good)).toBe(200);
    }
    expect(await looks()).toBeLessThanOrEqual(1 + (Date.now() - startedAt) / 30_000);
    await gate.clock.advance(31_000);
    expect(await answerOf(stranger)).toEqual([401, 'token_key_unknown']);
    expect(await looks()).toBe(2);
  }, 180_000);

  it('K2: a failing endpoint is called less and less often', async () => {
    await start();
    await gate.keycard.control({ keySet: 'down' });
    const good = await token();
    for (let round = 0; round < 40; round += 1) {
      const answers = await Promise.all(Array.from({ length: 25 }, () => answerOf(good)));
      for (const answer of answers) expect(answer).toEqual(UNAVAILABLE);
    }
    expect(await looks()).toBeLessThanOrEqual(3);
    const response = await whoami(good);
    expect(Number(header(response, 'retry-after'))).toBeGreaterThanOrEqual(1);
    expect(header(response, 'cache-status')).toBe('postern; fwd=miss; detail=keys-503');
  });

  it('K3: an unknown kid finds no key, even in a set of one', async () => {
    await start();
    expect(await answerOf(await token({ header: { kid: 'other' } }))).toEqual([
      401,
      'token_key_unknown',
    ]);
    expect(await answerOf(await token({ header: { kid: null } }))).toEqual([
      401,
      'token_key_unknown',
    ]);
  });

  it('K4: a key that left the set is trusted no longer than the set is fresh', async () => {
    await start();
    const old = await token({ ttlSeconds: 86_400 });
    expect(await statusOf(old)).toBe(200);
    await gate.keycard.rotate({ keeps: 0 });
    expect(await statusOf(old)).toBe(200);
    await gate.clock.advance(10 * MINUTE);
    expect(await answerOf(old)).toEqual([401, 'token_key_unknown']);
  });

  it('K5: a token that names another issuer causes no call', async () => {
    await start();
    const evil = await token({ claims: { iss: `${issuerUrl()}/evil` } });
    expect(await answerOf(evil)).toEqual([401, 'token_issuer_untrusted']);
    expect((await gate.keycard.calls()).counts).toEqual({});
    expect((await gate.kratos.calls()).counts).toEqual({});
  });

  it('K5: metadata of another issuer, or with keys elsewhere, is rejected', async () => {
    await start();
    const good = await token();
    for (const metadata of [
      { issuer: 'https://evil.example' },
      { issuer: `${issuerUrl()}/` },
      { jwks_uri: 'https://evil.example/jwks' },
      { jwks_uri: 'http://evil.example/jwks' },
      { jwks_uri: gate.origin.url },
      { jwks_uri: 'file:///etc/passwd' },
      { jwks_uri: 7 },
    ]) {
      await gate.keycard.control({ metadata });
      expect(await answerOf(good)).toEqual(UNAVAILABLE);
      await gate.clock.advance(2 * MINUTE);
    }
    expect((await gate.origin.calls()).counts).toEqual({});
    await gate.keycard.reset();
    expect(await statusOf(good)).toBe(200);
  });

  it('K6: a redirect of the key endpoint is a failure and is not followed', async () => {
    await start();
    await gate.keycard.control({ keySet: 'redirect' });
    expect(await answerOf(await token())).toEqual(UNAVAILABLE);
    expect((await gate.keycard.calls()).counts).toEqual({ [METADATA]: 1, [KEY_SET]: 1 });
  });

  it('K7: a huge, endless, slow or unreadable set is a failure, and the keys known before stay', async () => {
    await start();
    const good = await token({ ttlSeconds: 86_400 });
    expect(await statusOf(good)).toBe(200);
    for (const keySet of ['huge', 'endless', 'garbage'] as const) {
      await gate.keycard.control({ keySet });
      await gate.clock.advance(11 * MINUTE);
      expect([keySet, await statusOf(good)]).toEqual([keySet, 200]);
      expect([keySet, await answerOf(await token({ unpublished: true }))]).toEqual([
        keySet,
        UNAVAILABLE,
      ]);
    }
    await gate.keycard.control({ keySet: 'ok', delayMs: 2000 });
    await gate.clock.advance(11 * MINUTE);
    const startedAt = Date.now();
    expect(await statusOf(good)).toBe(200);
    expect(Date.now() - startedAt).toBeLessThan(1500);
    const details = (await gate.logs()).flatMap(
      (line) => /"issuer-keys-failure".*"detail":"([^"]*)"/.exec(line)?.[1] ?? [],
    );
    expect(new Set(details)).toEqual(
      new Set(['keys-too-long', 'keys-malformed', 'metadata-timeout']),
    );
  });

  it('K8: a set with a private key is refused whole and reported, and the previous one stays', async () => {
    await start();
    const good = await token({ ttlSeconds: 86_400 });
    expect(await statusOf(good)).toBe(200);
    await gate.keycard.rotate();
    await gate.keycard.control({ keySet: 'private' });
    await gate.clock.advance(11 * MINUTE);
    expect(await statusOf(good)).toBe(200);
    expect(await answerOf(await token())).toEqual(UNAVAILABLE);
    expect((await gate.logs()).join('\n')).toContain('"detail":"secret-key"');
    await gate.keycard.control({ keySet: 'ok' });
    await gate.clock.advance(2 * MINUTE);
    expect(await statusOf(await token())).toBe(200);
  });

  it('K12: a set with sloppy spellings is read, and skipped keys are reported once', async () => {
    await start();
    await gate.keycard.control({ keySet: 'sloppy' });
    expect(await statusOf(await token())).toBe(200);
    await gate.clock.advance(11 * MINUTE);
    expect(await statusOf(await token())).toBe(200);
    const lines = (await gate.logs()).filter((line) => line.includes('issuer-key-passed-over'));
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      { event: 'issuer-key-passed-over', issuer: issuerUrl(), kid: 'pq', problem: 'kind' },
    ]);
  });

  it('K9: keys outlive their endpoint for hours, but not for ever', async () => {
    await start();
    const good = await token({ ttlSeconds: 86_400 });
    expect(await statusOf(good)).toBe(200);
    await gate.keycard.control({ keySet: 'down' });
    for (const minutes of [30, 90, 90]) {
      await gate.clock.advance(minutes * MINUTE);
      expect(await statusOf(good)).toBe(200);
    }
    await gate.clock.advance(31 * MINUTE);
    expect(await answerOf(good)).toEqual(UNAVAILABLE);
  });

  it('K9: an isolate that starts while the endpoint is down takes the keys from KV', async () => {
    await start({ isolates: 2, kv: 'faulty' });
    const good = await token({ ttlSeconds: 86_400 });
    expect(await statusOf(good)).toBe(200);
    const [entry] = await gate.kv.entries();
    expect(entry?.name).toMatch(/^v[0-9]+[a-z]:[A-Za-z0-9_-]{43}$/);
    await gate.keycard.control({ keySet: 'down' });
    await gate.clock.advance(30 * MINUTE);
    const second = await whoami(good, gate.isolate(1).port);
    expect(second.status).toBe(200);
  });

  it('K9: a writer to KV can plant no key', async () => {
    await start({ isolates: 2, kv: 'faulty' });
    const good = await token();
    expect(await statusOf(good)).toBe(200);
    const [entry] = await gate.kv.entries();
    if (entry === undefined) throw new Error('nothing in KV');
    expect(Buffer.from(entry.value).toString('latin1')).not.toContain('"kty"');
    await gate.keycard.control({ keySet: 'down' });
    const forgeries = [
      JSON.stringify({ fetchedAt: gate.clock.now(), keys: [] }),
      entry.value.map((byte, index) => (index === entry.value.length - 1 ? byte ^ 1 : byte)),
      new Uint8Array(),
      new Uint8Array(200_000),
    ];
    for (const forgery of forgeries) {
      await gate.kv.put(entry.name, forgery);
      expect((await whoami(good, gate.isolate(1).port)).status).toBe(503);
      await gate.clock.advance(2 * MINUTE);
    }
    await gate.kv.put(entry.name, entry.value);
    expect((await whoami(good, gate.isolate(1).port)).status).toBe(200);
  });

  it('K10: the first client’s disconnect during a fetch harms no other client', async () => {
    await start({}, {});
    await gate.keycard.control({ delayMs: 120 });
    const good = await token();
    const message = composeRequest({
      target: '/sessions/whoami',
      headers: { Authorization: `Bearer ${good}` },
    });
    const first = openAndReset(gate.port, message, 60);
    await new Promise((resolve) => setTimeout(resolve, 30));
    const startedAt = Date.now();
    const others = await Promise.all(Array.from({ length: 10 }, () => statusOf(good)));
    await first;
    expect(others).toEqual(others.map(() => 200));
    expect(Date.now() - startedAt).toBeLessThan(1500);
    expect(await looks()).toBe(1);
  });
});

function chunks<Item>(items: readonly Item[], size: number): Item[][] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, index) =>
    items.slice(index * size, (index + 1) * size),
  );
}
