/** One line about a message that was taken in or refused: never any of its content. */
export interface IntakeEvent {
  readonly intake: 'webhook' | 'backchannel-logout' | 'security-events';
  readonly status: number;
  /** Why it was refused, or `recorded`, or `repeated`. */
  readonly outcome: string;
  /** Marks written. */
  readonly marks: number;
}

export type IntakeLog = (event: IntakeEvent) => void;

/** Writes one JSON line for each. */
export function createIntakeLog(write: (line: string) => void): IntakeLog {
  return function logIntake(event) {
    write(JSON.stringify({ event: 'revocation-intake', ...event }));
  };
}
