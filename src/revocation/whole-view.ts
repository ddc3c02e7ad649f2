import { within } from '../runtime/deadline.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { LogPosition } from './log-protocol.ts';
import { CLOCK_SKEW_MS, type RevocationReplica } from './revocation-replica.ts';
import type { RevocationSubject, RevocationView } from './revocation-view.ts';

/**
 * The view for tokens. A token is compared with marks by time, so an old mark can deny it. Therefore a view that has only
 * the newest marks counts as one that is too old, and requests wait until all marks are there.
 */
export class WholeView implements RevocationView {
  readonly #replica: RevocationReplica;

  constructor(replica: RevocationReplica) {
    this.#replica = replica;
  }

  get lagMs(): number {
    return this.#replica.lagMs;
  }

  refresh(
    now: number,
    waitUntil: WaitUntil,
    maxAgeMs = this.lagMs,
    waitMs = maxAgeMs,
  ): Promise<void> | undefined {
    const refreshed = this.#replica.refresh(now, waitUntil, maxAgeMs, waitMs);
    if (refreshed === undefined && this.#replica.isWhole) return undefined;
    return this.#wait(refreshed, waitUntil, waitMs);
  }

  async #wait(
    refreshed: Promise<void> | undefined,
    waitUntil: WaitUntil,
    waitMs: number,
  ): Promise<void> {
    const readAll = async () => {
      await refreshed;
      if (!this.#replica.isWhole) await this.#replica.readWhole(waitUntil);
    };
    await within(waitMs, readAll());
  }

  trustedSince(now: number, maxAgeMs = this.lagMs): number {
    return this.#replica.isWhole
      ? this.#replica.trustedSince(now, maxAgeMs)
      : now - Math.max(0, maxAgeMs - CLOCK_SKEW_MS);
  }

  position(): LogPosition {
    return this.#replica.position();
  }

  changesKnownUntil(checkedAt: number, now: number): number | undefined {
    return this.#replica.changesKnownUntil(checkedAt, now);
  }

  lastMark(subject: RevocationSubject): LogPosition {
    return this.#replica.lastMark(subject);
  }

  tokensDeniedUntil(subject: RevocationSubject): number {
    return this.#replica.tokensDeniedUntil(subject);
  }

  firstRefusalLagMs(subject: RevocationSubject, now: number): number | undefined {
    return this.#replica.firstRefusalLagMs(subject, now);
  }
}
