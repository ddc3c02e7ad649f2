import { within } from '../runtime/deadline.ts';
import { SingleFlight, type WaitUntil } from '../runtime/single-flight.ts';
import { KnownMarks } from './known-marks.ts';
import type { LogClient } from './log-client.ts';
import { LOG_START, type LogPage, type LogPosition } from './log-protocol.ts';
import type { RevocationSubject, RevocationView } from './revocation-view.ts';
import { StoreChanges } from './store-changes.ts';

export interface RevocationReplicaOptions {
  readonly log: Pick<LogClient, 'read'>;
  readonly lagMs: number;
  /**
   * The longest wait of a request for a refresh, unless the request has its own limit. A background read may take
   * longer.
   */
  readonly timeoutMs: number;
  /** Maximum number of subjects in the log. A view that holds many more reads the log again from its start. */
  readonly maxMarks: number;
  readonly now: () => number;
}

/**
 * Maximum clock difference between two locations. It matters only while the log cannot be read, and only for sessions
 * that another isolate checked.
 */
export const CLOCK_SKEW_MS = 1000;
/** After a failure the log is not read for this long. */
const QUIET_MS = 1000;
/** For this long after a failure, requests do not wait for the next attempt. */
const FAILING_MS = 30_000;
/** Minimum time between two removals of expired marks. */
const FORGET_INTERVAL_MS = 60_000;
/** Maximum duration of one read, even with a long lag. */
const MAX_READ_MS = 10_000;
const REFRESH = 'refresh';
const WHOLE = 'whole';

/**
 * One isolate's copy of the revocation log. Each read adds the marks that are new since the last read. If these are more
 * than fit one page, the newest come first: a view that begins can judge recent checks after one read. The rest is read
 * behind. From half the lag on the view is refreshed in the background. At the full lag requests wait for the refresh. One read at a time
 * serves all requests.
 *
 * The view's age counts from when its last read was *sent*, by this isolate's own clock. So the age does not depend
 * on the network delay or on another clock. A late answer is therefore still used. A read that starts at half the lag
 * may take the other half.
 */
export class RevocationReplica implements RevocationView {
  readonly lagMs: number;
  readonly #options: RevocationReplicaOptions;
  readonly #flights: SingleFlight<boolean>;
  readonly #readMs: number;
  #marks = new KnownMarks();
  /** Another copy, with older marks or with fewer. It will replace a copy that lacks marks or has grown too large. */
  #replacement: KnownMarks | undefined;
  readonly #changes = new StoreChanges();
  #refreshedAt = -Infinity;
  #failedAt = -Infinity;
  #forgotAt = -Infinity;

  constructor(options: RevocationReplicaOptions) {
    this.#options = options;
    this.lagMs = options.lagMs;
    const { timeoutMs, lagMs, now } = options;
    this.#readMs = Math.max(timeoutMs, Math.min(lagMs / 2, MAX_READ_MS));
    this.#flights = new SingleFlight({ deadlineMs: 2 * this.#readMs, now });
  }

  /** The number of subjects in this view. */
  get size(): number {
    return this.#marks.size;
  }

  /** Whether the view has all marks, and not only the newest. */
  get isWhole(): boolean {
    return this.#marks.beginsAfter === LOG_START;
  }

  refresh(
    now: number,
    waitUntil: WaitUntil,
    maxAgeMs = this.lagMs,
    waitMs = this.#options.timeoutMs,
  ): Promise<void> | undefined {
    const age = this.#age(now);
    if (age < maxAgeMs / 2) return undefined;
    const sinceFailure = this.#sinceFailure(now);
    if (sinceFailure < QUIET_MS) return undefined;
    if (age >= maxAgeMs && sinceFailure >= FAILING_MS) {
      return this.#waitFor(now - maxAgeMs, waitUntil, waitMs);
    }
    if (!this.#flights.has(REFRESH)) waitUntil(this.#join(now - maxAgeMs, waitUntil));
    return undefined;
  }

  position(): LogPosition {
    return this.#marks.position;
  }

  changesKnownUntil(checkedAt: number, now: number): number | undefined {
    return this.#changes.knownUntil(checkedAt, now);
  }

  lastMark(subject: RevocationSubject): LogPosition {
    return this.#marks.lastPosition(subject);
  }

  tokensDeniedUntil(subject: RevocationSubject): number {
    return this.#marks.issuedBefore(subject);
  }

  trustedSince(now: number, maxAgeMs = this.lagMs): number {
    if (this.#age(now) < maxAgeMs) return 0;
    return now - Math.max(0, maxAgeMs - CLOCK_SKEW_MS);
  }

  firstRefusalLagMs(subject: RevocationSubject, now: number): number | undefined {
    const position = this.#marks.noteRefusal(subject);
    return position === undefined ? undefined : Math.max(0, now - position);
  }

  /**
   * Adds the log's answer to a writer of this isolate, or the late answer to a read. So the view knows this isolate's
   * own marks at once.
   *
   * @param sentAt when the request to the log was sent, in milliseconds since the epoch
   */
  learn(page: LogPage, cursor: LogPosition, sentAt: number): void {
    if (page.position < cursor) this.#readAllAnew();
    else if (this.#take(page, cursor) && !page.hasMore) this.#noteRefreshed(sentAt, page, sentAt);
  }

  #sinceFailure(now: number): number {
    return now >= this.#failedAt ? now - this.#failedAt : Infinity;
  }

  #age(now: number): number {
    // If the clock was set back, an old view must not count as young.
    return now < this.#refreshedAt ? Infinity : now - this.#refreshedAt;
  }

  /** Waits for a refresh, with the timer of the waiting request. */
  async #waitFor(minStartedAt: number, waitUntil: WaitUntil, waitMs: number): Promise<void> {
    const refreshed = this.#join(minStartedAt, waitUntil);
    waitUntil(refreshed);
    await within(waitMs, refreshed);
  }

  async #join(minStartedAt: number, waitUntil: WaitUntil): Promise<void> {
    await this.#flights.join(
      REFRESH,
      minStartedAt,
      (startedAt) => this.#read(startedAt, waitUntil),
      waitUntil,
    );
  }

  /** Reads the log. Returns whether the copy is complete up to the log's position when the first read was sent. */
  async #read(startedAt: number, waitUntil: WaitUntil): Promise<boolean> {
    const { now } = this.#options;
    do {
      const cursor = this.#marks.position;
      const sentAt = now();
      const page = await this.#options.log.read(cursor, {
        isNewestFirst: true,
        timeoutMs: this.#readMs,
        takeLate: (late) => this.learn(late, cursor, sentAt),
        waitUntil,
      });
      if (page === undefined) break;
      if (page.position < cursor) this.#readAllAnew();
      else if (this.#take(page, cursor) && !page.hasMore) {
        this.#noteRefreshed(startedAt, page, sentAt);
        this.#forgetNowAndThen(now());
        this.readWhole(waitUntil);
        return true;
      }
    } while (now() - startedAt < this.#readMs);
    this.#failedAt = now();
    return false;
  }

  /** Takes a page. If marks before it are missing, a copy of the newest marks begins, and the rest is read behind. */
  #take(page: LogPage, cursor: LogPosition): boolean {
    if (this.#marks.take(page, cursor)) return true;
    if (page.after === undefined) return false;
    this.#replacement ??= this.#marks;
    this.#marks = new KnownMarks(page.after);
    return this.#marks.take(page, cursor);
  }

  /**
   * Reads the marks that the view lacks, behind requests and in one flight for all. Returns `undefined` if a request need
   * not wait for it: no mark is lacking, or the log has been failing. Otherwise the promise settles also if a read fails.
   */
  readWhole(waitUntil: WaitUntil): Promise<unknown> | undefined {
    if (this.#marks.size > this.#options.maxMarks + 1000) this.#replacement ??= new KnownMarks();
    const sinceFailure = this.#sinceFailure(this.#options.now());
    if (this.#replacement === undefined || sinceFailure < QUIET_MS) return undefined;
    const read = (startedAt: number) => this.#readReplacement(startedAt, waitUntil);
    const reading = this.#flights.join(WHOLE, 0, read, waitUntil);
    waitUntil(reading);
    return sinceFailure < FAILING_MS ? undefined : reading;
  }

  /** Reads the other copy, oldest marks first, until it has all that the view has. Returns whether it has. */
  async #readReplacement(startedAt: number, waitUntil: WaitUntil): Promise<boolean> {
    const { now, log } = this.#options;
    while (this.#replacement !== undefined && now() - startedAt < this.#readMs) {
      const copy = this.#replacement;
      const cursor = copy.position;
      const page = await log.read(cursor, {
        isNewestFirst: false,
        timeoutMs: this.#readMs,
        takeLate: (late) => void copy.take(late, cursor),
        waitUntil,
      });
      if (page === undefined) this.#failedAt = now();
      if (page === undefined || page.position < cursor) return false; // the next refresh sees a new log
      copy.take(page, cursor);
      if (page.hasMore) continue;
      // A log that was replaced meanwhile is read from its start. What came meanwhile is read with the next refresh.
      if (copy !== this.#replacement || copy.position < this.#marks.position) return false;
      this.#marks = copy;
      this.#replacement = undefined;
    }
    return this.isWhole;
  }

  #forgetNowAndThen(now: number): void {
    if (now >= this.#forgotAt && now - this.#forgotAt < FORGET_INTERVAL_MS) return;
    this.#forgotAt = now;
    this.#marks.forgetBefore(now - CLOCK_SKEW_MS);
  }

  /** Drops the copy because the log was replaced. The new log is read from its start. */
  #readAllAnew(): void {
    this.#marks = new KnownMarks();
    this.#replacement = undefined;
    this.#changes.forget();
    this.#refreshedAt = -Infinity;
  }

  /**
   * Notes that the copy is complete.
   *
   * @param completeAt when the first read was sent whose pages make the copy complete
   * @param sentAt when the read of the last page was sent
   */
  #noteRefreshed(completeAt: number, { watermark }: LogPage, sentAt: number): void {
    const now = this.#options.now();
    const isFuture = this.#refreshedAt > now; // the clock was set back
    this.#refreshedAt = isFuture ? completeAt : Math.max(this.#refreshedAt, completeAt);
    this.#failedAt = -Infinity;
    if (watermark !== undefined) this.#changes.note(watermark, { sentAt, arrivedAt: now });
  }
}
