/** A failure around a change, and its duration. */

import type { Settings } from '../../standins/kratos/src/settings.ts';
import type { FaultSettings } from '../support/faulty-kv/settings.ts';
import type { LogFault, LogFaults } from '../support/faulty-log/settings.ts';
import { type Deployment, STORE_TIMEOUT_MS } from './deployment.ts';

export interface Fault {
  readonly name: string;
  readonly store?: Partial<Settings>;
  readonly kv?: FaultSettings;
  /** Of the two isolates of one workerd, and of the third. */
  readonly log?: readonly [LogFaults, LogFaults];
  /** Whether the isolates are asked so seldom that their view of the log grows old. @default false */
  readonly isQuiet?: boolean;
  /** Whether it goes on after the first try, until all is looked at. @default false */
  readonly stays?: boolean;
}

const appends = (append: LogFault): readonly [LogFaults, LogFaults] => [{ append }, { append }];
const far = (delayMs: number): LogFaults => ({ read: { delayMs }, append: { delayMs: 400 } });

export const FAULTS: readonly Fault[] = [
  { name: 'no fault' },
  { name: 'isolates that are asked seldom', isQuiet: true },
  {
    name: 'isolates that are asked seldom, the third of them 1.8 s away from the log',
    isQuiet: true,
    log: [{}, far(1800)],
    stays: true,
  },
  { name: 'appends to the log fail', log: appends('throw') },
  { name: 'the append after the change fails', log: appends('throw-definite') },
  { name: 'the answers of appends are lost', log: appends('lost') },
  { name: 'appends take 700 ms', log: appends({ delayMs: 700 }) },
  { name: 'the log is 1.8 s away from the third isolate', log: [{}, far(1800)], stays: true },
  { name: 'the log is 1.2 s away from two isolates', log: [far(1200), {}], stays: true },
  { name: 'the store answers late', store: { lateAnswerMs: STORE_TIMEOUT_MS + 1000 } },
  { name: 'whoami answers 500', store: { whoami: { status: 500, body: {} } } },
  { name: 'KV throws', kv: { get: 'throw', put: 'throw' }, stays: true },
  { name: 'KV is a minute old', kv: { staleSeconds: 60 }, stays: true },
];

/** Sets this fault and no other. */
export async function setFault({ runtimes }: Deployment, fault: Fault): Promise<void> {
  const { store = {}, kv = {}, log = [{}, {}] } = fault;
  await Promise.all([
    runtimes[0].kratos.control({ whoami: null, lateAnswerMs: 0, ...store }),
    ...runtimes.flatMap((runtime, index) => [
      runtime.kv.setMode(kv),
      runtime.setLogFaults(log[index] ?? {}),
    ]),
  ]);
}

export const NO_FAULT: Fault = { name: 'no fault' };
