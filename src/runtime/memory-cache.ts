// Pure: no I/O, no clock.

export interface MemoryTierLimits {
  readonly maxEntries: number;
  readonly maxBytes: number;
}

interface Slot<Value, Name> {
  readonly name: Name;
  readonly value: Value;
  readonly bytes: number;
  older: Slot<Value, Name> | undefined;
  newer: Slot<Value, Name> | undefined;
}

/**
 * A cache in one isolate's memory, bounded by entries and by bytes. The least recently used value is removed first. A
 * value larger than the limit is not kept.
 *
 * The order of use is a linked list through the slots, so that a hit changes a few links and leaves the `Map` alone.
 * Inserting an entry of a large `Map` again makes the `Map` copy itself every few thousand hits.
 */
export class MemoryTier<Value, Name = string> {
  readonly #slots = new Map<Name, Slot<Value, Name>>();
  readonly #limits: MemoryTierLimits;
  #oldest: Slot<Value, Name> | undefined;
  #newest: Slot<Value, Name> | undefined;
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

  read(name: Name): Value | undefined {
    const slot = this.#slots.get(name);
    if (slot === undefined) return undefined;
    if (slot !== this.#newest) {
      this.#unlink(slot);
      this.#append(slot);
    }
    return slot.value;
  }

  /** Keeps a value. `bytes` is the caller's estimate of its size. */
  keep(name: Name, value: Value, bytes: number): void {
    this.forget(name);
    if (bytes > this.#limits.maxBytes) return;
    const slot: Slot<Value, Name> = { name, value, bytes, older: undefined, newer: undefined };
    this.#slots.set(name, slot);
    this.#append(slot);
    this.#bytes += bytes;
    while (this.#oldest !== undefined && !this.#fits()) this.forget(this.#oldest.name);
  }

  forget(name: Name): void {
    const slot = this.#slots.get(name);
    if (slot === undefined) return;
    this.#slots.delete(name);
    this.#unlink(slot);
    this.#bytes -= slot.bytes;
  }

  #fits(): boolean {
    return this.#slots.size <= this.#limits.maxEntries && this.#bytes <= this.#limits.maxBytes;
  }

  /** Appends an unlinked slot behind the newest. */
  #append(slot: Slot<Value, Name>): void {
    slot.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = slot;
    else this.#newest.newer = slot;
    this.#newest = slot;
  }

  #unlink(slot: Slot<Value, Name>): void {
    const { older, newer } = slot;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    slot.newer = undefined; // #append() sets `older` when the slot is linked again
  }
}
