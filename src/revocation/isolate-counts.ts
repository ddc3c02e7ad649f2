// Pure: no I/O, no clock.

/** Counts of one isolate since it began. They are shown to operators, and no decision depends on them. */
export interface IsolateCounts {
  /** Look-ups of a request's session, by the source of the answer. */
  memory: number;
  location: number;
  kv: number;
  store: number;
  signature: number;
  none: number;
  /** Calls to the session store, those behind an answer too. */
  storeCalls: number;
  /** Marks that revoked something here for the first time, and the greatest age of such a mark in milliseconds. */
  marksUsed: number;
  longestLagMs: number;
  /** Cached answers that were compared with the store's own, by the result. */
  same: number;
  changed: number;
  refused: number;
  /** Those of `changed` and `refused` that were wrong for longer than promised. */
  overdue: number;
}

/** Makes the counts of an isolate that begins. */
export function noCounts(): IsolateCounts {
  return {
    memory: 0,
    location: 0,
    kv: 0,
    store: 0,
    signature: 0,
    none: 0,
    storeCalls: 0,
    marksUsed: 0,
    longestLagMs: 0,
    same: 0,
    changed: 0,
    refused: 0,
    overdue: 0,
  };
}
