// Pure: no I/O, no clock.

export interface MemoryTierLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

interface Slot<Value> {
  readonly value: Value;
  readonly bytes: number;
}

/**
 * What one isolate remembers, bounded by entries and by bytes; the least recently used goes first. A value
 * larger than all of the room is not kept.
 */
export class MemoryTier<Value> {
  readonly #slots = new Map<string, Slot<Value>>(); // a Map keeps the order of insertion: oldest first
  readonly #limits: MemoryTierLimits;
  #bytes = 0;

  constructor(limits: MemoryTierLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#slots.size;
  }

  get bytes(): number {
    return this.#bytes;
  }

  read(name: string): Value | undefined {
    const slot = this.#slots.get(name);
    if (slot === undefined) return undefined;
    this.#slots.delete(name);
    this.#slots.set(name, slot);
    return slot.value;
  }

  /** `bytes` is the caller's estimate of what the value occupies. */
  keep(name: string, value: Value, bytes: number): void {
    this.forget(name);
    if (bytes > this.#limits.maxBytes) return;
    this.#slots.set(name, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#slots.keys()) {
      const fits =
        this.#slots.size <= this.#limits.maxEntries && this.#bytes <= this.#limits.maxBytes;
      if (fits) return;
      this.forget(oldest);
    }
  }

  forget(name: string): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    this.#slots.delete(name);
    this.#bytes -= slot.bytes;
  }
}
