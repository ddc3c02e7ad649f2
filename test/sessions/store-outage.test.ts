import { describe, expect, it } from 'vitest';
import type { StoreAnswer } from '../../src/providers/session-store.ts';
import { NO_REQUIREMENT } from '../../src/sessions/freshness.ts';
import { createWorld, credential, T, yes } from './sessions-world.ts';

const other = { ...credential, value: 'ory_st_somebody_else_0123456789abcdef' };

function fault(scope: 'store' | 'answer'): StoreAnswer {
  return { kind: 'fault', scope, detail: 'store-403', retryAfterSeconds: undefined };
}

/** A cached session of 32 s, right after the store gave another credential the named answer. */
async function checksBehindAfter(scope: 'store' | 'answer'): Promise<number> {
  const world = createWorld();
  await world.resolve();
  world.now = T + 32_000;
  world.answer = fault(scope);
  await world.sessions.resolve(other, NO_REQUIREMENT, world.waitUntil);
  world.answer = yes();
  const before = world.calls;
  await world.resolve();
  await world.settle();
  return world.calls - before;
}

describe('Sessions', () => {
  it('leaves a store alone for a moment if it is down', async () => {
    expect(await checksBehindAfter('store')).toBe(0);
  });

  it('continues background checks after one unusable answer, which a client may cause', async () => {
    expect(await checksBehindAfter('answer')).toBe(1);
  });
});
