import type { Settings } from '../../standins/kratos/src/settings.ts';
import type { StoreFailure, UnreliableStore } from '../gateway/unreliable-store.ts';
import type { FaultSettings } from '../support/faulty-kv/settings.ts';
import type { LogFaults } from '../support/faulty-log/settings.ts';
import type { RunningGate } from '../support/start-gate.ts';

/** A way in which one thing that the gate leans on fails. */
export interface Fault {
  readonly name: string;
  readonly part: 'store' | 'kv' | 'log' | 'keys' | 'origin';
  readonly kratos?: Partial<Settings>;
  readonly kv?: FaultSettings;
  readonly log?: LogFaults;
  readonly origin?: StoreFailure;
}

/** Base64 of `not what was sealed here`. */
const GARBLED_BASE64 = 'bm90IHdoYXQgd2FzIHNlYWxlZCBoZXJl';
const KEY_ENDPOINT = 'GET /tokenizer/jwks.json';

export const FAULTS: readonly Fault[] = [
  { name: 'store 500', part: 'store', kratos: { whoami: { status: 500, body: {} } } },
  {
    name: 'store 429',
    part: 'store',
    kratos: { whoami: { status: 429, body: {}, headers: { 'retry-after': '7' } } },
  },
  { name: 'store hangs', part: 'store', kratos: { delayMs: 60_000 } },
  {
    name: 'store answers a page',
    part: 'store',
    kratos: { rawBody: '<html>We will be back soon</html>', contentType: 'text/html' },
  },
  { name: 'store without its database', part: 'store', kratos: { databaseFailing: true } },
  { name: 'KV throws', part: 'kv', kv: { get: 'throw', put: 'throw' } },
  { name: 'KV is slow', part: 'kv', kv: { get: { delayMs: 400 }, put: { delayMs: 400 } } },
  { name: 'KV is garbled', part: 'kv', kv: { get: { lieBase64: GARBLED_BASE64 } } },
  { name: 'KV is a minute old', part: 'kv', kv: { staleSeconds: 60 } },
  { name: 'log is down', part: 'log', log: { read: 'throw', append: 'throw' } },
  { name: 'log hangs', part: 'log', log: { read: 'hang', append: 'hang' } },
  { name: 'log is garbled', part: 'log', log: { read: { answer: { position: 'x' } } } },
  { name: 'log takes no sums', part: 'log', log: { readWithSums: 'throw' } },
  { name: 'log is 2 s away', part: 'log', log: { read: { delayMs: 2000 } } },
  { name: 'keys are down', part: 'keys', kratos: { answers: { [KEY_ENDPOINT]: { status: 503 } } } },
  {
    name: 'keys are garbled',
    part: 'keys',
    kratos: { answers: { [KEY_ENDPOINT]: { body: 'no key set' } } },
  },
  { name: 'origin is down', part: 'origin', origin: 'stopped' },
];

/** Every two faults of different parts. */
export function faultPairs(): (readonly [Fault, Fault])[] {
  return FAULTS.flatMap((first, index) =>
    FAULTS.slice(index + 1)
      .filter(({ part }) => part !== first.part)
      .map((second) => [first, second] as const),
  );
}

/** Sets exactly these faults; an empty list heals all. */
export async function setFaults(
  gate: RunningGate,
  wayToOrigin: UnreliableStore,
  faults: readonly Fault[],
): Promise<void> {
  const kratos = Object.assign({}, ...faults.map((fault) => fault.kratos ?? {}));
  await Promise.all([
    gate.kratos.control({ ...HEALTHY_STORE, ...kratos }),
    gate.kv.setMode(Object.assign({}, ...faults.map((fault) => fault.kv ?? {}))),
    gate.setLogFaults(Object.assign({}, ...faults.map((fault) => fault.log ?? {}))),
    wayToOrigin.fail(faults.find(({ origin }) => origin !== undefined)?.origin ?? 'works'),
  ]);
}

const HEALTHY_STORE: Partial<Settings> = {
  whoami: null,
  delayMs: 0,
  rawBody: null,
  contentType: 'application/json; charset=utf-8',
  databaseFailing: false,
  answers: {},
};
