import { PRIVATE_NO_STORE } from '../errors/error-response.ts';
import type { SessionStore } from '../providers/session-store.ts';
import type { Revocation } from '../revocation/revocation.ts';
import type { KeyValueStore } from '../whoami/kv-tier.ts';
import { type Anchor, SingleFlight } from '../whoami/single-flight.ts';
import type { TokenResolver } from '../whoami/token-resolver.ts';

/** How long one finding is repeated, so that nobody can make the parts busy by asking about them. */
const FINDING_MS = 5000;
/** No part is waited for longer than this. */
const DEADLINE_MS = 10_000;
/** A name no session has; reading it shows that KV answers. */
const PROBE_NAME = `v1h:${'0'.repeat(43)}`;

/** The Worker runs and its configuration is whole; asks nobody. Shape as Kratos's (`oryx/healthx`). */
export function alive(): Response {
  return healthResponse(200, { status: 'ok' });
}

interface Finding {
  /** When the parts were asked, in milliseconds since the epoch. */
  readonly at: number;
  /** By part; empty when all is well. */
  readonly errors: Readonly<Record<string, string>>;
}

/** The parts behind Postern that can be asked whether they are well. */
export interface AskedParts {
  readonly store: SessionStore;
  readonly kv: KeyValueStore | undefined;
  readonly tokens: Pick<TokenResolver, 'isReady'>;
  readonly revocation: Pick<Revocation, 'isReadable'>;
}

/** Whether the parts behind Postern answer: `{"status":"ok"}` or 503 with the parts that do not. */
export function createReadiness(
  parts: AskedParts,
  now: () => number,
): (anchor: Anchor) => Promise<Response> {
  let last: Finding | undefined;
  const flights = new SingleFlight<Finding>({ deadlineMs: DEADLINE_MS, now });
  const findWith = (anchor: Anchor) => async (at: number) => {
    last = { at, errors: await findErrors(parts, anchor) };
    return last;
  };
  return async function ready(anchor) {
    const isCurrent = last !== undefined && now() - last.at < FINDING_MS;
    const { errors } =
      isCurrent && last ? last : (await flights.join('', 0, findWith(anchor), anchor)).value;
    const isReady = Object.keys(errors).length === 0;
    return healthResponse(isReady ? 200 : 503, isReady ? { status: 'ok' } : { errors });
  };
}

async function findErrors(
  { store, kv, tokens, revocation }: AskedParts,
  anchor: Anchor,
): Promise<Record<string, string>> {
  const [isStoreReady, isKvReady, areKeysReady, isLogReadable] = await Promise.all([
    store.isReady(),
    canRead(kv),
    tokens.isReady(anchor),
    revocation.isReadable(),
  ]);
  return {
    ...(areKeysReady ? {} : { keys: 'the keys of a token issuer cannot be had' }),
    ...(isStoreReady ? {} : { store: 'the session store does not say that it is ready' }),
    ...(isKvReady ? {} : { kv: 'KV cannot be read; sessions are checked at the store instead' }),
    ...(isLogReadable ? {} : { revocation: 'the revocation log cannot be read' }),
  };
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
  return new Response(JSON.stringify(body), { status, headers });
}
