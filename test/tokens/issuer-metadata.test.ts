import { describe, expect, it } from 'vitest';
import { failed, success } from '../../src/runtime/result.ts';
import { IssuerMetadata, METADATA_RETRY_MS } from '../../src/tokens/issuer-metadata.ts';
import { METADATA_FRESH_MS } from '../../src/tokens/key-endpoint.ts';

function createMetadata() {
  const world = { now: 1_000_000, calls: 0, isUp: true };
  const metadata = new IssuerMetadata({
    endpoint: {
      fetchMetadata: async () => {
        world.calls += 1;
        const document = { count: world.calls };
        return world.isUp
          ? success({ keysUrl: 'https://a.example/keys', document, readAt: world.now })
          : failed('metadata-503');
      },
    },
    deadlineMs: 50,
    now: () => world.now,
  });
  return { world, read: () => metadata.read(() => {}) };
}

describe('IssuerMetadata', () => {
  it('asks once an hour, and once for concurrent requests', async () => {
    const { world, read } = createMetadata();
    expect(await Promise.all([read(), read(), read()])).toEqual(Array(3).fill({ count: 1 }));
    world.now += METADATA_FRESH_MS - 1;
    expect(await read()).toEqual({ count: 1 });
    world.now += 1;
    expect(await read()).toEqual({ count: 2 });
    expect(world.calls).toBe(2);
  });

  it('waits after a failure, and keeps the last document meanwhile', async () => {
    const { world, read } = createMetadata();
    world.isUp = false;
    expect([await read(), await read(), world.calls]).toEqual([undefined, undefined, 1]);
    world.now += METADATA_RETRY_MS - 1;
    await read();
    expect(world.calls).toBe(1);
    world.now += 1;
    world.isUp = true;
    expect(await read()).toEqual({ count: 2 });
    world.isUp = false;
    world.now += 24 * METADATA_FRESH_MS;
    expect([await read(), await read(), world.calls]).toEqual([{ count: 2 }, { count: 2 }, 3]);
  });
});
