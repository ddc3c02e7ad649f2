import type { KeyValueStore } from '../sessions/kv-tier.ts';

/** The platform's least: how long a location may go on serving what it read. */
const CACHE_TTL_SECONDS = 30;

export interface BoundedReadOptions {
  readonly readTimeoutMs: number;
  readonly onFailure: (operation: 'get') => void;
}

/** What KV holds under a name; `null` when nothing, or when it fails or takes too long. Never throws. */
export async function readBounded(
  store: KeyValueStore,
  name: string,
  { readTimeoutMs, onFailure }: BoundedReadOptions,
): Promise<ArrayBuffer | null> {
  const { promise: timeout, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error('KV timeout')), readTimeoutMs);
  try {
    const options = { type: 'arrayBuffer', cacheTtl: CACHE_TTL_SECONDS } as const;
    return await Promise.race([store.get(name, options), timeout]);
  } catch {
    onFailure('get');
    return null;
  } finally {
    clearTimeout(timer);
  }
}
