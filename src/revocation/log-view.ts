import { within } from '../runtime/deadline.ts';
import { type Anchor, SingleFlight } from '../runtime/single-flight.ts';
import { KnownMarks } from './known-marks.ts';
import type { LogClient } from './log-client.ts';
import type { LogPage, LogPosition } from './log-protocol.ts';
import type { RevocationSubject, RevocationView } from './revocation-view.ts';

export interface LogViewOptions {
  readonly log: Pick<LogClient, 'read'>;
  readonly lagMs: number;
  /** The longest a request waits for a refresh, unless it says otherwise. A read that nobody waits for may take longer. */
  readonly timeoutMs: number;
  /** Subjects the log names at most; a view that has come to hold many more reads the log anew. */
  readonly maxMarks: number;
  readonly now: () => number;
  /** Told of the first refusal on account of each mark: how long ago it was written, in milliseconds. */
  readonly onFirstRefusal?: (lagMs: number) => void;
}

/**
 * Clocks of two places differ by less. It matters only while the log cannot be read, and only for sessions that
 * another isolate checked.
 */
export const CLOCK_SKEW_MS = 1000;
/** After a failure the log is left alone for so long. */
const QUIET_MS = 1000;
/** For so long after a failure nobody waits for the next attempt. */
const FAILING_MS = 30_000;
/** Between two looks at which marks may be forgotten. */
const FORGET_INTERVAL_MS = 60_000;
/** However long the lag is, no read is kept going for longer. */
const MAX_READ_MS = 10_000;
const REFRESH = 'refresh';

/**
 * One isolate's copy of the revocation log. It grows by what was added since it was last read, is refreshed behind
 * the requests from half the lag on and in front of them at the full lag, by one read at a time for any
 * number of requests.
 *
 * Its age counts from when the read that it is the result of was *sent*, by this isolate's own clock, so
 * neither the way to the log nor another place's clock adds to it. Hence an answer is taken whenever it comes, and a
 * read has as long as its answer is of use: begun at half the lag, the other half.
 */
export class LogView implements RevocationView {
  readonly lagMs: number;
  readonly #options: LogViewOptions;
  readonly #flights: SingleFlight<boolean>;
  readonly #readMs: number;
  #marks = new KnownMarks();
  /** A copy being made from the log's beginning, to take the place of one that has grown too large. */
  #replacement: KnownMarks | undefined;
  #refreshedAt = -Infinity;
  #failedAt = -Infinity;
  #forgotAt = -Infinity;

  constructor(options: LogViewOptions) {
    this.#options = options;
    this.lagMs = options.lagMs;
    const { timeoutMs, lagMs, now } = options;
    this.#readMs = Math.max(timeoutMs, Math.min(lagMs / 2, MAX_READ_MS));
    this.#flights = new SingleFlight({ deadlineMs: 2 * this.#readMs, now });
  }

  /** Subjects held. */
  get size(): number {
    return this.#marks.size;
  }

  refresh(
    now: number,
    anchor: Anchor,
    maxAgeMs = this.lagMs,
    waitMs = this.#options.timeoutMs,
  ): Promise<void> | undefined {
    const age = this.#age(now);
    if (age < maxAgeMs / 2) return undefined;
    const sinceFailure = now >= this.#failedAt ? now - this.#failedAt : Infinity;
    if (sinceFailure < QUIET_MS) return undefined;
    if (age >= maxAgeMs && sinceFailure >= FAILING_MS) {
      return this.#waitFor(now - maxAgeMs, anchor, waitMs);
    }
    if (!this.#flights.has(REFRESH)) anchor(this.#join(now - maxAgeMs, anchor));
    return undefined;
  }

  position(): LogPosition {
    return this.#marks.position;
  }

  notBefore(subject: RevocationSubject): LogPosition {
    return this.#marks.lastPosition(subject);
  }

  tokenNotBefore(subject: RevocationSubject): number {
    return this.#marks.issuedBefore(subject);
  }

  trustedSince(now: number, maxAgeMs = this.lagMs): number {
    if (this.#age(now) < maxAgeMs) return 0;
    return now - Math.max(0, maxAgeMs - CLOCK_SKEW_MS);
  }

  firstRefusalLagMs(subject: RevocationSubject, now: number): number | undefined {
    const position = this.#marks.noteRefusal(subject);
    if (position === undefined) return undefined;
    const lagMs = Math.max(0, now - position);
    this.#options.onFirstRefusal?.(lagMs);
    return lagMs;
  }

  /**
   * Takes in what the log answered to a writer of this isolate, which so knows its own marks at once, or to a read
   * that nobody waits for any more.
   *
   * @param sentAt when the log was asked, in milliseconds since the epoch
   */
  learn(page: LogPage, cursor: LogPosition, sentAt: number): void {
    if (page.position < cursor) this.#readAllAnew();
    else if (this.#marks.take(page, cursor) && !page.hasMore) this.#noteRefreshed(sentAt);
  }

  #age(now: number): number {
    // A clock that was set back must not make an old view young.
    return now < this.#refreshedAt ? Infinity : now - this.#refreshedAt;
  }

  /** Waits under the waiter's own timer. */
  async #waitFor(asOf: number, anchor: Anchor, waitMs: number): Promise<void> {
    const refreshed = this.#join(asOf, anchor);
    anchor(refreshed);
    await within(waitMs, refreshed);
  }

  async #join(asOf: number, anchor: Anchor): Promise<void> {
    await this.#flights.join(REFRESH, asOf, (startedAt) => this.#read(startedAt, anchor), anchor);
  }

  /** Whether the copy is now complete up to where the log was when the first read was sent. */
  async #read(startedAt: number, anchor: Anchor): Promise<boolean> {
    const { now, maxMarks } = this.#options;
    if (this.#marks.size > maxMarks + 1000) this.#replacement ??= new KnownMarks();
    do {
      const copy = this.#replacement ?? this.#marks;
      const cursor = copy.position;
      const sentAt = now();
      const page = await this.#options.log.read(cursor, {
        timeoutMs: this.#readMs,
        takeLate: (late) => this.learn(late, cursor, sentAt),
        anchor,
      });
      if (page === undefined) break;
      if (page.position < cursor) this.#readAllAnew();
      else if (copy.take(page, cursor) && !page.hasMore) {
        if (copy.position < this.#marks.position) continue; // a writer of this isolate is ahead
        this.#marks = copy;
        this.#replacement = undefined;
        this.#noteRefreshed(startedAt);
        this.#forgetNowAndThen(now());
        return true;
      }
    } while (now() - startedAt < this.#readMs);
    this.#failedAt = now();
    return false;
  }

  #forgetNowAndThen(now: number): void {
    if (now >= this.#forgotAt && now - this.#forgotAt < FORGET_INTERVAL_MS) return;
    this.#forgotAt = now;
    this.#marks.forgetBefore(now - CLOCK_SKEW_MS);
  }

  /** The log is not the one that was read before: what it says is believed from its beginning on. */
  #readAllAnew(): void {
    this.#marks = new KnownMarks();
    this.#replacement = undefined;
    this.#refreshedAt = -Infinity;
  }

  #noteRefreshed(sentAt: number): void {
    const isFuture = this.#refreshedAt > this.#options.now(); // the clock was set back
    this.#refreshedAt = isFuture ? sentAt : Math.max(this.#refreshedAt, sentAt);
    this.#failedAt = -Infinity;
  }
}
