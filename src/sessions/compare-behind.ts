import type { SingleFlight } from '../runtime/single-flight.ts';
import type { Question, Refusals } from './refusals.ts';
import type { CheckedSession } from './resolution.ts';
import type { RevocationGuard, TimedAnswer } from './revocation-guard.ts';
import type { ComparedHit, SampledHits } from './sampled-hits.ts';
import type { StoreChecks } from './store-checks.ts';
import type { StoreHealth } from './store-health.ts';

/** The tier of a hit, and when it was served, in milliseconds since the epoch. */
export interface ServedFrom extends Pick<ComparedHit, 'tier'> {
  readonly now: number;
}

/** The services that a comparison needs. */
export interface Comparing {
  readonly sampledHits?: SampledHits | undefined;
  readonly now: () => number;
  readonly checks: StoreChecks;
  readonly flights: SingleFlight<TimedAnswer>;
  readonly guard: RevocationGuard;
  readonly refusals: Refusals;
  readonly health: StoreHealth;
}

/**
 * Checks a hit at the store behind its answer, and compares the two answers. While the store fails it is not asked. The check counts like any other one behind an
 * answer: a refusal removes the cached session, and a renewed cookie is owed to the next request.
 */
export async function compareBehind(
  {
    question,
    served,
    tier,
    now,
  }: ServedFrom & { readonly question: Question; readonly served: CheckedSession },
  { sampledHits, now: clock, checks, flights, guard, refusals, health }: Comparing,
): Promise<void> {
  if (health.failure(now) !== undefined) return;
  const { name, waitUntil } = question;
  const check = (startedAt: number) => checks.check(question, startedAt, () => false);
  const knownUntil = guard.changesKnownUntil(served);
  const { value } = await flights.join(name, now, check, waitUntil);
  // The refusals of a wave may be the failure of a query.
  if (refusals.displacedByWave(name) !== undefined) return;
  await sampledHits?.compare({
    served,
    tier,
    ageMs: now - served.checkedAt,
    unseenMs: now - Math.max(served.checkedAt, knownUntil ?? 0),
    isTold: knownUntil !== undefined,
    answer: value.answer,
    askedAt: value.startedAt,
    answeredAt: clock(),
    refresh: () => guard.refresh(waitUntil),
    isRevoked: () => guard.isRevoked(name, served),
    changesKnownUntil: () => guard.changesKnownUntil(served),
  });
}
