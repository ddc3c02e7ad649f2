// Pure: no I/O, no clock.
import * as v from 'valibot';
import { toldFreshness } from '../../src/app/compose-revocation.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import type { Lifetimes } from '../../src/sessions/freshness.ts';

/** The compared settings, in seconds unless stated otherwise. */
export interface SimulatedSettings {
  readonly FRESH_SECONDS: number;
  readonly STALE_WHILE_REVALIDATE_SECONDS: number;
  readonly STALE_IF_ERROR_SECONDS: number;
  /** `undefined`: the store does not tell of its changes. */
  readonly TOLD_FRESH_SECONDS: number | undefined;
  readonly LOCATION_TIER: boolean;
  /** `undefined`: no KV is bound. */
  readonly KV_WRITE_INTERVAL_SECONDS: number | undefined;
  readonly KV_WRITE_AFTER_SECONDS: number;
  readonly KV_READ_TIMEOUT_MS: number;
  readonly MEMORY_MAX_ENTRIES: number;
  readonly MEMORY_MAX_BYTES: number;
  readonly STORE_TIMEOUT_MS: number;
  /** `undefined`: no log is kept. */
  readonly REVOCATION_LAG_SECONDS: number | undefined;
}

const { Freshness, Revocation, Tiers, Deadlines } = SETTINGS;

const chosen = v.parse(v.object({ ...Freshness, ...Revocation, ...Tiers, ...Deadlines }), {});

/** The settings that a store makes that tells of its changes. */
export function toldFor(freshSeconds = chosen.TOLD_FRESH_SECONDS): Partial<SimulatedSettings> {
  const { STALE_WHILE_REVALIDATE_SECONDS: revalidated, STALE_IF_ERROR_SECONDS: ifError } = chosen;
  return {
    TOLD_FRESH_SECONDS: freshSeconds,
    KV_WRITE_INTERVAL_SECONDS: freshSeconds + revalidated + ifError,
  };
}

/** The default settings of a deployment. */
export const DEFAULTS: SimulatedSettings = {
  ...chosen,
  TOLD_FRESH_SECONDS: undefined,
  KV_WRITE_INTERVAL_SECONDS:
    chosen.FRESH_SECONDS + chosen.STALE_WHILE_REVALIDATE_SECONDS + chosen.STALE_IF_ERROR_SECONDS,
};

/** The lifetimes of a check under these settings. */
export function lifetimesFor(settings: SimulatedSettings): Lifetimes {
  const { TOLD_FRESH_SECONDS: toldSeconds, REVOCATION_LAG_SECONDS: lagSeconds } = settings;
  return {
    freshSeconds: settings.FRESH_SECONDS,
    staleWhileRevalidateSeconds: settings.STALE_WHILE_REVALIDATE_SECONDS,
    staleIfErrorSeconds: settings.STALE_IF_ERROR_SECONDS,
    told: toldSeconds === undefined ? undefined : toldFreshness(toldSeconds, lagSeconds ?? 0),
  };
}
