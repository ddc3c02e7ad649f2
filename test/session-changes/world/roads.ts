import type { RevocationLogStub } from '../../../src/revocation/log-protocol.ts';
import type { RevocationTable } from '../../../src/revocation/revocation-table.ts';
import type { Random } from '../../revocation/world/random.ts';
import type { VirtualTime } from '../../revocation/world/virtual-time.ts';
import type { DoorSchedule, StoreFault } from './door-schedule.ts';

export const STORE_TIMEOUT_MS = 5000;

export interface Roads {
  readonly time: VirtualTime;
  readonly random: Random;
  /** `undefined` until the change is made. */
  logDownUntil: number | undefined;
}

type Fetch = (request: Request) => Response | Promise<Response>;

/** A store at a distance, which fails in every known way; its callers give up at their deadlines. */
export function farStore(
  near: Fetch,
  { storeFaults, isStoreSlow, logDownMs }: DoorSchedule,
  roads: Roads,
) {
  const { time, random } = roads;
  const arrive = async (request: Request) => {
    if (isChange(request)) roads.logDownUntil ??= time.now + logDownMs;
    return near(request);
  };
  return async (request: Request): Promise<Response> => {
    const delayMs = () => random.upTo(isStoreSlow ? 1500 : 60);
    await time.sleep(delayMs());
    switch (drawFault(storeFaults, random)) {
      case 'unreached':
        throw new Error('not reached');
      case 'unanswered':
        await arrive(request);
        throw new Error('the answer was lost');
      case 'late': {
        const copy = request.clone();
        time.schedule(() => void arrive(copy), STORE_TIMEOUT_MS + random.upTo(600));
        await time.sleep(STORE_TIMEOUT_MS);
        throw new Error('nobody waits any longer');
      }
      case 'failing':
        return new Response('upstream connect error', { status: 503 });
      case 'limited':
        return new Response('{}', { status: 429, headers: { 'retry-after': '1' } });
      case undefined: {
        const answer = await arrive(request);
        await time.sleep(delayMs());
        return answer;
      }
    }
  };
}

/** A browser signs out by a GET; a token for the service account changes no session. */
function isChange({ method, url }: Request): boolean {
  const { pathname } = new URL(url);
  if (method === 'GET') return pathname === '/self-service/logout';
  return pathname !== '/service-account-token';
}

function drawFault(
  faults: Readonly<Record<StoreFault, number>>,
  random: Random,
): StoreFault | undefined {
  let left = random.next();
  for (const [fault, share] of Object.entries(faults)) {
    left -= share;
    if (left < 0) return fault as StoreFault; // its own names
  }
  return undefined;
}

/** The log as it is reached from an isolate: late, or not at all, and sometimes done without a word. */
export function farLog(
  core: RevocationTable,
  { logDelayMs, logLoss }: DoorSchedule,
  roads: Roads,
): RevocationLogStub {
  const { time, random } = roads;
  const travel = async <Value>(act: () => Value): Promise<Value> => {
    await time.sleep(random.upTo(logDelayMs) / 2);
    const isDown = time.now < (roads.logDownUntil ?? 0);
    if (isDown || random.chance(logLoss / 2)) throw new Error('the log was not reached');
    const value = act();
    await time.sleep(random.upTo(logDelayMs) / 2);
    if (random.chance(logLoss / 2)) throw new Error('the answer was lost');
    return value;
  };
  return {
    read: (cursor) => travel(() => structuredClone(core.read(cursor))),
    append: (marks, options) => travel(() => structuredClone(core.append(marks, options))),
  };
}
