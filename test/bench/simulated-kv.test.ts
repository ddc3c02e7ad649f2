import { expect, test } from 'vitest';
import { Random } from '../../bench/simulate/random.ts';
import { KV_DELAYS, type KvDelays, SimulatedKv } from '../../bench/simulate/simulated-kv.ts';
import { SimulatedTime } from '../../bench/simulate/simulated-time.ts';

const READ = { type: 'arrayBuffer', cacheTtl: 30 } as const;
const [HERE, THERE] = [0, 1];

test('a write is visible at once at its own location, even after a recent read of its absence', async () => {
  const { time, at, act } = namespace({ ownLocation: 1 });
  await act(async () => {
    expect(await at(HERE).get('k', READ)).toBeNull();
    await put(at(HERE), 'first');
    expect(await read(at(HERE))).toBe('first');
  });
  expect(time.now()).toBeLessThan(5000);
});

test('a write is visible elsewhere within the documented 60 seconds, even after earlier reads there', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { time, at, act } = namespace({}, seed);
    let seenAfterMs = Infinity;
    await act(async () => {
      const startedAt = time.now();
      await put(at(HERE), 'first');
      while (time.now() - startedAt < 90_000 && seenAfterMs === Infinity) {
        if ((await read(at(THERE))) === 'first') seenAfterMs = time.now() - startedAt;
        await time.sleep(500);
      }
    });
    expect(seenAfterMs).toBeLessThanOrEqual(61_000);
  }
});

test('a location answers a read from its cache once another read has arrived there', async () => {
  const { time, at, act } = namespace({ hotRead: [1, 0], coldRead: [100, 0], propagationMs: 0 });
  await act(async () => {
    await put(at(HERE), 'first');
    await time.sleep(1000);
    const startedAt = time.now();
    const first = read(at(THERE));
    await time.sleep(10);
    expect(await read(at(THERE))).toBe('first');
    expect(time.now() - startedAt).toBe(110);
    await first;
    expect(await read(at(THERE))).toBe('first');
    expect(time.now() - startedAt).toBe(111);
  });
});

test('absence is cached for cacheTtl, even after the key is created', async () => {
  const { time, at, act } = namespace({ propagationMs: 0 });
  await act(async () => {
    expect(await read(at(THERE))).toBeNull();
    const readAt = time.now();
    await put(at(HERE), 'first');
    await time.sleep(readAt + 29_000 - time.now());
    expect(await read(at(THERE))).toBeNull();
    await time.sleep(readAt + 30_000 - time.now());
    expect(await read(at(THERE))).toBe('first');
  });
});

test('a value is cached for cacheTtl, even after the value is replaced', async () => {
  const { time, at, act } = namespace({ propagationMs: 0 });
  await act(async () => {
    await put(at(HERE), 'first');
    await time.sleep(1000);
    expect(await read(at(THERE))).toBe('first');
    await put(at(HERE), 'second');
    expect(await read(at(THERE))).toBe('first');
    await time.sleep(30_000);
    expect(await read(at(THERE))).toBe('second');
  });
});

test('a second write to a key within a second fails with the message of the binding', async () => {
  const refused: boolean[] = [];
  const { time, at, act } = namespace({ write: [1, 0] }, 1, (isRefused) => refused.push(isRefused));
  await act(async () => {
    await put(at(HERE), 'first');
    await expect(put(at(HERE), 'second')).rejects.toThrow('KV PUT failed: 429 Too Many Requests');
    expect(await read(at(HERE))).toBe('first');
    await time.sleep(1000);
    await put(at(HERE), 'third');
  });
  expect(refused).toEqual([false, true, false]);
});

test('an entry disappears at its expiry, even if a location has it in its cache', async () => {
  const { time, at, act } = namespace({ ownLocation: 1 });
  await act(async () => {
    await put(at(HERE), 'first', 60);
    await time.sleep(50_000);
    expect(await read(at(HERE))).toBe('first');
    await time.sleep(10_000);
    expect(await read(at(HERE))).toBeNull();
  });
});

test('a deletion is visible elsewhere no sooner than a write', async () => {
  const { time, at, act } = namespace({ propagationMs: 0 });
  await act(async () => {
    await put(at(HERE), 'first');
    await time.sleep(1000);
    expect(await read(at(THERE))).toBe('first');
    await at(HERE).delete('k');
    expect(await read(at(THERE))).toBe('first');
    await time.sleep(30_000);
    expect(await read(at(THERE))).toBeNull();
  });
});

test('refuses values that the platform refuses: cacheTtl below 30, expirationTtl below 60', async () => {
  const { at, act } = namespace({});
  await act(async () => {
    await expect(at(HERE).get('k', { ...READ, cacheTtl: 29 })).rejects.toThrow('400');
    await expect(put(at(HERE), 'first', 59)).rejects.toThrow('400');
  });
});

test('a read from the cache of a location takes a fraction of the time of a cold read', async () => {
  const { time, at, act } = namespace({ hotRead: [3, 0], coldRead: [25, 0] });
  await act(async () => {
    const startedAt = time.now();
    await read(at(HERE));
    expect(time.now() - startedAt).toBe(25);
    await read(at(HERE));
    expect(time.now() - startedAt).toBe(28);
  });
});

function namespace(
  delays: Partial<KvDelays>,
  seed = 1,
  onWrite: (isRefused: boolean) => void = () => undefined,
) {
  const time = new SimulatedTime(0);
  const observer = {
    onRead: () => undefined,
    onWrite: (_name: string, isRefused: boolean) => onWrite(isRefused),
    onDelete: () => undefined,
  };
  const kv = new SimulatedKv(time, new Random(seed), observer, { ...KV_DELAYS, ...delays });
  /** Runs work in simulated time; a failure in it fails the test. */
  const act = async (scenario: () => Promise<void>) => {
    let failure: unknown;
    time.after(0, () => {
      scenario().catch((error: unknown) => {
        failure = error;
      });
    });
    await time.run();
    if (failure !== undefined) throw failure;
  };
  return { time, act, at: (location: number) => kv.at(location) };
}

type Binding = ReturnType<SimulatedKv['at']>;

function put(binding: Binding, text: string, expirationTtl = 600): Promise<void> {
  return binding.put('k', new Uint8Array(new TextEncoder().encode(text)).buffer, { expirationTtl });
}

async function read(binding: Binding): Promise<string | null> {
  const value = await binding.get('k', READ);
  return value === null ? null : new TextDecoder().decode(value);
}
