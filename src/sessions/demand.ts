/** Requirements of a request on the answer. */
export interface Demand {
  /** The earliest acceptable start of the check, in milliseconds since the epoch; 0 accepts any. */
  readonly asOf: number;
  readonly onlyIfCached: boolean;
  /** The response would clear a refused cookie. So the request waits for proof that the session has ended. */
  readonly wantsProof?: boolean;
}

/** Accepts every answer that freshness allows. */
export const NO_DEMAND: Demand = Object.freeze({ asOf: 0, onlyIfCached: false });
