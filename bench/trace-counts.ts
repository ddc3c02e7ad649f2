import { NO_REQUIREMENT } from '../src/sessions/freshness.ts';
import type { Sessions } from '../src/sessions/sessions.ts';
import { Edge } from './simulate/edge.ts';
import { HOME, type Location } from './simulate/geography.ts';
import { Random } from './simulate/random.ts';
import { DEFAULTS } from './simulate/settings.ts';
import { SimulatedCache } from './simulate/simulated-cache.ts';
import { SimulatedKv } from './simulate/simulated-kv.ts';
import { checkLifeMsFor, SimulatedLog } from './simulate/simulated-log.ts';
import { credentialOf, SimulatedStore } from './simulate/simulated-store.ts';
import { SimulatedTime } from './simulate/simulated-time.ts';
import { Zipf } from './simulate/zipf.ts';

/** The calls that a deployment with default settings makes for its requests. Equal on every machine and in every run. */
export interface Counts {
  /** Per 1,000 requests of the trace. */
  readonly storeCalls: number;
  readonly kvReads: number;
  readonly kvWrites: number;
  readonly logReads: number;
  /** For 1,000 concurrent cold requests on one credential. */
  readonly concurrentStoreCalls: number;
  readonly concurrentKvReads: number;
  readonly concurrentKvWrites: number;
}

const START = Date.UTC(2026, 5, 3);
const SESSIONS = 10_000;
const ZIPF_EXPONENT = 1;
const ISOLATES = 5;
const VISITS = 20_000;
const VISIT_GAP_MS = 30; // ten minutes for all of them
const CONCURRENT = 1000;
const NEVER_MS = 1e15;
const ELSEWHERE: Location = {
  latitude: 40.7,
  longitude: -74,
  share: 1,
  isolates: ISOLATES,
  firstIsolate: 0,
};

/** Counts what the real code asks of the store, of KV and of the log. */
export async function countTrace(): Promise<Counts> {
  const trace = new Deployment();
  await trace.visitMany();
  const burst = new Deployment();
  await burst.visitTogether();
  const perThousand = (count: number) => Math.round((10_000 * count) / VISITS) / 10;
  return {
    storeCalls: perThousand(trace.counts.storeCalls),
    kvReads: perThousand(trace.counts.kvReads),
    kvWrites: perThousand(trace.counts.kvWrites),
    logReads: perThousand(trace.counts.logReads),
    concurrentStoreCalls: burst.counts.storeCalls,
    concurrentKvReads: burst.counts.kvReads,
    concurrentKvWrites: burst.counts.kvWrites,
  };
}

/** One location an ocean away from its store, with KV and the log. */
class Deployment {
  readonly counts = { storeCalls: 0, kvReads: 0, kvWrites: 0, logReads: 0 };
  readonly #time = new SimulatedTime(START);
  readonly #edge: Edge;
  #answers = 0;

  constructor() {
    const time = this.#time;
    const { counts } = this;
    const store = new SimulatedStore(time, new Random(1), () => {
      counts.storeCalls += 1;
    });
    const kv = new SimulatedKv(time, new Random(2), {
      onRead: () => {
        counts.kvReads += 1;
      },
      onWrite: () => {
        counts.kvWrites += 1;
      },
      onDelete: () => undefined,
    });
    const lagMs = (DEFAULTS.REVOCATION_LAG_SECONDS ?? 0) * 1000;
    const onRead = () => {
      counts.logReads += 1;
    };
    const log = new SimulatedLog({ time, lagMs, checkLifeMs: checkLifeMsFor(DEFAULTS), onRead });
    const locations = [ELSEWHERE, HOME_LOCATION];
    const cache = new SimulatedCache(time, new Random(6), {
      onMatch: () => undefined,
      onPut: () => undefined,
    });
    const rooms = { time, store, cache, kv, log, locations, settings: DEFAULTS };
    this.#edge = new Edge({ ...rooms, isolateLifeMs: NEVER_MS });
  }

  async visitMany(): Promise<void> {
    const random = new Random(4);
    const zipf = new Zipf(SESSIONS, ZIPF_EXPONENT);
    let visits = 0;
    let nextAt = START;
    await this.#time.run({
      nextAt: () => (visits < VISITS ? nextAt : Infinity),
      fire: () => {
        visits += 1;
        nextAt += Math.round(random.exponential(VISIT_GAP_MS));
        this.#visit(this.#edge.at(0, random.below(ISOLATES)).sessions, zipf.draw(random));
      },
    });
    this.#assertAnswered(VISITS);
  }

  async visitTogether(): Promise<void> {
    const { sessions } = this.#edge.at(0, 0);
    let visits = 0;
    await this.#time.run({
      nextAt: () => (visits < CONCURRENT ? START : Infinity),
      fire: () => {
        visits += 1;
        this.#visit(sessions, 1);
      },
    });
    this.#assertAnswered(CONCURRENT);
  }

  #visit(sessions: Sessions, session: number): void {
    sessions
      .resolve(credentialOf(session), NO_REQUIREMENT, () => undefined)
      .then(({ outcome }) => {
        if (outcome === 'signed-in') this.#answers += 1;
      });
  }

  /** Counts of requests that went wrong would be counts of something else. */
  #assertAnswered(expected: number): void {
    if (this.#answers !== expected) {
      throw new Error(`${this.#answers} of ${expected} requests were answered with the session`);
    }
  }
}

const HOME_LOCATION: Location = { ...HOME, share: 0, isolates: 1, firstIsolate: ISOLATES };
