import type { Decision } from '../../src/observability/decision-log.ts';
import { isInHono } from './composition.ts';
import type { RunningGate } from './start-gate.ts';

/** The decisions a gate has logged since `clearLogs()`. */
export async function readDecisions(gate: RunningGate): Promise<Decision[]> {
  return (await gate.logs()).flatMap((line) => {
    if (!line.startsWith('{"event":"decision"')) return [];
    return [JSON.parse(line) as Decision]; // the gate's own line, of its own type
  });
}

/**
 * Lines that are no decision: exceptions, bugs, KV failures. A healthy gate writes none. By default a gate of the tests has
 * no cache of its location, and says so after ten sessions. In a Hono app the site's own errors are logged beside them.
 */
export async function readComplaints(gate: RunningGate): Promise<string[]> {
  return (await gate.logs()).filter(
    (line) =>
      !/^\{"event":"(?:decision|location-inert)"/.test(line) &&
      !(isInHono() && /^\[?Error: Network connection lost/.test(line)),
  );
}
