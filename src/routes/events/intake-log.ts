/** One line about a message that was accepted or refused. The line has none of the message's content. */
export interface IntakeEvent {
  readonly intake: 'webhook' | 'backchannel-logout' | 'security-events';
  readonly status: number;
  /** The reason of a refusal; otherwise `recorded`, `repeated`, `stream` or `ignored`. */
  readonly outcome: string;
  /** The number of marks written. */
  readonly marks: number;
}

export type IntakeLog = (event: IntakeEvent) => void;

/** Writes one JSON line for each message. */
export function createIntakeLog(write: (line: string) => void): IntakeLog {
  return function logIntake(event) {
    write(JSON.stringify({ event: 'revocation-intake', ...event }));
  };
}
