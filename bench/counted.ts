import type { Fixtures } from './fixtures.ts';
import { type MemoryFigures, measureMemory } from './memory.ts';
import { measureSlowStore, type SlowStoreFigures } from './slow-store.ts';
import { measureStartUp, type StartUpFigures } from './start-up.ts';
import { type Counts, countTrace } from './trace-counts.ts';

/** Everything beside the cases. */
export interface Counted extends Counts, MemoryFigures, StartUpFigures {
  readonly slowStore: SlowStoreFigures;
}

/** `isQuick`: that it runs, not what it finds; sessions, delay and rounds are fewer then. */
export async function countAll(fixtures: Fixtures, isQuick: boolean): Promise<Counted> {
  return {
    ...(await countTrace()),
    ...(await measureMemory(fixtures, { sessions: isQuick ? 1000 : 10_000 })),
    ...(await measureStartUp({ times: isQuick ? 1 : 5 })),
    slowStore: await measureSlowStore(
      fixtures,
      isQuick
        ? { storeDelayMs: 1000 / 9, rounds: 1, seconds: 1 }
        : { storeDelayMs: 2000, rounds: 7, seconds: 4 },
    ),
  };
}
