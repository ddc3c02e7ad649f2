// No I/O; the clock is a parameter.
import type { Report } from '../runtime/report.ts';
import { type Lifetimes, servedForSeconds } from './freshness.ts';

/** Two answers of the store belong to one moment if they arrive within this time. */
const MOMENT_MS = 2000;
/** A refusal is confirmed within this time, so the others of its moment are known after it. */
const CONFIRMED_MS = 10_000;
/** More people than this are not counted in one moment. */
const MAX_PEOPLE = 1000;

/** A time in which the store refused several people's sessions at once. Milliseconds since the epoch. */
interface Wave {
  readonly from: number;
  until: number;
  isReported: boolean;
}

export interface RefusalWavesOptions {
  readonly lifetimes: Lifetimes;
  readonly report: Report;
}

/**
 * Recognises a store that refuses cached sessions of several people in one moment, although it is ready. A query of
 * Kratos may fail then, for example by a time-out of its database: Kratos answers 401 to it, and its readiness does not
 * show it. An operator who ends all sessions in Kratos looks the same.
 *
 * Only refusals of sessions that this isolate knew to be good count, and one person counts once. So a client cannot
 * cause a wave with credentials that it invents. The store must also refuse at least as many people as it confirms.
 */
export class RefusalWaves {
  readonly #report: Report;
  /** For this long a session is served after its last good check. */
  readonly #servedForMs: number;
  readonly #refused = new Map<string, number>();
  readonly #confirmed = new Map<string, number>();
  #waves: Wave[] = [];

  constructor({ lifetimes, report }: RefusalWavesOptions) {
    this.#servedForMs = 1000 * servedForSeconds(lifetimes);
    this.#report = report;
  }

  noteConfirmed(identityId: string, at: number): void {
    note(this.#confirmed, identityId, at);
  }

  /**
   * Notes a refusal of a session that was good a moment ago. It need not be confirmed yet.
   *
   * @param at when the refusal arrived
   */
  noteRefused(identityId: string, at: number): void {
    note(this.#refused, identityId, at);
    dropOld(this.#confirmed, at);
    const { size } = this.#refused;
    if (size >= 2 && size >= this.#confirmed.size) this.#extend(at);
  }

  /** Whether a confirmed refusal that arrived then was part of a wave. Each wave is reported when it matters first. */
  holds(refusedAt: number): boolean {
    const wave = this.#waves.find(({ from, until }) => from <= refusedAt && refusedAt <= until);
    if (wave === undefined) return false;
    if (!wave.isReported) this.#report({ event: 'refusal-wave', message: MESSAGE });
    wave.isReported = true;
    return true;
  }

  /**
   * Whether a refusal may prove wrong: during a wave, for as long as sessions are served because of it, and right after a
   * refusal, because others of its moment may still be in confirmation.
   *
   * @param refusedAt when a session that this isolate knew to be good was refused; `undefined`: it knew none
   */
  isDoubtful(now: number, refusedAt: number | undefined): boolean {
    if (refusedAt !== undefined && Math.abs(now - refusedAt) <= CONFIRMED_MS) return true;
    return this.#waves.some(({ until }) => now < until + this.#servedForMs);
  }

  #extend(at: number): void {
    const from = Math.min(...this.#refused.values());
    const last = this.#waves.at(-1);
    if (last !== undefined && from <= last.until) {
      last.until = Math.max(last.until, at); // refusals are not noted in the order in which they arrived
      return;
    }
    const recent = this.#waves.filter(({ until }) => at < until + this.#servedForMs);
    const until = Math.max(...this.#refused.values());
    this.#waves = [...recent, { from, until, isReported: false }];
  }
}

const MESSAGE =
  'The store refuses cached sessions of several people at once, although it is ready. Either a query of the store fails, or somebody ended all sessions there. Cached sessions are served until their time is over.';

function note(people: Map<string, number>, identityId: string, at: number): void {
  dropOld(people, at);
  people.delete(identityId); // the map keeps the order of the last notes
  people.set(identityId, at);
  const [oldest] = people.keys();
  if (people.size > MAX_PEOPLE && oldest !== undefined) people.delete(oldest);
}

function dropOld(people: Map<string, number>, at: number): void {
  for (const [identityId, noted] of people) {
    if (at - noted <= MOMENT_MS) return; // the rest is newer
    people.delete(identityId);
  }
}
