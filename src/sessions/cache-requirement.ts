/** Requirements of a request on the answer. */
export interface CacheRequirement {
  /** The earliest acceptable start of the check, in milliseconds since the epoch; 0 accepts any. */
  readonly minCheckedAt: number;
  readonly onlyIfCached: boolean;
  /** The response would clear a refused cookie. So the request waits for proof that the session has ended. */
  readonly wantsProof?: boolean;
}

/** Accepts every answer that freshness allows. */
export const NO_REQUIREMENT: CacheRequirement = Object.freeze({
  minCheckedAt: 0,
  onlyIfCached: false,
});
