import type { IsolateCounts } from '../revocation/isolate-counts.ts';
import { isObject, type JsonObject, type JsonValue } from '../runtime/json.ts';
import type { Report } from '../runtime/report.ts';
import type { ComparedHit } from '../sessions/sampled-hits.ts';
import type { Dataset } from './metrics.ts';

/**
 * - `same`: the store says the same about the session.
 * - `changed`: the session is good, and the store says something else about it.
 * - `refused`: the store refuses the credential, so the cached answer should have been a refusal.
 */
export type Comparison = 'same' | 'changed' | 'refused';

export interface HitComparisonOptions {
  readonly counts: IsolateCounts;
  /** For so long a change that was made in the store directly may be unknown here. */
  readonly promisedMs: number;
  /** While the store tells of its changes, each has its mark here after this time. */
  readonly toldWithinMs: number;
  /** `undefined` if nothing is counted in a dataset. */
  readonly dataset: Dataset | undefined;
  readonly report: Report;
}

/**
 * Compares a cached answer with the store's own, and counts the result: in the isolate's counts, and as a point in the
 * dataset. An answer that was wrong for longer than promised is reported.
 */
export async function compareHit(hit: ComparedHit, options: HitComparisonOptions): Promise<void> {
  const differences = differencesOf(hit);
  if (differences === undefined) return;
  const [first] = differences;
  const result: Comparison = first === undefined ? 'same' : first === '' ? 'refused' : 'changed';
  const { counts, dataset, report } = options;
  counts[result] += 1;
  const isOverdue = result !== 'same' && (await isWrongTooLong(hit, options));
  const { tier, unseenMs } = hit;
  const ageSeconds = Math.floor(hit.ageMs / 1000);
  const differsAt = differences.join(' ');
  const told = hit.isTold ? 'told' : 'untold';
  if (isOverdue) {
    counts.overdue += 1;
    report({ event: 'cached-answer-overdue', result, tier, ageSeconds, told, differsAt });
  }
  try {
    dataset?.writeDataPoint({
      indexes: [ROUTE],
      blobs: [ROUTE, result, isOverdue ? 'overdue' : 'in-time', differsAt, tier, told],
      doubles: [0, unseenMs, ageSeconds, -1],
    });
  } catch {
    // A lost metric must not become a bug of the request.
  }
}

/**
 * Returns whether a wrong answer was wrong for longer than promised. If the store tells of its changes, the change must have
 * its mark within some seconds. If all changes until the store's answer are known after that time, and none has a mark for
 * this session, then the change was missed. If they are not known, the channel is silent, and the longer promise counts.
 */
async function isWrongTooLong(
  hit: ComparedHit,
  { promisedMs, toldWithinMs }: HitComparisonOptions,
): Promise<boolean> {
  if (hit.isTold) {
    await new Promise((resolve) => setTimeout(resolve, toldWithinMs));
    await hit.refresh();
  }
  if (hit.isRevoked()) return false;
  const wasMissed = (hit.changesKnownUntil() ?? 0) >= hit.answeredAt;
  return wasMissed || hit.unseenMs >= promisedMs;
}

/** The value in the column of the route: these points are not decisions. */
const ROUTE = 'comparison';

/**
 * Returns the places at which two answers differ: none if they say the same, and `''` if the store refuses. Returns
 * `undefined` if the store's answer says nothing about the cached one: a failure, or a session that has just expired.
 */
function differencesOf({ served, answer, askedAt }: ComparedHit): readonly string[] | undefined {
  if (answer.kind === 'fault' || answer.kind === 'rejected') return undefined;
  if (askedAt >= served.session.expiresAt) return undefined;
  return answer.kind === 'session'
    ? differentPlaces(served.session.document, answer.session.document)
    : [''];
}

/**
 * Members of Kratos's Session that may change while everything that it says about the session and its person stays.
 * `updated_at` moves with every write to the row, also of columns that whoami does not show (`available_aal`,
 * `persistence/sql/identity/persister_identity.go`, `UpdateIdentityColumns`). `schema_url` is made of Kratos's
 * configuration, and differs between two nodes of different configuration.
 */
const NOT_COMPARED = new Set(['identity.updated_at', 'identity.schema_url']);
/** Lists of rows that have an `updated_at` of their own. */
const ADDRESSES = new Set(['verifiable_addresses', 'recovery_addresses']);

/**
 * Returns the places at which two session documents differ, two levels deep: names that the store gives, never values.
 * The order of members does not count. Nor does that of `devices`, which Kratos reads in the order of its database
 * (`session/session.go`: no `order_by`).
 */
export function differentPlaces(one: JsonObject, other: JsonObject): string[] {
  return differentMembers(one, other).flatMap((name) => {
    const [a, b] = [one[name], other[name]];
    if (name !== 'identity' || !isObject(a) || !isObject(b)) return [name];
    return differentMembers(a, b)
      .map((member) => `${name}.${member}`)
      .filter((place) => !NOT_COMPARED.has(place));
  });
}

function differentMembers(one: JsonObject, other: JsonObject): string[] {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...names].filter((name) => spellMember(one, name) !== spellMember(other, name)).sort();
}

function spellMember(document: JsonObject, name: string): string | undefined {
  const value = document[name];
  if (!Array.isArray(value)) return spell(value);
  if (name === 'devices') return value.map(spell).sort().join();
  return spell(ADDRESSES.has(name) ? value.map(withoutUpdatedAt) : value);
}

function withoutUpdatedAt(address: JsonValue): JsonValue {
  return isObject(address) ? { ...address, updated_at: null } : address;
}

/** Spells a JSON value so that equal values have one spelling. */
function spell(value: JsonValue | undefined): string | undefined {
  return JSON.stringify(value, (_, part: JsonValue) =>
    isObject(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
