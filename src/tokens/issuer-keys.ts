import type { Anchor } from '../runtime/single-flight.ts';
import type { PublicJwk } from './json-web-key.ts';
import { findKey, type IssuerKey, importKeys, type WantedKey } from './key-set.ts';

/** Whether an issuer has the key a token names. */
export type KeyAnswer =
  | { readonly kind: 'key'; readonly key: IssuerKey }
  | { readonly kind: 'unknown-key' }
  /** Could not find out; says nothing of the token. */
  | {
      readonly kind: 'unavailable';
      /** Fit for `Cache-Status` and the log, such as `keys-503`; never any text of the endpoint's. */
      readonly detail: string;
      readonly retryAfterSeconds: number | undefined;
    };

/** The keys of one issuer. Implementations never throw. */
export interface IssuerKeys {
  find(wanted: WantedKey, anchor: Anchor): Promise<KeyAnswer>;
  /** Whether there are keys to verify with, fresh or still believed. */
  isReady(anchor: Anchor): Promise<boolean>;
}

/** Keys that stand in the configuration. */
export function createInlineKeys(keys: readonly PublicJwk[]): IssuerKeys {
  let imported: readonly IssuerKey[] | undefined; // settled data only: a promise would be one request's
  return {
    async find(wanted) {
      if (imported === undefined) {
        const ready = await importKeys(keys);
        imported ??= ready; // another request may have been first
      }
      const key = findKey(imported, wanted);
      return key === undefined ? { kind: 'unknown-key' } : { kind: 'key', key };
    },
    isReady: async () => true,
  };
}
