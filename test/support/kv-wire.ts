/** The messages of a namespace's control socket. Pure: types only. */

/** A stored entry as it travels over the control socket. */
export interface WireEntry {
  readonly name: string;
  readonly valueBase64: string;
  readonly metadata: unknown;
  /** Unix seconds; absent when the entry never expires. */
  readonly expiration?: number;
}
