// Pure: no I/O, no clock.

/** The report of wrk about one load. */
export interface LoadFigures {
  readonly requests: number;
  readonly requestsPerSecond: number;
  readonly p50Millis: number;
  readonly p99Millis: number;
  /** Answers other than 2xx and 3xx. */
  readonly refused: number;
}

const MILLIS = { us: 0.001, ms: 1, s: 1000, m: 60_000 };

/**
 * Reads the report of `wrk --latency` (4.x). Throws if the text is no report, if it has no requests, and if
 * connections failed.
 */
export function readWrkReport(report: string): LoadFigures {
  const requests = count(/(\d+) requests in/, report);
  if (requests === undefined || requests === 0) throw new Error(`wrk made no request:\n${report}`);
  const failed = /Socket errors: .*/.exec(report)?.[0];
  if (failed !== undefined) throw new Error(`wrk could not send its load. ${failed}`);
  return {
    requests,
    requestsPerSecond: count(/Requests\/sec:\s+([\d.]+)/, report) ?? Number.NaN,
    p50Millis: millis(/^\s+50%\s+(\S+)/m.exec(report)?.[1]),
    p99Millis: millis(/^\s+99%\s+(\S+)/m.exec(report)?.[1]),
    refused: count(/Non-2xx or 3xx responses: (\d+)/, report) ?? 0,
  };
}

function count(pattern: RegExp, report: string): number | undefined {
  const text = pattern.exec(report)?.[1];
  return text === undefined ? undefined : Number(text);
}

function millis(text = ''): number {
  const [, value, unit] = /^([\d.]+)(us|ms|s|m)$/.exec(text) ?? [];
  if (value === undefined) return Number.NaN;
  return Number(value) * MILLIS[unit as keyof typeof MILLIS]; // the pattern allows no other unit
}
