// Pure: no I/O, no clock. The choices that are compared.
import { type SimulatedSettings, toldFor } from './settings.ts';
import type { CacheHabits } from './simulated-cache.ts';

export const FRESH = [5, 15, 30, 60, 120, 300];
/** `undefined`: no KV. */
export const KV_WRITE_AFTER = [undefined, 0, 60, 300, 600, 1800];
export const LAGS = [2, 5, 10, 30, 60];
export const SIZES = [10_000, 100_000, 1_000_000];
export const AFFINITIES = [0, 0.8, 1];
export const NO_KV = { KV_WRITE_INTERVAL_SECONDS: undefined };
export const NO_LOCATION = { LOCATION_TIER: false };
export const OTHERS: readonly (readonly [string, Partial<SimulatedSettings>])[] = [
  ['as it is', {}],
  ['no KV', NO_KV],
  ['no location', NO_LOCATION],
  ['neither', { ...NO_LOCATION, ...NO_KV }],
  ['KV written at the first check', { KV_WRITE_AFTER_SECONDS: 0 }],
  ['KV written every hour', { KV_WRITE_INTERVAL_SECONDS: 3600 }],
  ['revalidated for 300 s', { STALE_WHILE_REVALIDATE_SECONDS: 300 }],
  ['the same, no KV', { STALE_WHILE_REVALIDATE_SECONDS: 300, ...NO_KV }],
  ['fresh 300 s, revalidated 300 s', { FRESH_SECONDS: 300, STALE_WHILE_REVALIDATE_SECONDS: 300 }],
];
/** A store that tells of its changes, by `TOLD_FRESH_SECONDS`. */
export const TOLD: readonly (readonly [string, Partial<SimulatedSettings>])[] = [
  ['does not tell', {}],
  ['300 s', toldFor(300)],
  ['900 s', toldFor(900)],
  ['3600 s', toldFor(3600)],
  ['900 s, no KV', { ...toldFor(900), ...NO_KV }],
  ['900 s, no location', { ...toldFor(900), ...NO_LOCATION }],
];
/** A location's cache that is worse than assumed. */
export const CACHES: readonly (readonly [string, Partial<CacheHabits>])[] = [
  ['as assumed', {}],
  ['20 % of writes lost, entries live 10 minutes', { lost: 0.2, meanLifeMs: 600_000 }],
  ['a read takes 8 ms (median)', { read: [8, 0.55] }],
  ['a read takes 15 ms (median)', { read: [15, 0.55] }],
  ['keeps nothing', { lost: 1 }],
];
