import type { StoreAnswer } from '../providers/session-store.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { ReadinessFinding, RefusalMoment, StoreReadiness } from './store-readiness.ts';

/** A refusal (the store found no session) from a store that is ready, or that publishes no readiness. */
export interface ConfirmedRefusal {
  readonly kind: 'no-session';
  readonly body: string | undefined;
  readonly cacheForSeconds?: number | undefined;
  readonly arrived: RefusalMoment;
  /** The readiness check on which the refusal is based. */
  readonly finding: ReadinessFinding;
}

/** A store's answer that is safe to use. For a refusal, the store's readiness is known. */
export type ConfirmedAnswer = Exclude<StoreAnswer, { kind: 'no-session' }> | ConfirmedRefusal;

type Fault = Extract<StoreAnswer, { kind: 'fault' }>;

/**
 * Checks a credential at the store. A refusal counts only if the store is ready, because Kratos answers every request
 * with 401 when its own database fails. If the store was failing until just before, it is asked a second time.
 *
 * @param isWarm whether this isolate knows that the credential was valid moments before the refusal arrived. If so, the refusal needs a
 *   readiness check that was sent after it, and the store is asked a second time
 */
export async function askConfirmed(
  check: () => Promise<StoreAnswer>,
  readiness: Pick<StoreReadiness, 'moment' | 'find' | 'wasFailing'>,
  {
    isWarm,
    waitUntil,
  }: {
    readonly isWarm: (arrivedAt: number) => Promise<boolean>;
    readonly waitUntil: WaitUntil;
  },
): Promise<ConfirmedAnswer> {
  const answer = await check();
  if (answer.kind !== 'no-session') return answer;
  const arrived = readiness.moment();
  const wasGood = await isWarm(arrived.at);
  const finding = await readiness.find(arrived, wasGood ? 'after' : 'recent', waitUntil);
  if (finding?.readiness === 'not-ready') return NOT_READY;
  if (finding === undefined) return READINESS_UNKNOWN;
  // A store that becomes ready during the check may have refused before it was ready.
  const second = wasGood || readiness.wasFailing(arrived) ? await check() : answer;
  return second.kind === 'no-session' ? { ...second, arrived, finding } : second;
}

/**
 * Checks that the store was ready *after* it had refused, unless this is already known.
 *
 * @returns the refusal with the newer readiness check; the same refusal if no newer check is available; a fault if
 *   the store turns out not to be ready
 */
export async function seekProof(
  refusal: ConfirmedRefusal,
  readiness: Pick<StoreReadiness, 'find'>,
  waitUntil: WaitUntil,
): Promise<ConfirmedAnswer> {
  if (isProven(refusal) || refusal.finding.readiness === 'unpublished') return refusal;
  const finding = await readiness.find(refusal.arrived, 'after', waitUntil);
  if (finding?.readiness === 'not-ready') return NOT_READY;
  return finding === undefined ? refusal : { ...refusal, finding };
}

/** Whether the store was found ready *after* it had refused. Only then may the refused cookie be cleared. */
export function isProven({ arrived, finding }: ConfirmedRefusal): boolean {
  return finding.readiness === 'ready' && finding.question > arrived.questions;
}

const NOT_READY: Fault = Object.freeze({
  kind: 'fault',
  scope: 'store',
  detail: 'store-not-ready',
  retryAfterSeconds: undefined,
});
/** The readiness check was not answered in time. */
const READINESS_UNKNOWN: Fault = Object.freeze({ ...NOT_READY, detail: 'store-readiness-unknown' });
