import { PROBE_NAME } from '../../credentials/credential-name.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';
import type { Readiness } from '../../providers/session-store.ts';
import type { IsolateCounts } from '../../revocation/isolate-counts.ts';
import { OUTBOX_POLL_MS } from '../../revocation/log-protocol.ts';
import type { LogHealth, Revocation } from '../../revocation/revocation.ts';
import type { KeyValueStore } from '../../runtime/kv.ts';
import { SingleFlight, type WaitUntil } from '../../runtime/single-flight.ts';
import { VERSION } from '../../runtime/version.ts';
import { type StoreReadiness, UNPUBLISHED_READINESS } from '../../sessions/store-readiness.ts';
import type { TokenSessions } from '../../tokens/token-sessions.ts';

/** The time for which one result is repeated, so that requests for it cannot overload the parts. */
const FINDING_MS = 5000;
/** The longest wait for the parts. */
const DEADLINE_MS = 10_000;

/** Answers that the Worker runs with a valid configuration. Asks no other part. Format as Kratos's (`oryx/healthx`), with Postern's version. */
export function alive(): Response {
  return healthResponse(200, { status: 'ok' });
}

/** An older watermark is an outage of the outbox. */
const MAX_WATERMARK_AGE_MS = 15_000;
/** Time for the first poll of a log that has just started. */
const FIRST_POLL_MS = 2 * OUTBOX_POLL_MS;
const UNREAD_OUTBOX =
  "the outbox in Kratos's database is not read; outbox-failure or outbox-broken in the log has the reason";

interface Finding {
  /** When the parts were asked, in milliseconds since the epoch. */
  readonly at: number;
  /** Failures by part; empty when every part is well. */
  readonly errors: Readonly<Record<string, string>>;
  /** Notes by part: facts that are no failures, but that the operator ought to know. */
  readonly notes: Readonly<Record<string, string>>;
}

/** The session store, and the tier in front of it. */
export interface AskedStore {
  readonly readiness: Pick<StoreReadiness, 'moment' | 'find'>;
  readonly kv: KeyValueStore | undefined;
}

/** The parts behind Postern that can be asked for their health. */
export interface AskedParts {
  /** `undefined`: there is no session store. */
  readonly store: AskedStore | undefined;
  readonly tokens: Pick<TokenSessions, 'isReady'>;
  readonly revocation: Pick<Revocation, 'readHealth'>;
  /** Whether the log reads an outbox in the store's database. */
  readonly hasOutbox: boolean;
  readonly counts: Pick<IsolateCounts, 'same' | 'changed' | 'refused' | 'overdue'>;
}

/** Answers whether the parts behind Postern are well: `{"status":"ok"}`, or 503 with the parts that are not. */
export function createReadiness(
  parts: AskedParts,
  now: () => number,
): (waitUntil: WaitUntil) => Promise<Response> {
  let last: Finding | undefined;
  const flights = new SingleFlight<Finding>({ deadlineMs: DEADLINE_MS, now });
  const findWith = (waitUntil: WaitUntil) => async (at: number) => {
    last = { at, ...(await find(parts, waitUntil)) };
    return last;
  };
  return async function ready(waitUntil) {
    const isCurrent = last !== undefined && now() - last.at < FINDING_MS;
    const { errors, notes } =
      isCurrent && last ? last : (await flights.join('', 0, findWith(waitUntil), waitUntil)).value;
    const isReady = Object.keys(errors).length === 0;
    const logged = Object.keys(notes).length === 0 ? {} : { notes };
    return healthResponse(isReady ? 200 : 503, {
      ...(isReady ? { status: 'ok' } : { errors }),
      ...logged,
      ...comparisons(parts.counts),
    });
  };
}

/** How often this isolate's cached answers were what the store said, if any was compared. */
function comparisons({ same, changed, refused, overdue }: AskedParts['counts']): object {
  const isAny = same + changed + refused > 0;
  return isAny ? { comparisons: { same, changed, refused, overdue } } : {};
}

async function find(
  { store: asked, tokens, revocation, hasOutbox }: AskedParts,
  waitUntil: WaitUntil,
): Promise<Pick<Finding, 'errors' | 'notes'>> {
  const [store, isKvReady, areKeysReady, log] = await Promise.all([
    asked === undefined ? undefined : askStore(asked.readiness, waitUntil),
    canRead(asked?.kv),
    tokens.isReady(waitUntil),
    askLog(revocation, hasOutbox),
  ]);
  const errors = {
    ...(areKeysReady ? {} : { keys: 'the keys of a token issuer cannot be had' }),
    ...(store === 'not-ready' && { store: 'the session store does not say that it is ready' }),
    ...(isKvReady ? {} : { kv: 'KV cannot be read; sessions are checked at the store instead' }),
    ...(log.isReadable ? {} : { revocation: 'the revocation log cannot be read' }),
    ...(log.isReadable && hasOutbox && !isTold(log) && { outbox: UNREAD_OUTBOX }),
  };
  return { errors, notes: store === 'unpublished' ? { store: UNPUBLISHED_READINESS } : {} };
}

/** Asks the log twice if it has not read the outbox: a log that has just started reads it within a second. */
async function askLog(
  { readHealth }: AskedParts['revocation'],
  hasOutbox: boolean,
): Promise<LogHealth> {
  const first = await readHealth();
  if (!hasOutbox || !first.isReadable || isTold(first)) return first;
  await new Promise((resolve) => setTimeout(resolve, FIRST_POLL_MS));
  return readHealth();
}

/** Whether the log read the outbox lately. It does so every second. */
function isTold({ watermark }: LogHealth): boolean {
  return watermark !== undefined && watermark.ageMs < MAX_WATERMARK_AGE_MS;
}

async function askStore(
  readiness: Pick<StoreReadiness, 'moment' | 'find'>,
  waitUntil: WaitUntil,
): Promise<Readiness> {
  const finding = await readiness.find(readiness.moment(), 'recent', waitUntil);
  return finding?.readiness ?? 'not-ready';
}

async function canRead(kv: KeyValueStore | undefined): Promise<boolean> {
  if (kv === undefined) return true;
  try {
    await kv.get(PROBE_NAME, { type: 'arrayBuffer', cacheTtl: 30 });
    return true;
  } catch {
    return false;
  }
}

function healthResponse(status: number, body: object): Response {
  const headers = { 'content-type': 'application/json', 'cache-control': PRIVATE_NO_STORE };
  return new Response(JSON.stringify({ ...body, version: VERSION }), { status, headers });
}
