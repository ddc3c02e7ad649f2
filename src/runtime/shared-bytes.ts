/**
 * - `location`: the cache of one data centre (Cache API);
 * - `kv`: Workers KV, the same in all locations.
 */
export type SharedPlace = 'location' | 'kv';

/**
 * Bytes by name, in a place that isolates share. No method throws: a failure is reported, a failed read is a miss, and
 * a failed write is dropped.
 */
export interface SharedBytes {
  readonly place: SharedPlace;
  /** The longest time that one read takes. */
  readonly readTimeoutMs: number;
  /** Returns `undefined` if the place has no value, or does not answer in time. */
  read(name: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Keeps a value for `forSeconds`, the time for which it is usable. */
  write(name: string, value: Uint8Array<ArrayBuffer>, forSeconds: number): Promise<void>;
  remove(name: string): Promise<void>;
  /** Reports a value that does not open: Postern did not write it. */
  reportUnopened(): void;
}

/**
 * The name under which a value is sealed. It has the place, so that the bytes of one place do not open in another. KV's
 * names have no prefix: values that an earlier version wrote stay valid.
 */
export function sealingName(place: SharedPlace, name: string): string {
  return place === 'kv' ? name : `${place}|${name}`;
}
