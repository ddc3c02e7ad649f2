// Pure: no I/O, no clock.
import type { JsonObject } from '../runtime/json.ts';
import { readSessionPath } from './session-path.ts';

/** Places of the name by which a person knows their account, the best one first. */
const PLACES = [
  'identity.traits.email',
  'identity.traits.username',
  'identity.traits.phone',
  'identity.verifiable_addresses.0.value',
];
const MAX_LENGTH = 100;

/**
 * Returns the name by which a person knows their account, such as an address; `undefined` if the session has none. The
 * person may have written it, so only the person themself is shown it.
 */
export function accountName({ document }: { readonly document: JsonObject }): string | undefined {
  for (const place of PLACES) {
    const name = readSessionPath(document, place);
    if (typeof name === 'string' && name.trim() !== '') return name.trim().slice(0, MAX_LENGTH);
  }
  return undefined;
}
