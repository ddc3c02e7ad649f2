import type { SessionStore } from '../providers/session-store.ts';
import type { IsolateCounts } from '../revocation/isolate-counts.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import type { MemoryTierLimits } from '../runtime/memory-cache.ts';
import type { Report } from '../runtime/report.ts';
import type { Lifetimes } from './freshness.ts';
import type { SampledHits } from './sampled-hits.ts';
import type { SharedTiers } from './shared-tiers.ts';
import type { StoreReadiness } from './store-readiness.ts';

export interface SessionsOptions {
  readonly store: SessionStore;
  readonly readiness: Pick<StoreReadiness, 'moment' | 'find' | 'hasFailedSince' | 'wasFailing'>;
  readonly shared: SharedTiers;
  readonly revocation: RevocationView;
  readonly lifetimes: Lifetimes;
  readonly memoryLimits: MemoryTierLimits;
  readonly storeTimeoutMs: number;
  /** `undefined`: no hit is compared with the store. */
  readonly sampledHits?: SampledHits | undefined;
  readonly counts: Pick<IsolateCounts, 'storeCalls'>;
  readonly report: Report;
  readonly now: () => number;
}
