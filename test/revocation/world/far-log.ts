import type {
  AppendAnswer,
  AppendOptions,
  LogPage,
  LogPosition,
  RevocationLogStub,
} from '../../../src/revocation/log-protocol.ts';
import type { Mark } from '../../../src/revocation/mark.ts';
import type { Random } from './random.ts';
import type { LogRead, Schedule } from './schedule.ts';
import type { VirtualTime } from './virtual-time.ts';

export interface FarLogOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly schedule: Pick<Schedule, 'logDelayMs' | 'logLoss' | 'logGarble'>;
  /** Takes down every read. */
  readonly reads: LogRead[];
}

/** The log where it is. */
export interface LogCore {
  read(cursor: LogPosition): LogPage;
  readNewest(cursor: LogPosition): LogPage;
  append(marks: readonly Mark[], options: AppendOptions): AppendAnswer;
}

/** Writers give up after a second. */
const MAX_APPEND_DELAY_MS = 1500;

/** The log as it is reached from one isolate: late, or not at all, sometimes done without a word, or answering with anything. */
export function farLog(
  core: LogCore,
  { time, random, schedule, reads }: FarLogOptions,
): RevocationLogStub {
  const travel = async <Value>(delayMs: number, act: () => Value): Promise<Value> => {
    await time.sleep(random.upTo(delayMs) / 2);
    if (random.chance(schedule.logLoss / 2)) throw new Error('the log was not reached');
    const value = act();
    await time.sleep(random.upTo(delayMs) / 2);
    if (random.chance(schedule.logLoss / 2)) throw new Error('the answer was lost');
    return value;
  };
  return {
    async read(cursor, { isNewestFirst = false } = {}) {
      const read: LogRead = { sentAt: time.now, endedAt: Infinity, isPage: false };
      reads.push(read);
      const page = await travel(schedule.logDelayMs, () =>
        structuredClone(isNewestFirst ? core.readNewest(cursor) : core.read(cursor)),
      );
      read.endedAt = time.now;
      if (random.chance(schedule.logGarble)) return garbled(page, random);
      read.isPage = true;
      return page;
    },
    append: (marks, options) =>
      travel(Math.min(schedule.logDelayMs, MAX_APPEND_DELAY_MS), () =>
        structuredClone(core.append(marks, options)),
      ),
  };
}

/** Answers that no log sends, in place of a real one. */
function garbled(page: LogPage, random: Random): LogPage {
  const none: unknown = random.pick<unknown>([
    null,
    {},
    'Internal Server Error',
    { ...page, marks: [], position: 'x' },
    { ...page, marks: [], position: Number.NaN },
    { ...page, marks: [null] },
    { ...page, watermark: { ageMs: -60_000, unbrokenForMs: 600_000 } },
    { ...page, watermark: { ageMs: 0, unbrokenForMs: Infinity } },
    { ...page, watermark: true },
  ]);
  return none as LogPage; // said to be one, as over a network
}
