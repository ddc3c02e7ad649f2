// Pure: no I/O, no clock.
import type { Watermark } from '../revocation/log-protocol.ts';
import type { OutboxFacts } from './poll-statement.ts';

/** The knowledge of the channel, as the log's object stores it. */
export interface ChannelState {
  /** As in `OutboxFacts`. */
  readonly database: string;
  /** As in `OutboxFacts`. */
  readonly outbox: string;
  /** The channel is unbroken since then, in milliseconds since the epoch. */
  readonly unbrokenSince: number;
  /** The next poll finds at least so many rows removed, … */
  readonly leastRemoved: number;
  /** … and at most so many. It is greater while it is not known whether a poll has removed its rows. */
  readonly mostRemoved: number;
}

/** The reason why changes may have left no row, or lost it, in words for the operator. */
export type ChannelBreak = string;

/**
 * Follows the channel from Kratos's tables to the log. It is unbroken while every poll finds the same outbox in the same
 * database, all of its triggers, and no row removed by anybody else. A poll that fails is no break: the rows wait.
 */
export class Channel {
  #state: ChannelState | undefined;
  /** When the last poll was sent whose rows were all visible ones, and are recorded. */
  #provenAt: number | undefined;

  constructor(state: ChannelState | undefined) {
    this.#state = state;
  }

  /** Returns the state to store before the log records so many rows, which a later poll removes. */
  stateWith(removing: number): ChannelState | undefined {
    const state = this.#state;
    return state && { ...state, mostRemoved: state.mostRemoved + removing };
  }

  /** Notes that a poll is sent that removes so many rows. Whether it did is known when one is answered. */
  noteSent(removing: number): void {
    const state = this.#state;
    if (state === undefined) return;
    const mostRemoved = Math.max(state.mostRemoved, state.leastRemoved + removing);
    this.#state = { ...state, mostRemoved };
  }

  /**
   * Notes what a poll found. A break dates from the arrival of the answer: its end lies between the sending and the
   * arrival, and a check that began earlier than the end is not covered.
   *
   * @param removing the number of rows that this poll was to remove. Earlier polls, of which no answer came, were to remove
   *   the same rows
   * @returns why the channel is broken, or was until now; `undefined` if it is unbroken
   */
  noteAnswer(
    facts: OutboxFacts | undefined,
    receivedAt: number,
    removing: number,
  ): ChannelBreak | undefined {
    const problem = problemOf(facts);
    if (facts === undefined || problem !== undefined) {
      this.#state = undefined;
      this.#provenAt = undefined;
      return problem;
    }
    const last = this.#state;
    const found = last && changeOf(last, facts, removing);
    const { database, outbox, removedBefore, removedNow } = facts;
    const leastRemoved = removedBefore + removedNow;
    this.#state = {
      database,
      outbox,
      unbrokenSince: last === undefined || found !== undefined ? receivedAt : last.unbrokenSince,
      leastRemoved,
      mostRemoved: leastRemoved,
    };
    return found;
  }

  /** Notes that the marks of all rows are recorded that were visible to a poll. */
  noteProof(sentAt: number): void {
    if (this.#state !== undefined) this.#provenAt = sentAt;
  }

  /**
   * Returns the watermark; `undefined` while nothing is proven. If the object's clock was set back, earlier times say
   * nothing until the next poll.
   */
  watermark(now: number): Watermark | undefined {
    const [state, provenAt] = [this.#state, this.#provenAt];
    if (state === undefined || provenAt === undefined || provenAt > now) return undefined;
    return { ageMs: now - provenAt, unbrokenForMs: Math.max(0, now - state.unbrokenSince) };
  }
}

function problemOf(facts: OutboxFacts | undefined): ChannelBreak | undefined {
  if (facts === undefined) return 'The first row of postern.outbox is gone.';
  const { missingTriggers } = facts;
  return missingTriggers.length === 0
    ? undefined
    : `Triggers are missing or not enabled: ${missingTriggers.join(', ')}.`;
}

function changeOf(
  last: ChannelState,
  { database, outbox, removedBefore, removedNow }: OutboxFacts,
  removing: number,
): ChannelBreak | undefined {
  if (last.database !== database) return 'The database is another one, or was restored.';
  if (last.outbox !== outbox) return 'The outbox or its triggers were changed.';
  const removedEarlier = removedBefore - last.leastRemoved;
  const isCounted = removedEarlier >= 0 && removedBefore <= last.mostRemoved;
  // A restored backup may lack the rows that were read last, and have counted as many removed ones.
  const wereThere = removing === 0 || removedEarlier + removedNow === removing;
  return isCounted && wereThere
    ? undefined
    : 'Rows were removed from the outbox by somebody else, or a backup was restored. The outbox has one reader only.';
}
