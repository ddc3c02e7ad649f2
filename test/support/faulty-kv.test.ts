import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { inlineStandin, KV_GATE } from './inline-workers.ts';
import { request } from './raw-http.ts';
import { type RunningGate, startGate } from './start-gate.ts';

type Operation = readonly [method: string, ...args: unknown[]];

const SCRIPTS = {
  gateScript: KV_GATE,
  kratosScript: inlineStandin('kratos'),
  originScript: inlineStandin('origin'),
};
const BYTES = { bytes: [0, 128, 255] };
const FAR = 2_000_000_000;

async function perform(gate: RunningGate, ...operations: Operation[]): Promise<unknown[]> {
  const composed = { method: 'POST', target: '/', body: JSON.stringify(operations) };
  return JSON.parse((await request(gate.port, composed)).text);
}

const error = (message: string | RegExp) => ({ error: expect.stringMatching(message) });

/** The behaviour of the real binding, by Miniflare's simulator; the faulty one must not differ. */
const CONTRACT: readonly Operation[][] = [
  [
    ['get', 'none'],
    ['get', 'none', 'json'],
    ['getWithMetadata', 'none', 'arrayBuffer'],
  ],
  [
    ['put', 'text', 'é'],
    ['get', 'text'],
    ['get', 'text', { type: 'text', cacheTtl: 30 }],
    ['get', 'text', 'arrayBuffer'],
  ],
  [
    ['put', 'bytes', BYTES],
    ['get', 'bytes', { type: 'arrayBuffer' }],
    ['getWithMetadata', 'bytes', 'arrayBuffer'],
  ],
  [
    ['put', 'json', '{"a":[1]}', { metadata: { m: 1 }, expiration: FAR }],
    ['get', 'json', 'json'],
    ['getWithMetadata', 'json', { type: 'json' }],
  ],
  [
    ['get', ['text', 'none']],
    ['get', ['json', 'none'], 'json'],
    ['getWithMetadata', ['json', 'none']],
    ['get', Array.from({ length: 101 }, (_, index) => `k${index}`)],
  ],
  [['list'], ['list', { prefix: 'j' }], ['list', { limit: 10, prefix: 'none' }]],
  [
    ['delete', 'text'],
    ['get', 'text'],
    ['delete', 'none'],
  ],
  [
    ['put', 'k', 'v', { expirationTtl: 59 }],
    ['put', 'k', 'v', { expirationTtl: 0 }],
  ],
  [
    ['put', 'k', 'v', { expiration: 1 }],
    ['put', 'k', 'v', { expiration: 4_000_000_000 }],
  ],
  [
    ['put', 'whole', 'v', { expiration: FAR + 0.7 }],
    ['put', 'k', 'v', { expirationTtl: 59.9 }],
  ],
  [
    ['get', 'k', { cacheTtl: 29 }],
    ['get', 'k'],
  ],
  [
    ['get', { repeat: 513 }],
    ['put', { repeat: 513 }, 'v'],
    ['delete', { repeat: 513 }],
  ],
  [
    ['put', { repeat: 512 }, 'v'],
    ['delete', { repeat: 512 }],
  ],
  [
    ['get', ''],
    ['get', '.'],
    ['put', '..', 'v'],
  ],
  [['put', 'k', 'v', { metadata: 'm'.repeat(1023) }]],
];

describe('the faulty KV', () => {
  let gate: RunningGate;

  beforeAll(async () => {
    gate = await startGate({ ...SCRIPTS, kv: 'faulty' });
  });
  afterAll(() => gate.dispose());
  beforeEach(async () => {
    await gate.clock.set(0);
    await gate.kv.setMode({});
    await gate.kv.clearCalls();
    for (const { name } of await gate.kv.entries()) await gate.kv.delete(name);
  });

  it('answers like the real binding', async () => {
    await using real = await startGate({ ...SCRIPTS, kv: 'memory' });
    for (const operations of CONTRACT)
      expect(await perform(gate, ...operations)).toEqual(await perform(real, ...operations));
    expect(await gate.kv.entries()).toEqual(await real.kv.entries());
  });

  it('expires entries by the movable clock', async () => {
    await perform(gate, ['put', 'k', 'v', { expirationTtl: 60 }]);
    await gate.clock.advance(58_000);
    expect(await perform(gate, ['get', 'k'])).toEqual(['v']);
    await gate.clock.advance(3_000);
    expect(await perform(gate, ['get', 'k'], ['list'])).toMatchObject([null, { keys: [] }]);
    expect(await gate.kv.entries()).toEqual([]);
  });

  it('logs every call with names, options and bytes', async () => {
    await perform(gate, ['put', 'k', BYTES, { expirationTtl: 60 }], ['get', 'k', 'text']);
    await perform(gate, ['getWithMetadata', ['a', 'b']], ['delete', 'k'], ['list']);
    expect(await gate.kv.calls()).toMatchObject([
      {
        operation: 'put',
        keys: ['k'],
        options: { expirationTtl: 60 },
        value: new Uint8Array(BYTES.bytes),
      },
      { operation: 'get', keys: ['k'], options: 'text' },
      { operation: 'getWithMetadata', keys: ['a', 'b'] },
      { operation: 'delete', keys: ['k'] },
      { operation: 'list', keys: [] },
    ]);
    await gate.kv.clearCalls();
    expect(await gate.kv.calls()).toEqual([]);
  });

  it('throws per operation and stores no value', async () => {
    await gate.kv.setMode({ put: 'throttle', get: 'throw', list: 'throw' });
    expect(await perform(gate, ['put', 'k', 'v'], ['get', 'k'], ['getWithMetadata', 'k'])).toEqual([
      error(/^KV PUT failed: 429 Too Many Requests$/),
      error(/^KV GET failed: 500 /),
      error(/^KV GET failed: 500 /),
    ]);
    expect(await perform(gate, ['delete', 'k'], ['list'])).toEqual([null, error(/500/)]);
    expect(await gate.kv.entries()).toEqual([]);
  });

  it('hangs on request', async () => {
    await gate.kv.setMode({ get: 'hang' });
    const composed = { method: 'POST', target: '/', body: '[["get","k"]]' };
    await expect(request(gate.port, composed, { timeoutMs: 200 })).rejects.toThrow('within 200 ms');
  });

  it('delays on request', async () => {
    await gate.kv.setMode({ get: { delayMs: 120 } });
    const before = performance.now();
    await perform(gate, ['get', 'k']);
    expect(performance.now() - before).toBeGreaterThan(100);
  });

  it('returns false values on request', async () => {
    await gate.kv.put('k', 'stored');
    await gate.kv.setMode({ get: { lieBase64: btoa('other'), metadata: { m: 1 } } });
    expect(await perform(gate, ['get', 'k'], ['getWithMetadata', 'absent'])).toMatchObject([
      'other',
      { value: 'other', metadata: { m: 1 } },
    ]);
    await gate.kv.setMode({ get: { lieBase64: null } });
    expect(await perform(gate, ['get', 'k'])).toEqual([null]);
  });

  it('serves the past, missing keys included', async () => {
    await gate.kv.put('old', 'one');
    await gate.kv.setMode({ staleSeconds: 60 });
    await perform(gate, ['put', 'old', 'two'], ['put', 'new', 'x']);
    expect(await perform(gate, ['get', 'old'], ['get', 'new'])).toEqual(['one', null]);
    await gate.clock.advance(61_000);
    expect(await perform(gate, ['get', 'old'], ['get', 'new'])).toEqual(['two', 'x']);
    await perform(gate, ['delete', 'new']);
    expect(await perform(gate, ['get', 'new'])).toEqual(['x']);
  });

  it('refuses a second write to a key within a second on request', async () => {
    await gate.kv.setMode({ enforceWriteRate: true });
    expect(
      await perform(gate, ['put', 'k', '1'], ['put', 'k', '2'], ['put', 'other', '1']),
    ).toEqual([null, error(/429 Too Many Requests/), null]);
    await gate.clock.advance(1000);
    expect(await perform(gate, ['put', 'k', '3'], ['get', 'k'])).toEqual([null, '3']);
  });
});
