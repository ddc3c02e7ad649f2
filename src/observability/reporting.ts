import type { DecisionLog } from './decision-log.ts';

/** The means by which a route reports on its answers. */
export interface Reporting {
  readonly log: DecisionLog;
  /** Whether answers carry `Server-Timing`. */
  readonly showsTiming: boolean;
  readonly now: () => number;
}

/** Milliseconds that each part of an answer took, by the name of the part. */
export type PartDurations = Readonly<Record<string, number>>;

/**
 * Adds `Server-Timing` (W3C Server Timing, section 2) beside the origin's own, if answers carry it. The platform's
 * clock stands still between two pieces of I/O. So the numbers show waiting; computation counts as 0.
 */
export function addServerTiming(
  response: Response,
  spent: PartDurations,
  { showsTiming }: Reporting,
): void {
  if (!showsTiming || response.webSocket) return;
  const metrics = Object.entries(spent).map(([name, millis]) => `${name};dur=${millis}`);
  response.headers.append('server-timing', metrics.join(', '));
}
