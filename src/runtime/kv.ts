import { LATE, within } from './deadline.ts';
import type { Report } from './report.ts';

/** The part of Workers KV that Postern uses. A KV binding has this type without an adapter. */
export interface KeyValueStore {
  get(
    name: string,
    options: { type: 'arrayBuffer'; cacheTtl: number },
  ): Promise<ArrayBuffer | null>;
  put(name: string, value: ArrayBuffer, options: { expirationTtl: number }): Promise<void>;
  delete(name: string): Promise<void>;
}

/** For this long a location may serve a value that it read before. The platform allows no shorter time. */
const CACHE_TTL_SECONDS = 30;

export interface BoundedReadOptions {
  readonly readTimeoutMs: number;
  readonly report: Report;
}

/** Reads a value from KV; `null` when there is no value, or when the read fails or takes too long. Never throws. */
export async function readBounded(
  store: KeyValueStore,
  name: string,
  { readTimeoutMs, report }: BoundedReadOptions,
): Promise<ArrayBuffer | null> {
  try {
    const options = { type: 'arrayBuffer', cacheTtl: CACHE_TTL_SECONDS } as const;
    const value = await within(readTimeoutMs, store.get(name, options));
    if (value !== LATE) return value;
  } catch {
    // a failed read counts like a read that took too long
  }
  reportKvFailure(report, 'get');
  return null;
}

/** Reports an operation that failed, or a value that Postern did not write. The request goes on without KV. */
export function reportKvFailure(
  report: Report,
  operation: 'get' | 'put' | 'delete' | 'unseal',
): void {
  report({ event: 'kv-failure', operation });
}
