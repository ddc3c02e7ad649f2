/** What a requester asks of the answer. */
export interface Demand {
  /** Nothing checked before this will do, in milliseconds since the epoch; 0 for no demand. */
  readonly asOf: number;
  readonly onlyIfCached: boolean;
  /** A cookie that is refused is to be cleared, so it is worth a wait to know for certain that it is dead. */
  readonly wantsProof?: boolean;
}

/** Takes any answer that freshness allows. */
export const NO_DEMAND: Demand = Object.freeze({ asOf: 0, onlyIfCached: false });
