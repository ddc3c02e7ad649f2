/** An event for the operator's log: its name, and fields that say more. No field holds a credential. */
export interface OperatorEvent {
  readonly event: string;
  readonly [field: string]: string | number | undefined;
}

/** Reports an event to the operator. Never throws. */
export type Report = (event: OperatorEvent) => void;
