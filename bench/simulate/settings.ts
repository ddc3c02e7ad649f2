// Pure: no I/O, no clock.
import * as v from 'valibot';
import { SETTINGS } from '../../src/config/settings.ts';

/** The compared settings, in seconds unless stated otherwise. */
export interface SimulatedSettings {
  readonly FRESH_SECONDS: number;
  readonly STALE_WHILE_REVALIDATE_SECONDS: number;
  readonly STALE_IF_ERROR_SECONDS: number;
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

/** The default settings of a deployment. */
export const DEFAULTS: SimulatedSettings = {
  ...chosen,
  KV_WRITE_INTERVAL_SECONDS:
    chosen.FRESH_SECONDS + chosen.STALE_WHILE_REVALIDATE_SECONDS + chosen.STALE_IF_ERROR_SECONDS,
};
