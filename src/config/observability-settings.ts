// Pure: no I/O, no clock.
import * as v from 'valibot';
import { flag, wholeNumber } from './setting-types.ts';

/** Settings of what Postern tells its operator. */
export const observabilitySettings = {
  /**
   * The decisions that are logged, one JSON line each: all, only those that are not a pass, or none. Configuration
   * errors are always logged.
   */
  DECISION_LOG: v.optional(
    v.picklist(['all', 'refused', 'none'], 'one of "all", "refused", "none"'),
    'all',
  ),
  /**
   * Whether answers of whoami and the gate say how long they waited, in `Server-Timing`: `session` and, for the
   * site’s answers, `origin`, in milliseconds. Browsers show it beside each request.
   */
  SERVER_TIMING: flag(),
  /**
   * The number of cached answers of which one is compared with the store’s own answer, behind the response. With 0, none
   * is compared. The results tell how often cached answers were wrong ([Is the cache right?](status.md#is-the-cache-right)).
   */
  VERIFY_SAMPLE: v.optional(wholeNumber('cached answers', 0, 1_000_000), 1000),
  /** The most such comparisons of one isolate in a second. Each is a call to the store. */
  VERIFY_MAX_PER_SECOND: v.optional(wholeNumber('comparisons', 1, 100), 1),
} as const;
