/**
 * Measures the time to compare an answer with the revocation view, and the memory of the view, in this process:
 *
 *   node --expose-gc bench/revocation-check.ts
 */

import { RevocationReplica } from '../src/revocation/revocation-replica.ts';
import { RevocationTable } from '../src/revocation/revocation-table.ts';
import { sqliteStorage } from '../test/revocation/world/sqlite-storage.ts';

const ROUNDS = 7;
const CHECKS = 200_000;
const NOW = 1_700_000_000_000;
const NAMED = 100_000;

const collect = globalThis.gc ?? (() => {});

async function viewOf(marks: number) {
  const log = new RevocationTable(sqliteStorage(), () => NOW);
  const options = { cursor: Infinity, checkLifeMs: 420_000, tokenLifeMs: 0, maxMarks: NAMED * 2 };
  for (let index = 0; index < marks; index += 1) {
    const sessionId = `${String(index).padStart(8, '0')}-fd6e-4a3b-bd90-e35cf4f8b0b1`;
    log.append([{ subject: { kind: 'session', sessionId }, isTentative: false }], options);
  }
  collect();
  const before = process.memoryUsage().heapUsed;
  const view = new RevocationReplica({
    log: { read: async (cursor) => structuredClone(log.read(cursor)) },
    lagMs: 5000,
    timeoutMs: 10_000,
    maxMarks: NAMED * 2,
    now: () => NOW,
  });
  await view.refresh(NOW, () => {});
  collect();
  const bytes = process.memoryUsage().heapUsed - before;
  return { view, bytes };
}

/** Nanoseconds of one check for a cache hit: is the view young, does a mark name the session, does the log confirm it. */
function measure(view: RevocationReplica): number {
  const subjects = Array.from({ length: 1000 }, (_, index) => ({
    sessionId: `${index}-2a54-4ab1-9c2e-0a9c7f1b6d11`,
    identityId: `${index}-7f3a-4f6e-8f43-5a1d0c5b7a90`,
    credentialName: `v1s:${String(index).padStart(43, 'A')}`,
  }));
  const waitUntil = () => {};
  let refused = 0;
  const startedAt = performance.now();
  for (let index = 0; index < CHECKS; index += 1) {
    const subject = subjects[index % subjects.length] ?? {};
    view.refresh(NOW, waitUntil);
    if (view.lastMark(subject) > Infinity) refused += 1;
    if (view.trustedSince(NOW) > Infinity) refused += 1;
  }
  const elapsedMs = performance.now() - startedAt;
  if (refused > 0) throw new Error('expected no refusal: no mark names the checked session');
  return (elapsedMs * 1e6) / CHECKS;
}

for (const marks of [0, 1000, NAMED]) {
  const { view, bytes } = await viewOf(marks);
  const rounds = Array.from({ length: ROUNDS }, () => measure(view)).sort((a, b) => a - b);
  const median = rounds[Math.floor(ROUNDS / 2)] ?? Number.NaN;
  const perMark = marks === 0 ? '-' : (bytes / marks).toFixed(0);
  console.log(
    `${marks} marks: ${median.toFixed(0)} ns a check (${rounds[0]?.toFixed(0)} to ${rounds.at(-1)?.toFixed(0)}), view ${(bytes / 1e6).toFixed(1)} MB, ${perMark} bytes a mark`,
  );
}
