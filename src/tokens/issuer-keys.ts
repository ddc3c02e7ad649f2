import type { WaitUntil } from '../runtime/single-flight.ts';
import type { PublicJwk } from './json-web-key.ts';
import { findKey, type IssuerKey, importKeys, type WantedKey } from './key-set.ts';

/** Whether an issuer has the key a token names. */
export type KeyAnswer =
  | { readonly kind: 'key'; readonly key: IssuerKey }
  | { readonly kind: 'unknown-key' }
  /** The keys could not be fetched. This answer says nothing about the token. */
  | {
      readonly kind: 'unavailable';
      /** Safe for `Cache-Status` and the log, for example `keys-503`. Never contains text from the endpoint. */
      readonly detail: string;
      readonly retryAfterSeconds: number | undefined;
    };

/** The keys of one issuer. Implementations never throw. */
export interface IssuerKeys {
  /** Finds the key that a token must have been signed with; not as a promise if nothing has to be awaited. */
  find(wanted: WantedKey, waitUntil: WaitUntil): KeyAnswer | Promise<KeyAnswer>;
  /** Whether there is a key set to verify with: fresh, or stale and still accepted. */
  isReady(waitUntil: WaitUntil): Promise<boolean>;
}

/** Creates the keys of an issuer from a key set in the configuration. */
export function createInlineKeys(keys: readonly PublicJwk[]): IssuerKeys {
  let imported: readonly IssuerKey[] | undefined; // a value, never a promise: a promise belongs to one request
  const answer = (known: readonly IssuerKey[], wanted: WantedKey): KeyAnswer => {
    const key = findKey(known, wanted);
    return key === undefined ? { kind: 'unknown-key' } : { kind: 'key', key };
  };
  const importFirst = async (wanted: WantedKey) => {
    const ready = await importKeys(keys);
    imported ??= ready; // another request may have stored the keys first
    return answer(imported, wanted);
  };
  return {
    find: (wanted) => (imported === undefined ? importFirst(wanted) : answer(imported, wanted)),
    isReady: async () => true,
  };
}
