import { describe, expect, it } from 'vitest';
import { sealingName } from '../../src/runtime/shared-bytes.ts';
import { seal, unseal } from '../../src/sessions/sealing.ts';
import { FakeLocation } from '../support/fake-location.ts';
import { checkedSession, STORE_ISSUER, shared } from './checked-sessions.ts';
import { createWorld, credential, FAULT, NO, statusOf, T, yes } from './sessions-world.ts';

const EXPIRES_AT = T + 3_600_000;

/** Two isolates of one location. */
function twoIsolates() {
  let now = T;
  const location = new FakeLocation({ now: () => now });
  const worlds = [createWorld({ location }), createWorld({ location })] as const;
  for (const world of worlds) world.answer = yes({ expiresAt: EXPIRES_AT });
  const [first, second] = worlds;
  return {
    first,
    second,
    location,
    at: (ms: number) => {
      now = T + ms;
      for (const world of worlds) world.now = now;
    },
    settle: () => Promise.all(worlds.map((world) => world.settle())),
  };
}

describe('a session that another isolate of the location checked', () => {
  it('is served from the location’s cache, without a call', async () => {
    const { first, second, at, settle } = twoIsolates();
    await first.resolve();
    await settle();
    at(10_000);
    expect(statusOf(await second.resolve())).toBe('postern; hit; ttl=20; detail=location');
    expect(statusOf(await second.resolve())).toBe('postern; hit; ttl=20; detail=memory');
    expect(second.calls).toBe(0);
  });

  it('is as old as its check: after 60 s the store is asked', async () => {
    const { first, second, at, settle } = twoIsolates();
    await first.resolve();
    await settle();
    at(60_000);
    expect(statusOf(await second.resolve())).toMatch(/fwd=stale/);
    expect(second.calls).toBe(1);
  });

  it('is served where memory has only an older check', async () => {
    const { first, second, at, settle } = twoIsolates();
    await second.resolve();
    await settle();
    at(50_000);
    await first.resolve({ minCheckedAt: T + 50_000 });
    await settle();
    at(70_000);
    expect(statusOf(await second.resolve())).toBe('postern; hit; ttl=10; detail=location');
    expect(second.calls).toBe(1);
  });

  it('is served while the store fails', async () => {
    const { first, second, at, settle } = twoIsolates();
    await first.resolve();
    await settle();
    at(100_000);
    second.answer = FAULT;
    expect(statusOf(await second.resolve())).toMatch(/fwd=stale; .*detail=store-503$/);
  });

  it('does not answer a request that needs a check from now', async () => {
    const { first, second, settle } = twoIsolates();
    await first.resolve();
    await settle();
    await second.resolve({ minCheckedAt: T });
    expect(second.calls).toBe(1);
  });

  it('does not take the place of a renewed cookie that memory still owes', async () => {
    const { first, second, at, settle } = twoIsolates();
    await second.resolve();
    await settle();
    at(31_000);
    second.answer = yes({ expiresAt: EXPIRES_AT, setCookies: ['ory_kratos_session=new'] });
    await second.resolve(); // renewed behind this answer
    await settle();
    at(32_000);
    await first.resolve({ minCheckedAt: T + 32_000 });
    await settle();
    expect(await second.resolve()).toMatchObject({ setCookies: ['ory_kratos_session=new'] });
  });

  it('is deleted when the store finds no session', async () => {
    const { first, location, at, settle } = twoIsolates();
    await first.resolve();
    await settle();
    expect(location.entries().size).toBe(1);
    at(61_000);
    first.answer = NO;
    await first.resolve();
    await settle();
    expect(location.entries().size).toBe(0);
  });

  it('is not served where it was dismissed since, although the cache shows it again', async () => {
    const { first, second, location, at, settle } = twoIsolates();
    await second.resolve();
    await settle();
    const [[url, { bytes }] = expect.fail('no entry')] = location.entries();
    at(61_000);
    second.answer = NO;
    await second.resolve();
    await settle();
    location.plant(url, bytes);
    at(67_000);
    expect((await second.resolve()).outcome).toBe('not-signed-in');
    expect(first.calls).toBe(0);
  });
});

describe('the bytes of one tier', () => {
  const NAME = `v1s:${'a'.repeat(43)}`;

  it('do not open in the other', async () => {
    const { value } = credential;
    const names = [sealingName('location', NAME), sealingName('kv', NAME)] as const;
    for (const [own, other] of [names, names.toReversed()] as const) {
      const sealed = await seal(shared(checkedSession()), own ?? '', value);
      expect(await unseal(sealed, own ?? '', value, STORE_ISSUER)).toBeDefined();
      expect(await unseal(sealed, other ?? '', value, STORE_ISSUER)).toBeUndefined();
    }
  });

  it('do not serve a session when they are moved', async () => {
    const world = createWorld({ location: new FakeLocation({ now: () => T }) });
    await world.resolve();
    await world.settle();
    const [[name, value] = expect.fail('KV has no entry')] = world.kv;
    const location = new FakeLocation({ now: () => T });
    location.plant(`https://app.example.test/.postern/location/2/${name}`, new Uint8Array(value));
    const other = createWorld({ location });
    expect(statusOf(await other.resolve())).toContain('fwd=miss');
    expect(other.calls).toBe(1);
  });
});
