import type { Decision } from './decision-log.ts';

/** One data point as Analytics Engine takes it: one index, up to 20 texts, up to 20 numbers. */
export interface DataPoint {
  readonly indexes: string[];
  readonly blobs: string[];
  readonly doubles: number[];
}

/** The part of an Analytics Engine dataset that is used; a binding as it is satisfies it. */
export interface Dataset {
  writeDataPoint(point: DataPoint): void;
}

/** A revocation lag of 0 is one; where there was nothing to refuse it is this. */
const NO_LAG = -1;

/**
 * Counts decisions in a dataset. Whatever is written is one of few: no id, no path, no method a client could make up,
 * so that no label grows with the number of users or with what they send.
 *
 * Columns, for queries: `index1` and `blob1` route, `blob2` outcome, `blob3` reason, `blob4` rule, `blob5` tier, `blob6` fault,
 * each empty where there is none; `double1` status, `double2` duration in milliseconds, `double3` age of the session in
 * seconds, `double4` revocation lag in milliseconds, -1 where nothing was refused on account of a mark.
 *
 * @returns what takes a decision and never throws: a metric that is lost must not be a request that is lost
 */
export function createMetrics(dataset: Dataset): (decision: Decision) => void {
  return (decision) => {
    try {
      dataset.writeDataPoint(dataPointOf(decision));
    } catch {
      // More than the platform takes from one request, or no dataset after all.
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
