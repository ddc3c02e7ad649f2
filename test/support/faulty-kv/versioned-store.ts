/** The content of a namespace with its past, so that a read can return an earlier state. Pure: no I/O, no clock. */

/** A stored value with what came with it. */
export interface StoredEntry {
  readonly value: Uint8Array;
  readonly metadata: unknown;
  /** Unix seconds; absent when the entry never expires. */
  readonly expiration?: number;
}

interface Version {
  readonly writtenAt: number;
  /** Absent when this version is a deletion. */
  readonly entry: StoredEntry | undefined;
}

/** The state that a read returns: written by `seenAt`, and not expired at `now` (unix ms). */
export interface Moment {
  readonly now: number;
  readonly seenAt: number;
}

/** A map of keys to their versions; every time is unix milliseconds. */
export class VersionedStore {
  readonly #versions = new Map<string, Version[]>();

  /** Adds a version; `undefined` deletes. */
  write(key: string, entry: StoredEntry | undefined, now: number): void {
    const versions = this.#versions.get(key) ?? [];
    versions.push({ writtenAt: now, entry });
    this.#versions.set(key, versions);
  }

  /** Makes this the only version, as if it had always been so. */
  replace(key: string, entry: StoredEntry | undefined): void {
    this.#versions.set(key, [{ writtenAt: Number.NEGATIVE_INFINITY, entry }]);
  }

  /** The entry a reader sees at that moment, `undefined` when there is none. */
  read(key: string, { now, seenAt }: Moment): StoredEntry | undefined {
    const entry = this.#versions
      .get(key)
      ?.findLast((version) => version.writtenAt <= seenAt)?.entry;
    const expiresAt = (entry?.expiration ?? Number.POSITIVE_INFINITY) * 1000;
    return expiresAt > now ? entry : undefined;
  }

  /** Unix milliseconds of the newest write to this key, `undefined` before the first. */
  lastWriteAt(key: string): number | undefined {
    return this.#versions.get(key)?.at(-1)?.writtenAt;
  }

  /** Every visible entry, in the order of the key names. */
  entries(moment: Moment): [string, StoredEntry][] {
    const visible: [string, StoredEntry][] = [];
    for (const key of [...this.#versions.keys()].sort()) {
      const entry = this.read(key, moment);
      if (entry !== undefined) visible.push([key, entry]);
    }
    return visible;
  }

  /** Forgets everything. */
  clear(): void {
    this.#versions.clear();
  }
}
