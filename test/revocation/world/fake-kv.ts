import type { KeyValueStore } from '../../../src/runtime/kv.ts';
import type { VirtualTime } from './virtual-time.ts';

interface Version {
  readonly at: number;
  readonly by: number;
  readonly value: ArrayBuffer | null;
}

export interface FakeKvOptions {
  readonly time: VirtualTime;
  /** Another place sees a write so much later. */
  readonly staleMs: number;
  readonly delayMs: () => number;
  readonly isFailing: () => boolean;
}

/** A KV namespace as each isolate sees it: its own writes at once, those of others a minute late. */
export class FakeKv {
  readonly #versions = new Map<string, Version[]>();
  readonly #options: FakeKvOptions;

  constructor(options: FakeKvOptions) {
    this.#options = options;
  }

  seenFrom(isolate: number): KeyValueStore {
    return {
      get: (name) => this.#answer(() => this.#read(name, isolate)),
      put: (name, value) => this.#answer(() => this.#write(name, isolate, value)),
      delete: (name) => this.#answer(() => this.#write(name, isolate, null)),
    };
  }

  #read(name: string, isolate: number): ArrayBuffer | null {
    const { time, staleMs } = this.#options;
    const versions = this.#versions.get(name) ?? [];
    const isVisible = ({ at, by }: Version) => by === isolate || at <= time.now - staleMs;
    return versions.findLast(isVisible)?.value ?? null;
  }

  #write(name: string, by: number, value: ArrayBuffer | null): void {
    const versions = this.#versions.get(name) ?? [];
    this.#versions.set(name, [...versions, { at: this.#options.time.now, by, value }]);
  }

  async #answer<Value>(act: () => Value): Promise<Value> {
    await this.#options.time.sleep(this.#options.delayMs());
    if (this.#options.isFailing()) throw new Error('KV failed');
    return act();
  }
}
