import { DurableObject } from 'cloudflare:workers';
import { SumsOfIsolates } from './isolate-sums.ts';
import {
  type AppendAnswer,
  type AppendOptions,
  type LogPage,
  type LogPosition,
  type LogReadOptions,
  type LogStatus,
  type MarkLimits,
  OUTBOX_POLL_MS,
  type Watermark,
} from './log-protocol.ts';
import type { Mark } from './mark.ts';
import {
  type LeaseAnswer,
  type LeaseRequest,
  RefreshLeases,
  type RefreshResult,
} from './refresh-leases.ts';
import { RevocationTable } from './revocation-table.ts';

/**
 * Minimum time between two removals of expired marks. Marks expire one by one, and are removed together to save
 * alarms.
 */
const PRUNE_INTERVAL_MS = 60_000;

/** A reading that is so late has lost its alarm. The next read of the log sets the alarm again. */
const OVERDUE_MS = 5000;

/** A source of changes that the log itself reads, such as an outbox in the store's database. */
export interface MarkSource {
  /** Records marks of all changes that it finds. Never rejects. */
  read(): Promise<void>;
  /** Returns how far the changes of the source are known; `undefined` if that is not known. */
  watermark(): Watermark | undefined;
}

/**
 * Opens the source of marks; rejects if it cannot be opened now.
 *
 * @param limits returns the limits of its marks, as isolates have said them
 */
export type OpenMarkSource = (
  table: RevocationTable,
  limits: () => MarkLimits,
) => Promise<MarkSource>;

const NO_MARKS: MarkLimits = Object.freeze({ checkLifeMs: 0, tokenLifeMs: 0, maxMarks: 0 });

/**
 * The revocation log of a deployment: a Durable Object. The platform runs one instance at a time, so its marks have
 * the same order everywhere.
 */
export class RevocationLog extends DurableObject {
  readonly #log: RevocationTable;
  readonly #refreshes: RefreshLeases;
  readonly #sums = new SumsOfIsolates(() => Date.now());
  readonly #openSource: OpenMarkSource | undefined;
  #source: MarkSource | undefined;
  #limits = NO_MARKS;
  /** When the source is read next, in milliseconds since the epoch. Another instance may have set the alarm. */
  #readsAt = Number.NEGATIVE_INFINITY;
  #prunesAt = Number.NEGATIVE_INFINITY;

  /** @param openSource `undefined`: all marks come from the isolates */
  constructor(context: DurableObjectState, environment: object, openSource?: OpenMarkSource) {
    super(context, environment);
    const { storage } = context;
    this.#log = new RevocationTable(storage, () => Date.now());
    this.#refreshes = new RefreshLeases(
      (query, ...bindings) => storage.sql.exec(query, ...bindings).toArray(),
      () => Date.now(),
    );
    this.#openSource = openSource;
  }

  /** Returns the subjects marked after the cursor, one page per call: the oldest, or the newest. */
  read(cursor: LogPosition, { isNewestFirst = false, sums, limits }: LogReadOptions = {}): LogPage {
    this.#sums.take(sums);
    this.#takeLimits(limits);
    this.#wakeSource();
    const page = isNewestFirst ? this.#log.readNewest(cursor) : this.#log.read(cursor);
    return this.#withWatermark(page);
  }

  /** Records marks durably, all or none. The answer brings the writer's view up to date. */
  async append(marks: readonly Mark[], options: AppendOptions): Promise<AppendAnswer> {
    const answer = this.#log.append(marks, options);
    const due = Date.now() + Math.max(options.checkLifeMs, PRUNE_INTERVAL_MS);
    const alarm = await this.ctx.storage.getAlarm();
    if (alarm === null || alarm > due) await this.ctx.storage.setAlarm(due);
    return answer.kind === 'recorded'
      ? { ...answer, page: this.#withWatermark(answer.page) }
      : answer;
  }

  /** Returns what operators want to know. */
  status(): LogStatus {
    const { position, watermark } = this.read(Number.MAX_SAFE_INTEGER);
    const known = { position, marks: this.#log.size, isolates: this.#sums.list() };
    return watermark === undefined ? known : { ...known, watermark };
  }

  /** Lets one isolate refresh a sign-in, or answers the result of another one. */
  leaseRefresh(request: LeaseRequest): LeaseAnswer {
    return this.#refreshes.lease(request);
  }

  /** Takes the result of a refresh for the other isolates. */
  settleRefresh(result: RefreshResult): void {
    this.#refreshes.settle(result);
  }

  /** Reads the source, and removes expired marks. */
  override async alarm(): Promise<void> {
    if (this.#openSource === undefined) {
      const due = this.#log.prune();
      if (due !== undefined) {
        await this.ctx.storage.setAlarm(Math.max(due, Date.now() + PRUNE_INTERVAL_MS));
      }
      return;
    }
    await this.#setReading(Date.now() + OUTBOX_POLL_MS);
    await this.#readSource(this.#openSource);
    if (Date.now() < this.#prunesAt) return;
    this.#log.prune();
    this.#prunesAt = Date.now() + PRUNE_INTERVAL_MS;
  }

  /** Sets the alarm if it is overdue: after a deployment, and whenever the platform has lost it. */
  #wakeSource(): void {
    const now = Date.now();
    // An alarm that is further away was set before the clock was set back.
    const isComing = now < this.#readsAt + OVERDUE_MS && this.#readsAt <= now + OVERDUE_MS;
    if (this.#openSource === undefined || isComing) return;
    this.ctx.waitUntil(this.#setReading(now));
  }

  async #setReading(at: number): Promise<void> {
    this.#readsAt = at;
    // Must not throw: after six alarms that did, the platform rings no more.
    try {
      await this.ctx.storage.setAlarm(at);
    } catch {
      this.#readsAt = Number.NEGATIVE_INFINITY;
    }
  }

  /** Keeps the longest lives that any isolate has said: during a deployment they differ. */
  #takeLimits(limits = NO_MARKS): void {
    this.#limits = {
      checkLifeMs: Math.max(this.#limits.checkLifeMs, limits.checkLifeMs),
      tokenLifeMs: Math.max(this.#limits.tokenLifeMs, limits.tokenLifeMs),
      maxMarks: Math.max(this.#limits.maxMarks, limits.maxMarks),
    };
  }

  /** Reads the source. Until an isolate has read the log, nothing is cached that a change could concern. */
  async #readSource(open: OpenMarkSource): Promise<void> {
    if (this.#limits.maxMarks === 0) return;
    try {
      this.#source ??= await open(this.#log, () => this.#limits);
    } catch {
      return; // The opener reports its failures. The next alarm tries again.
    }
    await this.#source.read();
  }

  /** The watermark speaks of all marks, so only the last page of a read has it. */
  #withWatermark(page: LogPage): LogPage {
    const watermark = page.hasMore ? undefined : this.#source?.watermark();
    return watermark === undefined ? page : { ...page, watermark };
  }
}
