import type { Watermark } from '../../src/revocation/log-protocol.ts';
import { OUTBOX_POLL_MS } from '../../src/revocation/log-protocol.ts';

/** Time from the sending of a poll until its marks are recorded. */
const POLL_TAKES_MS = 20;

/**
 * The outbox in the store's database as its reader sees it: polls on a grid of seconds, each of which takes everything
 * that was committed before it was sent, until the channel dies.
 */
export class SimulatedChannel {
  readonly #diesAt: number;

  constructor(diesAt = Infinity) {
    this.#diesAt = diesAt;
  }

  /** When the last poll was sent whose marks are recorded at this time. */
  knownUntil(now: number): number {
    const last = Math.min(now, this.#diesAt) - POLL_TAKES_MS;
    return Math.floor(last / OUTBOX_POLL_MS) * OUTBOX_POLL_MS;
  }

  /** How long after a commit its mark is recorded; `undefined` if it never is. */
  marksAfterMs(committedAt: number): number | undefined {
    const sentAt = Math.ceil(committedAt / OUTBOX_POLL_MS) * OUTBOX_POLL_MS;
    const recordedAt = sentAt + POLL_TAKES_MS;
    return recordedAt <= this.#diesAt ? recordedAt - committedAt : undefined;
  }

  watermark(now: number): Watermark {
    return { ageMs: now - this.knownUntil(now), unbrokenForMs: now };
  }
}
