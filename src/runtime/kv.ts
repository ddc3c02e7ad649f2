import { LATE, within } from './deadline.ts';
/** The part of Workers KV that is used; a binding as it is satisfies it. */
export interface KeyValueStore {
  get(
    name: string,
    options: { type: 'arrayBuffer'; cacheTtl: number },
  ): Promise<ArrayBuffer | null>;
  put(name: string, value: ArrayBuffer, options: { expirationTtl: number }): Promise<void>;
  delete(name: string): Promise<void>;
}

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
  try {
    const options = { type: 'arrayBuffer', cacheTtl: CACHE_TTL_SECONDS } as const;
    const value = await within(readTimeoutMs, store.get(name, options));
    if (value !== LATE) return value;
  } catch {
    // counted like a read that took too long
  }
  onFailure('get');
  return null;
}
