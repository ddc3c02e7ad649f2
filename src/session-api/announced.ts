import { failed } from '../errors/result.ts';
import type { Announcer } from '../revocation/announcer.ts';
import type { MarkSubject } from '../revocation/mark.ts';
import type { ApiAnswer } from './api-route.ts';

/**
 * Makes a change at the provider so that everyone hears of it before the client does.
 *
 * @param expected whom it may concern; marked tentatively, also after a change that failed or of which nobody
 *   knows whether it was made
 * @param change makes it
 * @param confirmed whom it concerned, by the provider's answer; when left out, `expected` for a success and
 *   nobody for a refusal
 */
export async function announced(
  announcer: Announcer,
  expected: readonly MarkSubject[],
  change: () => Promise<ApiAnswer>,
  confirmed: (response: Response) => Promise<readonly MarkSubject[]> = async (response) =>
    response.ok ? expected : [],
): Promise<ApiAnswer> {
  let made: ApiAnswer | undefined;
  const announcement = await announcer.announce(expected, async () => {
    const value = await change();
    made = value;
    return { value, changed: value.ok ? await confirmed(value.value) : [] };
  });
  if (announcement.ok) return announcement.value;
  // A change that cannot be told to everyone is not reported as done: the client tries again.
  if (made?.ok) await made.value.body?.cancel();
  return failed(announcement.failure);
}
