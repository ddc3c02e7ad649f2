import { type KeyValueStore, KvBytes } from '../../src/runtime/kv.ts';
import { LocationBytes, type LocationCache } from '../../src/runtime/location-cache.ts';
import type { Report } from '../../src/runtime/report.ts';
import type { Lifetimes } from '../../src/sessions/freshness.ts';
import { SealedTier } from '../../src/sessions/sealed-tier.ts';
import { type KvWriteRule, SharedTiers } from '../../src/sessions/shared-tiers.ts';

export interface TestTiersOptions {
  readonly location?: LocationCache | undefined;
  readonly kv?: KeyValueStore | undefined;
  readonly issuer: string;
  /** @default a write at the first check, and every 300 s */
  readonly kvWrites?: KvWriteRule;
  /** @default 1000 */
  readonly kvReadTimeoutMs?: number;
  /** @default 30 + 30 + 300 s */
  readonly lifetimes?: Lifetimes;
  readonly report?: Report;
  readonly now: () => number;
}

/** The real tiers of one isolate, over stores of a test. */
export function createTestTiers({
  location,
  kv,
  issuer,
  kvWrites = { afterSeconds: 0, intervalSeconds: 300 },
  kvReadTimeoutMs: readTimeoutMs = 1000,
  lifetimes = { freshSeconds: 30, staleWhileRevalidateSeconds: 30, staleIfErrorSeconds: 300 },
  report = () => {},
  now,
}: TestTiersOptions): SharedTiers {
  const host = 'app.example.test';
  const near = location && new LocationBytes(async () => location, { host, report, now });
  const far = kv && new KvBytes(kv, { readTimeoutMs, report });
  return new SharedTiers({
    location: near && new SealedTier(near, { issuer, now }),
    kv: far && new SealedTier(far, { issuer, now }),
    kvWrites,
    lifetimes,
    now,
  });
}
