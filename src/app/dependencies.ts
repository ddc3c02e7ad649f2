import type { NamedOrigin } from '../config/origin-settings.ts';
import type { FetchSite } from '../forwarding/origin.ts';
import type { Dataset } from '../observability/metrics.ts';
import type { LogStatusStub, RevocationLogStub } from '../revocation/log-protocol.ts';
import type { RefreshLeaseStub } from '../revocation/refresh-leases.ts';
import type { KeyValueStore } from '../runtime/kv.ts';
import type { LocationCache } from '../runtime/location-cache.ts';
import type { Report } from '../runtime/report.ts';

export type Fetch = (request: Request) => Promise<Response>;

/** The platform functions and bindings that a gateway uses. */
export interface Dependencies {
  readonly kv: KeyValueStore | undefined;
  /** Opens Postern's cache in this data centre; absent if the platform has none. */
  readonly openLocationCache?: () => Promise<LocationCache>;
  /** Opens a new connection to the revocation log for each call; `undefined` if no log is bound. */
  readonly openLog: (() => RevocationLogStub) | undefined;
  /** Whether the log reads an outbox in the store's database. */
  readonly hasOutbox?: boolean;
  /** Opens a new connection to the leases of refreshes, which the log's object keeps. */
  readonly openRefreshLeases?: (() => RefreshLeaseStub) | undefined;
  /** Opens a new connection to what the log's object tells operators. */
  readonly openLogStatus?: (() => LogStatusStub) | undefined;
  /** The data centre in which this isolate runs, as the platform names it; absent if it is not known. */
  readonly location?: string | undefined;
  readonly fetchers: Fetchers;
  /** `undefined` if there is no site to gate. */
  readonly fetchOrigin: FetchSite | undefined;
  /** Returns the function that reaches an origin of `ORIGINS`; absent if none can be reached. */
  readonly fetchNamedOrigin?: (origin: Pick<NamedOrigin, 'binding'>) => FetchSite;
  readonly now: () => number;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly report: Report;
  /** `undefined` if decisions are not counted. */
  readonly metrics: Dataset | undefined;
}

/** The functions that reach the provider APIs and the issuers of tokens. */
export interface Fetchers {
  readonly kratos: Fetch;
  readonly kratosAdmin: Fetch;
  readonly keycard: Fetch;
  /** Reaches the issuers: their keys, their metadata and their token endpoints. */
  readonly keys: Fetch;
}
