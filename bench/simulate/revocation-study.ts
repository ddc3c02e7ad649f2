import { success } from '../../src/runtime/result.ts';
import { ChangeMaker } from '../../src/session-changes/change-maker.ts';
import { endingUnlessRefused } from '../../src/session-changes/session-change.ts';
import { NO_REQUIREMENT } from '../../src/sessions/freshness.ts';
import { Edge, type Isolate } from './edge.ts';
import { HOME, type Location, roundTripMs } from './geography.ts';
import { Random } from './random.ts';
import { lifetimesFor, type SimulatedSettings } from './settings.ts';
import { SimulatedCache } from './simulated-cache.ts';
import { SimulatedChannel } from './simulated-channel.ts';
import { SimulatedKv } from './simulated-kv.ts';
import { checkLifeMsFor, SimulatedLog } from './simulated-log.ts';
import { credentialOf, SimulatedStore, sessionIdOf } from './simulated-store.ts';
import { SimulatedTime } from './simulated-time.ts';

export interface RevocationStudyOptions {
  readonly locations: readonly Location[];
  /** Sessions that are revoked while in use. */
  readonly trials: number;
  /** Whether the channel by which the store tells of its changes dies after half of the trials. */
  readonly channelDies?: boolean;
}

export interface RevocationFigures {
  /** For each isolate of each trial: milliseconds from the revocation's answer to the last request still let in. */
  readonly lagsMs: readonly number[];
  /** The longest that is promised. */
  readonly boundMs: number;
}

const START = Date.UTC(2026, 5, 3);
/** Number of isolates near the user that serve the session, and of as many on the other side of the world. */
const ISOLATES_PER_PLACE = 3;
const TAIL_MS = 10_000;
/** Time that the store takes for a change. Meanwhile checks can race it. */
const CHANGE_MS = 200;
const NEVER_MS = 1e15;

/**
 * Sessions in constant use in several isolates of two locations are revoked, through Postern (marked before and after)
 * or, with no lag set, in Kratos directly, where nobody tells the log.
 */
export async function runRevocations(
  settings: SimulatedSettings,
  options: RevocationStudyOptions,
): Promise<RevocationFigures> {
  const study = new RevocationStudy(settings, options);
  return study.run();
}

interface Use {
  readonly atMs: number;
  readonly trial: number;
  readonly user: number;
}

class RevocationStudy {
  readonly #options: RevocationStudyOptions;
  readonly #time = new SimulatedTime(START);
  readonly #random = new Random(23);
  readonly #store: SimulatedStore;
  readonly #edge: Edge;
  /** The longest that a session is served without a mark, or the lag: it sets the pace of the requests. */
  readonly #boundMs: number;
  readonly #promisedMs: number;
  readonly #log: SimulatedLog | undefined;
  /** `undefined`: sessions are revoked through Postern, or in a store that does not tell of it. */
  readonly #channel: SimulatedChannel | undefined;
  readonly #warmUpMs: number;
  /** By trial: when its revoker heard that it was done. */
  readonly #answeredAt = new Map<number, number>();
  /** By trial and isolate: when the last good answer was given. */
  readonly #lastGood = new Map<string, number>();

  constructor(settings: SimulatedSettings, options: RevocationStudyOptions) {
    this.#options = options;
    const time = this.#time;
    const lagMs = (settings.REVOCATION_LAG_SECONDS ?? 0) * 1000;
    const { told } = lifetimesFor(settings);
    const isMarked = settings.REVOCATION_LAG_SECONDS !== undefined;
    const servedMs = (settings.FRESH_SECONDS + settings.STALE_WHILE_REVALIDATE_SECONDS) * 1000;
    this.#boundMs = isMarked && told === undefined ? lagMs : servedMs;
    this.#promisedMs = told && !options.channelDies ? told.withinMs : this.#boundMs;
    this.#warmUpMs = 2 * this.#boundMs + 10_000;
    this.#store = new SimulatedStore(time, new Random(29), () => undefined);
    const nobody = { onRead: () => undefined, onWrite: () => undefined, onDelete: () => undefined };
    const checkLifeMs = checkLifeMsFor(settings);
    const onRead = () => undefined;
    const diesAt = options.channelDies
      ? START + this.#revokedAfterMs(options.trials / 2)
      : undefined;
    this.#channel = told && new SimulatedChannel(diesAt);
    const channel = this.#channel;
    this.#log = isMarked
      ? new SimulatedLog({ time, lagMs, checkLifeMs, onRead, channel })
      : undefined;
    this.#edge = new Edge({
      time,
      store: this.#store,
      cache: new SimulatedCache(time, new Random(37), { onMatch: () => {}, onPut: () => {} }),
      kv: new SimulatedKv(time, new Random(31), nobody),
      log: this.#log,
      locations: options.locations,
      settings,
      isolateLifeMs: NEVER_MS,
    });
  }

  async run(): Promise<RevocationFigures> {
    const uses = this.#plan();
    for (let trial = 0; trial < this.#options.trials; trial += 1) {
      const channel = this.#channel;
      this.#time.after(this.#revokedAfterMs(trial), () =>
        channel ? this.#revokeInStore(trial, channel) : this.#revoke(trial),
      );
    }
    let next = 0;
    await this.#time.run({
      nextAt: () => START + (uses[next]?.atMs ?? Infinity),
      fire: () => this.#use(uses[next++]),
    });
    const lagsMs: number[] = [];
    for (const [key, lastGood] of this.#lastGood) {
      const answeredAt = this.#answeredAt.get(Number(key.split('/')[0])) ?? Infinity;
      lagsMs.push(Math.max(0, lastGood - answeredAt));
    }
    return { lagsMs, boundMs: this.#promisedMs };
  }

  /**
   * Each isolate's requests, begun at a moment that has nothing to do with the revocation. Those in steady use show what is
   * usual; those in rare use, just often enough to be served from what was known before, show the bound.
   */
  #plan(): Use[] {
    const uses: Use[] = [];
    for (let trial = 0; trial < this.#options.trials; trial += 1) {
      const until = this.#revokedAfterMs(trial) + this.#boundMs + TAIL_MS;
      for (let user = 0; user < 2 * ISOLATES_PER_PLACE; user += 1) {
        const gapMs = user % ISOLATES_PER_PLACE === 0 ? this.#boundMs / 30 : this.#boundMs / 2;
        const from = this.#revokedAfterMs(trial) - this.#warmUpMs * (1 - this.#random.next() / 2);
        for (let atMs = from; atMs < until; atMs += this.#random.exponential(gapMs)) {
          uses.push({ atMs: Math.floor(atMs), trial, user });
        }
      }
    }
    return uses.sort((a, b) => a.atMs - b.atMs);
  }

  /** Spreads the revocations over time, so that they coincide with other events only by chance. */
  #revokedAfterMs(trial: number): number {
    return this.#warmUpMs + 1371 * trial;
  }

  #use(use: Use | undefined): void {
    if (use === undefined) return;
    const { trial, user } = use;
    this.#isolateOf(trial, user)
      .sessions.resolve(credentialOf(trial), NO_REQUIREMENT, () => undefined)
      .then(({ outcome }) => {
        if (outcome === 'signed-in') this.#lastGood.set(`${trial}/${user}`, this.#time.now());
      });
  }

  /** As an operator does it with the store's own API or in its database. */
  #revokeInStore(trial: number, channel: SimulatedChannel): void {
    const now = this.#time.now();
    this.#store.revoke(trial);
    this.#answeredAt.set(trial, now);
    const subject = { kind: 'session', sessionId: sessionIdOf(trial) } as const;
    const delayMs = channel.marksAfterMs(now);
    if (delayMs === undefined) return;
    this.#time.after(delayMs, () => this.#log?.record({ subject, isTentative: false }));
  }

  /** As a logout or a deletion that passes through one of the isolates does it. */
  async #revoke(trial: number): Promise<void> {
    const distanceMs = roundTripMs(this.#options.locations[this.#placeOf(trial, 0)] ?? HOME, HOME);
    const subjects = [{ kind: 'session', sessionId: sessionIdOf(trial) }] as const;
    const { writer } = this.#isolateOf(trial, 0).revocation;
    const send = async () => {
      await this.#time.sleep(Math.round(distanceMs / 2) + CHANGE_MS);
      this.#store.revoke(trial);
      await this.#time.sleep(Math.round(distanceMs / 2));
      return success(new Response(null, { status: 204 }));
    };
    const intent = { kind: 'known', about: subjects } as const;
    const change = { intent, send, conclude: endingUnlessRefused(subjects) };
    await new ChangeMaker({ writer, report: () => undefined }).make(change, () => undefined);
    this.#answeredAt.set(trial, this.#time.now());
  }

  #isolateOf(trial: number, user: number): Isolate {
    return this.#edge.at(this.#placeOf(trial, user), trial * 2 * ISOLATES_PER_PLACE + user);
  }

  #placeOf(trial: number, user: number): number {
    const { locations } = this.#options;
    const place = trial + (user < ISOLATES_PER_PLACE ? 0 : Math.floor(locations.length / 2));
    return place % locations.length;
  }
}
