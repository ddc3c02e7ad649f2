/** The messages to the faulty KV over HTTP, and its answers. Pure: types only. */

/**
 * Behaviour of one kind of operation.
 * - `ok`: it works.
 * - `throw`: it rejects with a 500 in the words of the binding, and stores no value.
 * - `throttle`: it rejects with `KV PUT failed: 429 Too Many Requests` (the operation's own name), and stores no
 * value.
 * - `hang`: it never settles.
 * - `delayMs`: it works, after so many milliseconds of real time.
 * - `lieBase64`: a read answers these bytes (base64, or `null` for a missing key), whatever is stored.
 */
export type Fault =
  | 'ok'
  | 'throw'
  | 'throttle'
  | 'hang'
  | { readonly delayMs: number }
  | { readonly lieBase64: string | null; readonly metadata?: unknown };

/** The operations a fault can be set for; `get` is also `getWithMetadata`. */
export type FaultyOperation = 'get' | 'put' | 'delete' | 'list';

/** Every field left out is as on a healthy namespace; setting replaces the whole. */
export interface FaultSettings extends Partial<Record<FaultyOperation, Fault>> {
  /**
   * Reads and lists see the namespace as it was so many seconds ago (movable clock), so a key
   * written since is missing and a deleted one is still there, as at a distant edge. Expiry is not delayed.
   */
  readonly staleSeconds?: number;
  /** Refuse a second write to a key within one second (movable clock), as the real one does. */
  readonly enforceWriteRate?: boolean;
}

/** One call the gate made, in the order the calls arrived. */
export interface LoggedCall {
  readonly operation: 'get' | 'getWithMetadata' | 'put' | 'delete' | 'list';
  readonly keys: readonly string[];
  readonly options?: unknown;
  /** The value of a `put`. */
  readonly valueBase64?: string;
  /** Unix milliseconds on the movable clock. */
  readonly at: number;
}
