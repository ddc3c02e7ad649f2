import type { StoreAnswer } from '../providers/session-store.ts';
import type { Anchor } from '../runtime/single-flight.ts';
import type { ReadinessFinding, RefusalMoment, StoreReadiness } from './store-readiness.ts';

/** A "no" of a store that is ready, or that publishes no readiness. */
export interface ConfirmedRefusal {
  readonly kind: 'no-session';
  readonly body: string | undefined;
  readonly arrived: RefusalMoment;
  /** What the refusal is believed on. */
  readonly finding: ReadinessFinding;
}

/** A store's answer that may be acted upon: of a "no" it is known that the store was in a state to say it. */
export type ConfirmedAnswer = Exclude<StoreAnswer, { kind: 'no-session' }> | ConfirmedRefusal;

type Fault = Extract<StoreAnswer, { kind: 'fault' }>;

/**
 * Asks the store, and believes a "no" only while the store is ready, because Kratos answers 401 to everybody when
 * its own database fails. A "no" from the end of an outage is asked for again, once the store is ready.
 *
 * @param isWarm whether the credential was good moments ago, as far as is known here. The "no" then takes a question
 *   about readiness that was sent after it, and is asked for a second time
 */
export async function askConfirmed(
  check: () => Promise<StoreAnswer>,
  readiness: Pick<StoreReadiness, 'moment' | 'find' | 'wasFailing'>,
  { isWarm, anchor }: { readonly isWarm: () => Promise<boolean>; readonly anchor: Anchor },
): Promise<ConfirmedAnswer> {
  const answer = await check();
  if (answer.kind !== 'no-session') return answer;
  const arrived = readiness.moment();
  const wasGood = await isWarm();
  const finding = await readiness.find(arrived, wasGood ? 'after' : 'recent', anchor);
  if (finding?.readiness === 'not-ready') return NOT_READY;
  if (finding === undefined) return READINESS_UNKNOWN;
  // A store that becomes ready while it is asked has refused before.
  const second = wasGood || readiness.wasFailing(arrived) ? await check() : answer;
  return second.kind === 'no-session' ? { ...second, arrived, finding } : second;
}

/**
 * Finds out whether the store was ready after it had refused, where that is not known yet.
 *
 * @returns the refusal on better evidence; as it is when there is none to be had; a fault when the store turns out
 *   not to be ready
 */
export async function seekProof(
  refusal: ConfirmedRefusal,
  readiness: Pick<StoreReadiness, 'find'>,
  anchor: Anchor,
): Promise<ConfirmedAnswer> {
  if (isProven(refusal) || refusal.finding.readiness === 'unpublished') return refusal;
  const finding = await readiness.find(refusal.arrived, 'after', anchor);
  if (finding?.readiness === 'not-ready') return NOT_READY;
  return finding === undefined ? refusal : { ...refusal, finding };
}

/** Whether the store was ready when it was asked *after* it had refused: a cookie that it refused may be cleared. */
export function isProven({ arrived, finding }: ConfirmedRefusal): boolean {
  return finding.readiness === 'ready' && finding.question > arrived.questions;
}

const NOT_READY: Fault = Object.freeze({
  kind: 'fault',
  scope: 'store',
  detail: 'store-not-ready',
  retryAfterSeconds: undefined,
});
/** The question about readiness was not answered in time. */
const READINESS_UNKNOWN: Fault = Object.freeze({ ...NOT_READY, detail: 'store-readiness-unknown' });
