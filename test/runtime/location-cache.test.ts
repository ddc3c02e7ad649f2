import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { LocationBytes, type LocationCache } from '../../src/runtime/location-cache.ts';
import { FakeLocation, type FakeLocationOptions } from '../support/fake-location.ts';

const NAME = `v1s:${'a'.repeat(43)}`;
const URL_OF_NAME = `https://app.example.test/.postern/location/2/${NAME}`;
const VALUE = new Uint8Array([1, 2, 3]);
const TEN_MINUTES = 600_000;

/** One isolate over a cache. */
function open(cache: LocationCache | (() => Promise<LocationCache>)) {
  const events: string[] = [];
  const bytes = new LocationBytes(typeof cache === 'function' ? cache : async () => cache, {
    host: 'app.example.test',
    report: ({ event, operation = '' }) => void events.push(`${event} ${operation}`.trim()),
    now: () => Date.now(),
  });
  return { bytes, events };
}

function fake(options: Partial<FakeLocationOptions> = {}) {
  return new FakeLocation({ now: () => Date.now(), ...options });
}

describe('LocationBytes', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('gives other isolates of the location the written value, under a URL of the site', async () => {
    const cache = fake();
    await open(cache).bytes.write(NAME, VALUE, 359.2);
    expect([...cache.entries().keys()]).toEqual([URL_OF_NAME]);
    const [stored] = cache.entries().values();
    // A response that the cache keeps: no `Set-Cookie`, no `Vary`, no `private` (Cache API, "Headers").
    expect([...(stored?.headers ?? [])]).toEqual([['cache-control', 'max-age=360']]);
    expect(await open(cache).bytes.read(NAME)).toEqual(VALUE);
  });

  it('writes no value that is no longer usable', async () => {
    const cache = fake();
    await open(cache).bytes.write(NAME, VALUE, 0);
    expect(cache.calls).toEqual([]);
  });

  it('removes a value', async () => {
    const cache = fake();
    const { bytes } = open(cache);
    await bytes.write(NAME, VALUE, 60);
    await bytes.remove(NAME);
    expect(await bytes.read(NAME)).toBeUndefined();
  });

  it('abandons a read after 25 ms, leaves no timer, and reports the third in a row', async () => {
    const silent = fake({ delay: () => new Promise(() => {}) });
    const { bytes, events } = open(silent);
    for (let turn = 1; turn <= 3; turn += 1) {
      const startedAt = Date.now();
      const reading = bytes.read(NAME);
      await vi.advanceTimersByTimeAsync(25);
      expect([await reading, Date.now() - startedAt]).toEqual([undefined, 25]);
      expect(vi.getTimerCount()).toBe(0);
      expect(events).toEqual(turn < 3 ? [] : ['location-failure late']);
    }
  });

  it('reads no value larger than any session, and does not keep reading it', async () => {
    let sent = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        sent += 1;
        controller.enqueue(new Uint8Array(65_536));
      },
    });
    const cache = { ...quiet, match: async () => new Response(endless) };
    expect(await open(cache).bytes.read(NAME)).toBeUndefined();
    expect(sent).toBeLessThan(10);
  });

  it('survives a body that breaks off', async () => {
    const broken = new ReadableStream<Uint8Array>({
      pull(controller) {
        controller.error(new Error('connection lost'));
      },
    });
    const cache = { ...quiet, match: async () => new Response(broken) };
    const { bytes, events } = open(cache);
    expect(await bytes.read(NAME)).toBeUndefined();
    expect(events).toEqual(['location-failure match']);
  });

  it.each([
    [
      'rejects',
      async () => {
        throw new Error('No Cache was configured');
      },
    ],
    [
      'throws',
      () => {
        throw new TypeError('no such method');
      },
    ],
  ])('survives a cache that %s, and switches it off if that lasts', async (_, fail) => {
    const { bytes, events } = open({ match: fail, put: fail, delete: fail });
    expect(await bytes.read(NAME)).toBeUndefined();
    await bytes.write(NAME, VALUE, 60);
    await bytes.remove(NAME);
    expect(events).toEqual(['location-failure match']);
    for (let turn = 0; turn < 20; turn += 1) await bytes.read(NAME);
    expect(events).toEqual(['location-failure match']); // a moment says nothing
    await vi.advanceTimersByTimeAsync(5000);
    await bytes.read(NAME);
    await bytes.read(NAME);
    expect(events).toEqual(['location-failure match', 'location-inert']);
  });

  it('survives a cache that cannot be opened', async () => {
    const { bytes, events } = open(() => Promise.reject(new Error('no cache here')));
    expect(await bytes.read(NAME)).toBeUndefined();
    expect(events).toEqual(['location-failure match']);
  });
});

describe('a cache that keeps nothing, as on workers.dev and behind Access', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  async function writeMany(bytes: LocationBytes, count: number): Promise<void> {
    for (let index = 0; index < count; index += 1) {
      await bytes.write(`${NAME}-${index}`, VALUE, 60);
      await vi.advanceTimersByTimeAsync(200);
    }
  }

  it('is switched off for ten minutes, and says so once', async () => {
    const cache = fake({ isLost: () => true });
    const { bytes, events } = open(cache);
    await writeMany(bytes, 30);
    expect(events).toEqual(['location-inert']);
    const before = cache.calls.length;
    await bytes.read(NAME);
    await bytes.write(NAME, VALUE, 60);
    await bytes.remove(NAME);
    expect(cache.calls.length).toBe(before);
    await vi.advanceTimersByTimeAsync(TEN_MINUTES);
    await bytes.read(NAME);
    expect(cache.calls.length).toBe(before + 1);
  });

  it('costs ten puts and ten reads until then', async () => {
    const cache = fake({ isLost: () => true });
    await writeMany(open(cache).bytes, 30);
    const puts = cache.calls.filter((call) => call === 'put').length;
    expect(cache.calls.length - puts).toBe(10);
    expect(puts).toBeLessThan(20);
  });

  it.each([
    {
      title: 'whose values the isolate itself removes',
      after: (bytes: LocationBytes, name: string) => bytes.remove(name),
    },
    {
      title: 'whose values have expired before the next one is written',
      after: () => vi.advanceTimersByTimeAsync(61_000),
    },
  ])('is told apart from a cache $title', async ({ after }) => {
    const { bytes, events } = open(fake());
    for (let index = 0; index < 40; index += 1) {
      await bytes.write(`${NAME}-${index}`, VALUE, 60);
      await vi.advanceTimersByTimeAsync(200);
      await after(bytes, `${NAME}-${index}`);
    }
    expect(events).toEqual([]);
  });

  it('is told apart from a cache whose reads are late for a moment', async () => {
    let isSlow = false;
    const delay = async () => {
      if (isSlow) await new Promise((resolve) => setTimeout(resolve, 40));
    };
    const { bytes, events } = open(fake({ delay }));
    await writeMany(bytes, 10);
    await vi.advanceTimersByTimeAsync(1000);
    isSlow = true;
    const probing = bytes.write(`${NAME}-last`, VALUE, 60);
    await vi.advanceTimersByTimeAsync(1000);
    await probing;
    expect(events).not.toContain('location-inert');
  });

  it('is told apart from a cache that loses half of its values', async () => {
    let turn = 0;
    const { bytes, events } = open(fake({ isLost: () => (turn++ & 1) === 0 }));
    await writeMany(bytes, 100);
    expect(events).toEqual([]);
  });

  it('is not examined for ten minutes after a value was found', async () => {
    const cache = fake();
    const { bytes } = open(cache);
    await bytes.write(NAME, VALUE, 3600);
    await bytes.read(NAME);
    await writeMany(bytes, 100);
    expect(cache.calls.filter((call) => call === 'match')).toHaveLength(1);
  });
});

const quiet: LocationCache = {
  match: async () => undefined,
  put: async () => {},
  delete: async () => false,
};
