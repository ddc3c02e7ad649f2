import type { Query, SqlRow } from './log-memory.ts';

/** A request to be the one isolate that refreshes a sign-in. */
export interface LeaseRequest {
  /** A digest of the tokens to refresh. */
  readonly name: string;
  /** A random name of the request. */
  readonly holder: string;
  readonly leaseMs: number;
}

/** The result of a refresh, for the isolates that did not make it. */
export interface RefreshResult {
  readonly name: string;
  readonly holder: string;
  /** The sealed result. Only a holder of the refresh token can open it. */
  readonly sealed: string;
  /** The time for which other isolates get the result, in milliseconds. */
  readonly shareMs: number;
  /**
   * The time until which the tokens count as used, in milliseconds since the epoch; `undefined` if they may be refreshed
   * again after `shareMs`.
   */
  readonly spentUntil: number | undefined;
}

/**
 * - `leased`: the caller refreshes, and then settles the lease.
 * - `busy`: another caller refreshes.
 * - `result`: another caller has refreshed.
 * - `spent`: the tokens were refreshed longer ago. A second use would make the issuer end the whole sign-in (RFC 9700
 *   section 4.14.2).
 */
export type LeaseAnswer =
  | { readonly kind: 'leased' | 'busy' | 'spent' }
  | { readonly kind: 'result'; readonly sealed: string };

/** The leases as an isolate calls them. Any call may reject, or may never settle. */
export interface RefreshLeaseStub {
  leaseRefresh(request: LeaseRequest): Promise<LeaseAnswer>;
  settleRefresh(result: RefreshResult): Promise<void>;
}

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS refreshes (
    name TEXT PRIMARY KEY,
    holder TEXT NOT NULL,
    busy_until INTEGER NOT NULL,
    sealed TEXT,
    keep_until INTEGER NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS refreshes_by_end ON refreshes (keep_until);
`;
/** Maximum rows. Beyond it those that end first are removed early. */
const MAX_ROWS = 200_000;

/** Lets one isolate refresh a sign-in, and shares the result with the others. The platform runs one instance at a time. */
export class RefreshLeases {
  readonly #query: Query;
  readonly #now: () => number;

  constructor(query: Query, now: () => number) {
    this.#query = query;
    this.#now = now;
    this.#query(SCHEMA);
  }

  lease({ name, holder, leaseMs }: LeaseRequest): LeaseAnswer {
    const now = this.#now();
    const [row] = this.#query(
      'SELECT busy_until, sealed, keep_until FROM refreshes WHERE name = ?',
      name,
    );
    const known = row && answerOf(row, now);
    if (known !== undefined) return known;
    const until = now + leaseMs;
    this.#query(
      'INSERT OR REPLACE INTO refreshes (name, holder, busy_until, sealed, keep_until) VALUES (?, ?, ?, NULL, ?)',
      name,
      holder,
      until,
      until,
    );
    return { kind: 'leased' };
  }

  /** Takes the result of a refresh. A result of a lease that another caller has taken over is ignored. */
  settle({ name, holder, sealed, shareMs, spentUntil }: RefreshResult): void {
    const until = this.#now() + shareMs;
    this.#query(
      'UPDATE refreshes SET sealed = ?, busy_until = ?, keep_until = ? WHERE name = ? AND holder = ?',
      sealed,
      until,
      Math.max(until, spentUntil ?? 0),
      name,
      holder,
    );
    this.prune();
  }

  /** Removes rows that have no use any more. */
  prune(): void {
    this.#query('DELETE FROM refreshes WHERE keep_until <= ?', this.#now());
    this.#query(
      'DELETE FROM refreshes WHERE name IN (SELECT name FROM refreshes ORDER BY keep_until DESC LIMIT -1 OFFSET ?)',
      MAX_ROWS,
    );
  }
}

/** Reads the answer from a row; `undefined` if the row has no use any more. */
function answerOf(
  { busy_until, sealed, keep_until }: SqlRow,
  now: number,
): LeaseAnswer | undefined {
  if (Number(busy_until) > now) {
    return typeof sealed === 'string' ? { kind: 'result', sealed } : { kind: 'busy' };
  }
  return Number(keep_until) > now ? { kind: 'spent' } : undefined;
}
