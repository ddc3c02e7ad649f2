import { DurableObject } from 'cloudflare:workers';
import { LogCore } from './log-core.ts';
import type { AppendAnswer, AppendOptions, LogPage, LogPosition } from './log-protocol.ts';
import type { Mark } from './mark.ts';

/** Marks fall due one by one; they are forgotten together, so that the alarm does not ring all the time. */
const PRUNE_INTERVAL_MS = 60_000;

/** The one object that is the log; a deployment has one, under this name. */
export const LOG_NAME = 'log';

/**
 * The revocation log of a deployment: a Durable Object, of which the platform runs one at a time, so that its
 * marks have one order everywhere.
 */
export class RevocationLog extends DurableObject {
  readonly #log: LogCore;

  constructor(context: DurableObjectState, environment: object) {
    super(context, environment);
    this.#log = new LogCore(context.storage, () => Date.now());
  }

  /** Every subject marked after the cursor, a page at a time. */
  read(cursor: LogPosition): LogPage {
    return this.#log.read(cursor);
  }

  /** Records marks durably, all or none, and brings the writer up to date. */
  async append(marks: readonly Mark[], options: AppendOptions): Promise<AppendAnswer> {
    const answer = this.#log.append(marks, options);
    if ((await this.ctx.storage.getAlarm()) === null) {
      await this.ctx.storage.setAlarm(
        Date.now() + Math.max(options.checkLifeMs, PRUNE_INTERVAL_MS),
      );
    }
    return answer;
  }

  override async alarm(): Promise<void> {
    const due = this.#log.prune();
    if (due === undefined) return;
    await this.ctx.storage.setAlarm(Math.max(due, Date.now() + PRUNE_INTERVAL_MS));
  }
}
