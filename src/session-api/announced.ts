import { failed } from '../errors/result.ts';
import type { Announcer } from '../revocation/announcer.ts';
import type { MarkSubject } from '../revocation/mark.ts';
import type { ApiAnswer } from './api-route.ts';

/** What a change turned out to be: made, refused by the provider, or nobody knows. */
export type ChangeOutcome = 'made' | 'refused' | 'unknown';

/**
 * Makes a change at the provider so that everyone hears of it before the client does.
 *
 * @param expected whom it may concern; the caller must have been found entitled to name them, because they are
 *   also marked when nobody knows whether the change was made
 * @param change makes it
 * @param confirmed whom it concerned, for a change that was made; `expected` when left out
 */
export async function announced(
  announcer: Announcer,
  expected: readonly MarkSubject[],
  change: () => Promise<ApiAnswer>,
  confirmed: (response: Response) => Promise<readonly MarkSubject[]> = async () => expected,
): Promise<ApiAnswer> {
  let made: ApiAnswer | undefined;
  const announcement = await announcer.announce(expected, async () => {
    const value = await change();
    made = value;
    switch (outcomeOf(value)) {
      case 'made':
        return { value, changed: value.ok ? await confirmed(value.value) : [] };
      case 'refused':
        return { value, changed: [] };
      case 'unknown':
        return { value, changed: expected };
    }
  });
  if (announcement.ok) return announcement.value;
  // A change that cannot be told to everyone is not reported as done: the client tries again.
  if (made?.ok) await made.value.body?.cancel();
  return failed(announcement.failure);
}

/** A fault or a 5xx may come after the change was made, a refusal cannot. */
export function outcomeOf(answer: ApiAnswer): ChangeOutcome {
  if (!answer.ok) return 'unknown';
  const { status } = answer.value;
  if (status >= 500) return 'unknown';
  return status < 400 ? 'made' : 'refused';
}
