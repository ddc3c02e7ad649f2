import { failed } from '../errors/result.ts';
import type { Announcer } from '../revocation/announcer.ts';
import type { MarkSubject } from '../revocation/mark.ts';
import type { Anchor } from '../whoami/single-flight.ts';
import type { ApiAnswer } from './api-route.ts';

/** What telling a change takes. */
export interface Telling {
  readonly announcer: Announcer;
  readonly anchor: Anchor;
}

/**
 * Makes a change at the provider so that everyone hears of it before the client does, and hears of it although
 * the client goes away meanwhile.
 *
 * @param expected whom it may concern; marked tentatively, also after a change that failed or of which nobody
 *   knows whether it was made
 * @param change makes it
 * @param confirmed whom it concerned, by the provider's answer; when left out, `expected` for a success and
 *   nobody for a refusal
 */
export function announced(
  telling: Telling,
  expected: readonly MarkSubject[],
  change: () => Promise<ApiAnswer>,
  confirmed: (response: Response) => Promise<readonly MarkSubject[]> = async (response) =>
    response.ok ? expected : [],
): Promise<ApiAnswer> {
  const work = announceChange(telling.announcer, expected, change, confirmed);
  telling.anchor(work.catch(() => {}));
  return work;
}

async function announceChange(
  announcer: Announcer,
  expected: readonly MarkSubject[],
  change: () => Promise<ApiAnswer>,
  confirmed: (response: Response) => Promise<readonly MarkSubject[]>,
): Promise<ApiAnswer> {
  let made: ApiAnswer | undefined;
  const announcement = await announcer.announce(expected, async () => {
    const value = await change();
    made = value;
    return { value, changed: value.ok ? await confirmed(value.value) : [] };
  });
  if (announcement.ok) return announcement.value;
  // A change that cannot be told to everyone is not reported as done: the client tries again.
  if (made?.ok && !made.value.bodyUsed) await made.value.body?.cancel();
  return failed(announcement.failure);
}
