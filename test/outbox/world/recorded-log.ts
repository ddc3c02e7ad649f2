import type { ChannelState } from '../../../src/outbox/channel.ts';
import type { OutboxLog } from '../../../src/outbox/outbox-reader.ts';
import { type Mark, subjectKey } from '../../../src/revocation/mark.ts';

/** A log in memory, which can fail. */
export class RecordedLog implements OutboxLog {
  /** All marks, in their order. */
  readonly marks: Mark[] = [];
  readonly keys = new Set<string>();
  #state: ChannelState | undefined;
  /** Returns whether the next record fails. */
  isDown = () => false;

  async record(marks: readonly Mark[], state: ChannelState | undefined): Promise<void> {
    if (this.isDown()) throw new Error('the log is down');
    this.marks.push(...marks);
    for (const { subject } of marks) this.keys.add(subjectKey(subject));
    this.#state = structuredClone(state);
  }

  room(): number {
    return 25_000;
  }

  readState(): ChannelState | undefined {
    return this.#state;
  }
}
