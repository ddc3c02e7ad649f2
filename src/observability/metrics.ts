import type { Decision } from './decision-log.ts';

/** One data point as Analytics Engine takes it: one index, up to 20 texts, up to 20 numbers. */
export interface DataPoint {
  readonly indexes: string[];
  readonly blobs: string[];
  readonly doubles: number[];
}

/** The used part of an Analytics Engine dataset. A binding fits this type as it is. */
export interface Dataset {
  writeDataPoint(point: DataPoint): void;
}

/** The lag of a decision that no mark caused. 0 is a real lag. */
const NO_LAG = -1;

/**
 * Counts decisions in a dataset. Every written label has few values: no id, no path, and no method that a client
 * could invent. So the number of labels does not grow with the users or with their requests.
 *
 * Columns, for queries: `index1` and `blob1` route, `blob2` outcome, `blob3` reason, `blob4` rule, `blob5` tier,
 * `blob6` fault; each is empty if there is none. `double1` status, `double2` duration in milliseconds, `double3` age
 * of the session in seconds, `double4` revocation lag in milliseconds, -1 if no mark caused the decision.
 *
 * @returns a function that takes a decision and never throws: a lost metric must not cause a lost request
 */
export function createMetrics(dataset: Dataset): (decision: Decision) => void {
  return (decision) => {
    try {
      dataset.writeDataPoint(dataPointOf(decision));
    } catch {
      // The request wrote more points than the platform takes, or the binding is no dataset.
    }
  };
}

function dataPointOf(decision: Decision): DataPoint {
  const { route, outcome, reason = '', rule = '', tier = '', fault = '' } = decision;
  const { status, durationMs, ageSeconds = 0, revocation_lag_ms: lagMs = NO_LAG } = decision;
  return {
    indexes: [route],
    blobs: [route, outcome, reason, rule, tier, fault],
    doubles: [status, durationMs, ageSeconds, lagMs],
  };
}
