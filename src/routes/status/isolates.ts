// Pure: no I/O, no clock.
import { type IsolateCounts, noCounts } from '../../revocation/isolate-counts.ts';
import type { KeptSums } from '../../revocation/isolate-sums.ts';

/** An isolate, as the page shows it. */
export interface ShownIsolate {
  readonly name: string;
  /** The data centre (an IATA code); `-` if it is not known. */
  readonly location: string;
  readonly ageMs: number;
  readonly sentMsAgo: number;
  readonly counts: Readonly<IsolateCounts>;
}

/** Isolates that share a data centre, or all of them. */
export interface IsolateGroup {
  readonly isolates: number;
  /** The age of the oldest, in milliseconds. */
  readonly ageMs: number;
  readonly sentMsAgo: number;
  readonly counts: Readonly<IsolateCounts>;
}

/** An isolate that was silent for so long has ended, or has no requests. */
export const KEEP_MS = 600_000;

const NAMES = Object.keys(noCounts()) as (keyof IsolateCounts)[]; // the keys of that type, and no others
const FORM = /^([0-9a-z]{8}) ([A-Z]{3}|-)((?: \d{1,16}){1,40})$/;

/** Reads the sums of isolates, and leaves out those that are none: the log keeps what it gets. */
export function readIsolates(kept: readonly KeptSums[]): ShownIsolate[] {
  return kept.flatMap(({ sums, sentMsAgo }) => {
    const [, name, location, numbers = ''] = FORM.exec(sums) ?? [];
    const [ageMs, ...values] = numbers.trim().split(' ').map(Number);
    if (name === undefined || location === undefined || ageMs === undefined) return [];
    if (values.length !== NAMES.length || sentMsAgo >= KEEP_MS) return []; // of another version, or silent
    const counts = noCounts();
    for (const [index, count] of NAMES.entries()) counts[count] = values[index] ?? 0;
    return [{ name, location, ageMs, sentMsAgo, counts }];
  });
}

/** Adds isolates up. The greatest lag is that of the group, and no sum. */
export function addUp(isolates: readonly ShownIsolate[]): IsolateGroup {
  const counts = noCounts();
  for (const { counts: each } of isolates) {
    for (const name of NAMES) counts[name] += each[name];
  }
  counts.longestLagMs = Math.max(0, ...isolates.map((each) => each.counts.longestLagMs));
  const sentMsAgo = Math.min(...isolates.map((each) => each.sentMsAgo));
  const ageMs = Math.max(0, ...isolates.map((each) => each.ageMs));
  return { isolates: isolates.length, ageMs, sentMsAgo, counts };
}

/** Groups isolates by their data centre, the one with the most look-ups first. */
export function byLocation(isolates: readonly ShownIsolate[]): (readonly [string, IsolateGroup])[] {
  const groups = Map.groupBy(isolates, ({ location }) => location);
  return [...groups]
    .map(([location, members]) => [location, addUp(members)] as const)
    .sort(([, a], [, b]) => lookUpsOf(b.counts) - lookUpsOf(a.counts));
}

/** The look-ups that a session store could have answered. */
export function lookUpsOf({ memory, location, kv, store }: Readonly<IsolateCounts>): number {
  return memory + location + kv + store;
}

/** The calls that a gate without a cache would have made to the store, less those that were made. */
export function savedCalls(counts: Readonly<IsolateCounts>): number {
  return lookUpsOf(counts) - counts.storeCalls;
}
