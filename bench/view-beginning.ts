/**
 * Measures how long an isolate takes from nothing to a view of the log that it may trust, and until it has all marks:
 *
 *   node bench/view-beginning.ts
 *
 * The log is the real one over SQLite, in this process. Its answers are copied as between isolates, and take their time
 * there and back. The time that a network needs for their bytes is not in the figures.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { deserialize, serialize } from 'node:v8';
import { RevocationReplica } from '../src/revocation/revocation-replica.ts';
import { RevocationTable } from '../src/revocation/revocation-table.ts';
import { sqliteStorage } from '../test/revocation/world/sqlite-storage.ts';

const MARKS = [8000, 28_000, 100_000];
const ROUND_TRIPS_MS = [30, 100, 250];
const ROUNDS = 5;
const MAX_MARKS = 150_000;

function logOf(marks: number): RevocationTable {
  const log = new RevocationTable(sqliteStorage(), () => Date.now());
  const limits = { cursor: Infinity, checkLifeMs: 9e6, tokenLifeMs: 0, maxMarks: MAX_MARKS };
  const all = Array.from({ length: marks }, () => ({
    subject: { kind: 'session', sessionId: crypto.randomUUID() } as const,
    isTentative: false,
  }));
  log.append(all, limits);
  return log;
}

/** Times from the first request, in milliseconds. */
async function begin(log: RevocationTable, roundTripMs: number) {
  let bytes = 0;
  const view = new RevocationReplica({
    log: {
      read: async (cursor, options) => {
        await sleep(roundTripMs / 2);
        const page = options?.isNewestFirst ? log.readNewest(cursor) : log.read(cursor);
        const sent = serialize(page);
        bytes ||= sent.byteLength;
        await sleep(roundTripMs / 2);
        return deserialize(sent);
      },
    },
    lagMs: 5000,
    timeoutMs: 1000,
    maxMarks: MAX_MARKS,
    now: () => Date.now(),
  });
  const behind: Promise<unknown>[] = [];
  const startedAt = performance.now();
  await view.refresh(Date.now(), (work) => void behind.push(work));
  const trustedMs = performance.now() - startedAt;
  if (view.trustedSince(Date.now()) !== 0) throw new Error('the view is not trusted');
  while (!view.isWhole) await view.readWhole((work) => void behind.push(work));
  return { trustedMs, wholeMs: performance.now() - startedAt, bytes };
}

for (const marks of MARKS) {
  const log = logOf(marks);
  for (const roundTripMs of ROUND_TRIPS_MS) {
    const runs: Awaited<ReturnType<typeof begin>>[] = [];
    for (let round = 0; round < ROUNDS; round += 1) runs.push(await begin(log, roundTripMs));
    const median = (of: (run: (typeof runs)[number]) => number) =>
      Math.round(runs.map(of).toSorted((a, b) => a - b)[Math.floor(ROUNDS / 2)] ?? 0);
    console.log(
      `${marks} marks, ${roundTripMs} ms: trusted after ${median((run) => run.trustedMs)} ms, whole after ${median((run) => run.wholeMs)} ms, first page ${median((run) => run.bytes / 1024)} KiB`,
    );
  }
}
