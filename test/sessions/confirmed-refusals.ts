import type { ConfirmedRefusal } from '../../src/sessions/confirmed-answer.ts';
import type { ReadinessFinding } from '../../src/sessions/store-readiness.ts';

/** A refusal that arrived as the second question about readiness was about to be sent, which confirmed it. */
export function confirmedRefusal(
  body: string | undefined,
  finding: Partial<ReadinessFinding> = {},
): ConfirmedRefusal {
  return {
    kind: 'no-session',
    body,
    arrived: { at: 0, questions: 1 },
    finding: { readiness: 'ready', question: 2, sentAt: 0, ...finding },
  };
}
