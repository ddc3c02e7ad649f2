import { DurableObject } from 'cloudflare:workers';
import type { AppendAnswer, AppendOptions, LogPage, LogPosition } from './log-protocol.ts';
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

/**
 * The revocation log of a deployment: a Durable Object. The platform runs one instance at a time, so its marks have
 * the same order everywhere.
 */
export class RevocationLog extends DurableObject {
  readonly #log: RevocationTable;
  readonly #refreshes: RefreshLeases;

  constructor(context: DurableObjectState, environment: object) {
    super(context, environment);
    const { storage } = context;
    this.#log = new RevocationTable(storage, () => Date.now());
    this.#refreshes = new RefreshLeases(
      (query, ...bindings) => storage.sql.exec(query, ...bindings).toArray(),
      () => Date.now(),
    );
  }

  /** Returns the subjects marked after the cursor, one page per call. */
  read(cursor: LogPosition): LogPage {
    return this.#log.read(cursor);
  }

  /** Records marks durably, all or none. The answer brings the writer's view up to date. */
  async append(marks: readonly Mark[], options: AppendOptions): Promise<AppendAnswer> {
    const answer = this.#log.append(marks, options);
    const due = Date.now() + Math.max(options.checkLifeMs, PRUNE_INTERVAL_MS);
    const alarm = await this.ctx.storage.getAlarm();
    if (alarm === null || alarm > due) await this.ctx.storage.setAlarm(due);
    return answer;
  }

  /** Lets one isolate refresh a sign-in, or answers the result of another one. */
  leaseRefresh(request: LeaseRequest): LeaseAnswer {
    return this.#refreshes.lease(request);
  }

  /** Takes the result of a refresh for the other isolates. */
  settleRefresh(result: RefreshResult): void {
    this.#refreshes.settle(result);
  }

  override async alarm(): Promise<void> {
    const due = this.#log.prune();
    if (due === undefined) return;
    await this.ctx.storage.setAlarm(Math.max(due, Date.now() + PRUNE_INTERVAL_MS));
  }
}
