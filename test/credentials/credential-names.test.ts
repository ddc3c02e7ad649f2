import { afterEach, describe, expect, it, vi } from 'vitest';
import { createWorld, NO } from '../sessions/sessions-world.ts';

afterEach(() => vi.restoreAllMocks());

describe('Sessions', () => {
  it('computes the digest of a credential with a session once', async () => {
    const digest = vi.spyOn(crypto.subtle, 'digest');
    const world = createWorld();
    await world.resolve();
    expect(digest).toHaveBeenCalledTimes(1);
    expect(await world.resolve()).toMatchObject({ provenance: { tier: 'memory' } });
    expect(digest).toHaveBeenCalledTimes(1);
  });

  it('keeps no digest of a credential without a session', async () => {
    const digest = vi.spyOn(crypto.subtle, 'digest');
    const world = createWorld();
    world.answer = NO;
    await world.resolve();
    await world.resolve();
    expect(digest).toHaveBeenCalledTimes(2);
  });
});
