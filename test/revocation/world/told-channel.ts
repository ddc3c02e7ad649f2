import type { Watermark } from '../../../src/revocation/log-protocol.ts';
import type { Mark } from '../../../src/revocation/mark.ts';
import type { Random } from './random.ts';
import type { VirtualTime } from './virtual-time.ts';

/** Times are in milliseconds of the world's own clock. */
export interface ChannelFaults {
  /**
   * - `works`: every poll is answered, with this delay at most;
   * - `dies`: from `faultAtMs` on no poll is answered, until the fault is over. Rows stay where they are;
   * - `breaks`: during the fault changes leave no row. The first poll that is answered afterwards notices it.
   */
  readonly channel: 'works' | 'dies' | 'breaks';
  readonly faultAtMs: number;
  readonly faultForMs: number;
  readonly pollDelayMs: number;
}

export interface ToldChannelOptions {
  readonly time: VirtualTime;
  readonly random: Random;
  readonly faults: ChannelFaults;
  /** Records the marks of a poll in the log. */
  readonly record: (marks: readonly Mark[]) => void;
}

const POLL_MS = 1000;
const TIMEOUT_MS = 2000;

/**
 * An outbox in the store's database and its reader, as the contract of a watermark describes them: a row is visible as
 * soon as its change is; a poll takes all visible rows; the log says for how long it has known everything.
 */
export class ToldChannel {
  readonly #options: ToldChannelOptions;
  #rows: string[] = [];
  #breaks = 0;
  #breaksSeen = 0;
  #watermark: { readonly sentAt: number; readonly unbrokenSince: number } | undefined;

  constructor(options: ToldChannelOptions) {
    this.#options = options;
    void this.#pollForEver();
  }

  /** A change is committed now. */
  commit(sessionIds: readonly string[]): void {
    if (this.#options.faults.channel === 'breaks' && this.#isInFault()) this.#breaks = 1;
    else this.#rows.push(...sessionIds);
  }

  /** The watermark of a page that the log makes now. */
  watermark(): Watermark | undefined {
    const { now } = this.#options.time;
    const known = this.#watermark;
    return known && { ageMs: now - known.sentAt, unbrokenForMs: now - known.unbrokenSince };
  }

  async #pollForEver(): Promise<void> {
    const { time } = this.#options;
    for (;;) {
      const sentAt = time.now;
      await this.#poll(sentAt);
      await time.sleep(Math.max(0, sentAt + POLL_MS - time.now));
    }
  }

  async #poll(sentAt: number): Promise<void> {
    const { time, random, faults, record } = this.#options;
    const [thereMs, backMs] = [
      random.upTo(faults.pollDelayMs) / 2,
      random.upTo(faults.pollDelayMs) / 2,
    ];
    await time.sleep(thereMs);
    const isUnanswered = faults.channel === 'dies' && this.#isInFault();
    if (isUnanswered || thereMs + backMs > TIMEOUT_MS) {
      await time.sleep(TIMEOUT_MS - thereMs);
      return;
    }
    if (faults.channel === 'breaks' && this.#isInFault()) this.#breaks = 1;
    const [rows, breaks, isBroken] = [this.#rows, this.#breaks, this.#breaks > this.#breaksSeen];
    await time.sleep(backMs);
    this.#breaksSeen = breaks;
    this.#rows = this.#rows.filter((row) => !rows.includes(row));
    record(
      rows.map((sessionId) => ({ subject: { kind: 'session', sessionId }, isTentative: false })),
    );
    const isStillBroken = faults.channel === 'breaks' && this.#isInFault();
    if (isBroken || isStillBroken) this.#watermark = undefined;
    else this.#watermark = { sentAt, unbrokenSince: this.#watermark?.unbrokenSince ?? sentAt };
  }

  #isInFault(): boolean {
    const { time, faults } = this.#options;
    const since = time.now - faults.faultAtMs;
    return since >= 0 && since < faults.faultForMs;
  }
}
