// No I/O; the clock is an argument.
import type { Report } from '../../runtime/report.ts';
import type { Recorder } from './recorder.ts';

/** Messages per second that one isolate accepts. A burst may have twice as many. */
const MESSAGES_PER_SECOND = 50;

/** Options that every event receiver needs. */
export interface ReceiverOptions {
  readonly recorder: Recorder;
  readonly report: Report;
  readonly now: () => number;
}

/** One line about a message that was accepted or refused. The line has none of the message's content. */
export interface ReceiverEvent {
  readonly intake: 'webhook' | 'backchannel-logout' | 'security-events' | 'traces';
  readonly status: number;
  /** The reason of a refusal; otherwise `recorded`, `repeated`, `stream` or `ignored`. */
  readonly outcome: string;
  /** The number of marks written. */
  readonly marks: number;
}

export function reportReceived(report: Report, event: ReceiverEvent): void {
  report({ event: 'revocation-intake', ...event });
}

/**
 * Rate limit of one event receiver, for verified messages (a token bucket). Unverified messages do not use it up, so a
 * flood of them cannot keep a revocation from being recorded.
 */
export class ReceiverRate {
  #tokens = 2 * MESSAGES_PER_SECOND;
  #filledAt = 0;

  admit(now: number): boolean {
    const gained = Math.max(0, ((now - this.#filledAt) * MESSAGES_PER_SECOND) / 1000);
    this.#tokens = Math.min(2 * MESSAGES_PER_SECOND, this.#tokens + gained);
    this.#filledAt = now;
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }
}
