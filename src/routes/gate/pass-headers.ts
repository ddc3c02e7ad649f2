// Pure: no I/O, no clock.
import { VARY } from '../../credentials/credential.ts';
import type { Identification } from '../../forwarding/identification.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';

/** The headers of a pass, as they were last sent. */
interface Kept {
  readonly headers: Headers;
  cacheStatus: string | undefined;
}

/**
 * The headers of a pass for a proxy. They are made once for each identification and copied by each answer, because a
 * header costs more to set than all else that this answer needs.
 */
export class PassHeaders {
  readonly #names: readonly string[];
  readonly #kept = new WeakMap<Identification, Kept>();

  /** @param names every header that may carry an identity */
  constructor(names: readonly string[]) {
    this.#names = names;
  }

  /**
   * Returns the headers of a pass. They name every header that may carry an identity, with an empty value if there is no
   * identity. So the proxy overwrites every such header that the client sent. `new Response()` copies them; nobody else
   * may change them.
   */
  of(identification: Identification, cacheStatus: string | undefined): Headers {
    const known = this.#kept.get(identification);
    const kept = known ?? { headers: this.#make(identification), cacheStatus: undefined };
    if (known === undefined) this.#kept.set(identification, kept);
    if (kept.cacheStatus !== cacheStatus) {
      if (cacheStatus === undefined) kept.headers.delete('cache-status');
      else kept.headers.set('cache-status', cacheStatus);
      kept.cacheStatus = cacheStatus;
    }
    return kept.headers;
  }

  #make(identification: Identification): Headers {
    const headers = new Headers({ 'cache-control': PRIVATE_NO_STORE, vary: VARY });
    for (const name of this.#names) headers.set(name, '');
    for (const [name, value] of identification.headers) headers.set(name, value);
    return headers;
  }
}
