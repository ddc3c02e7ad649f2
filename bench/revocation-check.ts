/**
 * Measures the time to compare an answer with the revocation view, and the memory of the view, in this process:
 *
 *   node --expose-gc bench/revocation-check.ts
 */

import type { MarkSubject } from '../src/revocation/mark.ts';
import { RevocationReplica } from '../src/revocation/revocation-replica.ts';
import { RevocationTable } from '../src/revocation/revocation-table.ts';
import { sqliteStorage } from '../test/revocation/world/sqlite-storage.ts';

const ROUNDS = 7;
const CHECKS = 200_000;
const NOW = 1_700_000_000_000;
const NAMED = 100_000;
/** An issuer may have a quarter of all marks. */
const MAX_MARKS = NAMED * 5;

const collect = globalThis.gc ?? (() => {});

const ISSUER = 'https://zone-1.keycard.cloud';

/** The subject of the mark with this number. */
type SubjectOf = (index: number) => MarkSubject;

const session: SubjectOf = (index) => ({
  kind: 'session',
  sessionId: `${String(index).padStart(8, '0')}-fd6e-4a3b-bd90-e35cf4f8b0b1`,
});
/** One application of each of 1,000 people and more, who are those of the tokens that are checked. */
const application: SubjectOf = (index) => ({
  kind: 'application-of',
  identityId: `user-${index % 20_000}`,
  applicationId: `app-${Math.floor(index / 20_000)}`,
  issuer: ISSUER,
});

/** A log with so many marks, written at once: nothing of them is kept here. */
function logOf(marks: number, subjectOf: SubjectOf): RevocationTable {
  const log = new RevocationTable(sqliteStorage(), () => NOW);
  const options = { cursor: Infinity, checkLifeMs: 420_000, tokenLifeMs: 0, maxMarks: MAX_MARKS };
  const all = Array.from({ length: marks }, (_, index) => ({
    subject: subjectOf(index),
    isTentative: false,
  }));
  log.append(all, options);
  return log;
}

async function viewOf(marks: number, subjectOf: SubjectOf = session) {
  const log = logOf(marks, subjectOf);
  collect();
  const before = process.memoryUsage().heapUsed;
  const view = new RevocationReplica({
    log: { read: async (cursor) => structuredClone(log.read(cursor)) },
    lagMs: 5000,
    timeoutMs: 10_000,
    maxMarks: MAX_MARKS,
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

/** Nanoseconds of one check of a token of a Keycard zone. */
function measureTokens(view: RevocationReplica): number {
  const subjects = Array.from({ length: 1000 }, (_, index) => ({
    sessionId: `${index}-2a54-4ab1-9c2e-0a9c7f1b6d11`,
    identityId: `user-${index}`,
    issuer: ISSUER,
    tokenId: `${index}-7f3a-4f6e-8f43-5a1d0c5b7a90`,
    applicationIds: ['another application'],
  }));
  let refused = 0;
  const startedAt = performance.now();
  for (let index = 0; index < CHECKS; index += 1) {
    if (view.tokensDeniedUntil(subjects[index % subjects.length] ?? {}) > 0) refused += 1;
  }
  const elapsedMs = performance.now() - startedAt;
  if (refused > 0) throw new Error('expected no refusal: no mark names the checked application');
  return (elapsedMs * 1e6) / CHECKS;
}

/** The median, the least and the greatest of some rounds. */
function inRounds(round: () => number): readonly [number, number, number] {
  const rounds = Array.from({ length: ROUNDS }, round).sort((a, b) => a - b);
  const at = (index: number) => rounds.at(index) ?? Number.NaN;
  return [at(Math.floor(ROUNDS / 2)), at(0), at(-1)];
}

for (const marks of [0, 1000, NAMED]) {
  const { view, bytes } = await viewOf(marks);
  const [median, least, greatest] = inRounds(() => measure(view));
  const perMark = marks === 0 ? '-' : (bytes / marks).toFixed(0);
  console.log(
    `${marks} marks: ${median.toFixed(0)} ns a check (${least.toFixed(0)} to ${greatest.toFixed(0)}), view ${(bytes / 1e6).toFixed(1)} MB, ${perMark} bytes a mark`,
  );
}

for (const [name, subjectOf] of [
  ['sessions', session],
  ['applications', application],
] as const) {
  const { view, bytes } = await viewOf(NAMED, subjectOf);
  const [median, least, greatest] = inRounds(() => measureTokens(view));
  console.log(
    `a token, ${NAMED} marks of ${name}: ${median.toFixed(0)} ns a check (${least.toFixed(0)} to ${greatest.toFixed(0)}), ${(bytes / NAMED).toFixed(0)} bytes a mark`,
  );
}
