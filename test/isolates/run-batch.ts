/** Makes changes at once, under one fault, and finds out how long what they ended was served after each. */

import type { Random } from '../revocation/world/random.ts';
import type { Deployment } from './deployment.ts';
import { type Fault, NO_FAULT, setFault } from './faults.ts';
import { type Door, opaque, type Revocation, type Subject } from './revocation.ts';
import {
  ask,
  BUSY,
  isolatesOf,
  quiet,
  type Rhythm,
  type Sighting,
  sleep,
  type Watch,
  watch,
} from './watch.ts';

export const LAG_MS = 5000;
/** Duration of the observation after the lag: a refused session must stay refused. */
const WATCHED_MS = 500;
/** Within this time all requests of a batch are sent. */
const SPREAD_MS = 500;
const MAX_ATTEMPTS = 8;
const RETRY_PAUSE_MS = 300;

/** A change that was answered with success. */
export interface Outcome {
  readonly door: string;
  readonly fault: string;
  /** The answers until and with the success. */
  readonly statuses: readonly number[];
  /** From the success until the last answer that served what was before, by kind; 0 when there was none. */
  readonly lastServedMs: Readonly<Partial<Record<Subject['kind'], number>>>;
  /** Answers after the lag that said how old they were. */
  readonly labelled: number;
  /** Answers after the lag that did not, and what is wrong when all is over, in words. */
  readonly violations: readonly string[];
}

interface Change extends Revocation {
  readonly door: string;
  readonly fault: string;
  readonly watch: Watch;
  /** Delay of the observation after the success. */
  readonly watchedMs: number;
  /** The isolate that receives each attempt. */
  readonly through: readonly number[];
  readonly delayMs: number;
}

/**
 * Makes one change at each of these doors.
 *
 * @throws when a subject is not served before, a change does not succeed, or a bystander is refused
 */
export async function runBatch(
  deployment: Deployment,
  { fault, doors, random }: { fault: Fault; doors: readonly Door[]; random: Random },
): Promise<Outcome[]> {
  await setFault(deployment, NO_FAULT);
  const bystander = await deployment.signIn();
  const rhythm = fault.isQuiet ? quiet() : BUSY;
  // All through one isolate, so that the others learn of it from the log alone; a retry goes to the next one.
  const first = random.upTo(deployment.isolates);
  const through = Array.from(
    { length: MAX_ATTEMPTS },
    (_, count) => (first + count) % deployment.isolates,
  );
  const changes = await Promise.all(
    doors.map((door) => {
      const delayMs = random.upTo(SPREAD_MS);
      return prepare(deployment, door, { fault, rhythm, through, delayMs });
    }),
  );
  try {
    await setFault(deployment, fault);
    const firsts = await Promise.all(changes.map((change) => attempt(change, 0)));
    if (!fault.stays) await setFault(deployment, NO_FAULT);
    const successes = await Promise.all(
      changes.map((change, index) => finish(change, firsts[index])),
    );
    await Promise.all(changes.map((change) => change.watch.stop()));
    await setFault(deployment, NO_FAULT);
    if (!doors.some((door) => door.isForAll)) {
      await expectStatus(deployment, opaque(bystander), [200]);
    }
    return await Promise.all(
      successes.map(async ({ change, ...success }) => {
        const wrong = await wrongInTheEnd(deployment, change);
        return conclude(change, success, wrong);
      }),
    );
  } finally {
    await Promise.all(changes.map((change) => change.watch.stop()));
  }
}

/** Returns spared sessions that are refused, and ended sessions that are served, after all faults are over. */
async function wrongInTheEnd(
  deployment: Deployment,
  { ends, spares = [] }: Pick<Revocation, 'ends' | 'spares'>,
): Promise<string[]> {
  const over = ends.filter(({ isOld }) => isOld === undefined);
  const checks = await Promise.allSettled([
    ...spares.map((subject) => expectStatus(deployment, subject, [200])),
    ...over.map((subject) => expectStatus(deployment, subject, [401, 403])),
  ]);
  return checks.flatMap((check) => (check.status === 'rejected' ? [String(check.reason)] : []));
}

interface Preparation {
  readonly fault: Fault;
  readonly rhythm: Rhythm;
  readonly through: readonly number[];
  readonly delayMs: number;
}

async function prepare(
  deployment: Deployment,
  door: Door,
  { fault, rhythm, ...rest }: Preparation,
): Promise<Change> {
  const revocation = await door.prepare(deployment);
  const subjects = [...revocation.ends, ...(revocation.spares ?? [])];
  await Promise.all(subjects.map((subject) => expectStatus(deployment, subject, [200])));
  return {
    ...revocation,
    ...rest,
    door: door.name,
    fault: fault.name,
    watch: watch(deployment, revocation.ends, rhythm),
    watchedMs: LAG_MS + rhythm.longestPauseMs + WATCHED_MS,
  };
}

/** Asks every isolate twice, so that it has the answer at hand. */
async function expectStatus(
  deployment: Deployment,
  subject: Subject,
  expected: readonly number[],
): Promise<void> {
  await Promise.all(
    isolatesOf(deployment).map(async (isolate) => {
      const statuses: number[] = [];
      while (statuses.slice(-2).filter((status) => expected.includes(status)).length < 2) {
        if (statuses.length === MAX_ATTEMPTS) {
          const asked = `a ${subject.kind} asked of isolate ${isolate}`;
          throw new Error(`${asked}: expected ${expected}, and was answered ${statuses}`);
        }
        if (statuses.length > 2) await sleep(RETRY_PAUSE_MS);
        statuses.push((await ask(deployment, subject, isolate)).status);
      }
    }),
  );
}

interface Attempt {
  readonly status: number;
  readonly answeredAt: number;
}

async function attempt({ send, through, delayMs }: Change, count: number): Promise<Attempt> {
  if (count === 0) await sleep(delayMs);
  const { status } = await send(through[count] ?? 0, count);
  return { status, answeredAt: performance.now() };
}

interface Success {
  readonly statuses: readonly number[];
  readonly succeededAt: number;
}

/** Sends the request again until it succeeds, and waits for as long as the change is looked at. */
async function finish(change: Change, first: Attempt | undefined) {
  const statuses: number[] = [];
  let made = first;
  while (made !== undefined) {
    statuses.push(made.status);
    if (isDone(change, made.status, statuses.length > 1)) break;
    if (statuses.length === MAX_ATTEMPTS) {
      throw new Error(`${change.door} (${change.fault}) was answered ${statuses}`);
    }
    if (statuses.length > 1) await sleep(RETRY_PAUSE_MS);
    made = await attempt(change, statuses.length);
  }
  const succeededAt = made?.answeredAt ?? 0;
  await sleep(succeededAt + change.watchedMs - performance.now());
  return { change, statuses, succeededAt };
}

function isDone({ alsoDone = [], doneAgain = [] }: Revocation, status: number, isRetry: boolean) {
  return status < 400 || alsoDone.includes(status) || (isRetry && doneAgain.includes(status));
}

function conclude(
  { door, fault, ends, through, watch: { sightings } }: Change,
  { statuses, succeededAt }: Success,
  wrong: readonly string[],
): Outcome {
  const after = ({ sentAt }: Sighting) => sentAt - succeededAt;
  const lastServedMs: Partial<Record<Subject['kind'], number>> = {};
  for (const { kind } of ends) {
    const ages = sightings.filter(({ subject }) => subject === kind).map(after);
    lastServedMs[kind] = Math.max(0, ...ages);
  }
  const late = sightings.filter((sighting) => after(sighting) >= LAG_MS);
  const unlabelled = late.filter(({ isLabelled }) => !isLabelled);
  const tries = statuses.map((status, index) => `${status} by ${through[index]}`).join(', ');
  const violations = [
    ...unlabelled.map((sighting) => describe(sighting, after(sighting))),
    ...wrong,
  ].map((text) => `${door} (${tries}): ${text}`);
  const labelled = late.length - unlabelled.length;
  return { door, fault, statuses, lastServedMs, labelled, violations };
}

function describe({ subject, isolate, cacheStatus }: Sighting, afterMs: number): string {
  return `a ${subject} is served by isolate ${isolate} after ${Math.round(afterMs)} ms: ${cacheStatus}`;
}
