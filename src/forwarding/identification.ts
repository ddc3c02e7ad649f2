import { failed, type Result, success } from '../runtime/result.ts';
import type { Session } from '../session/session.ts';
import { ASSERTION_HEADER, type Assertions } from './assertion.ts';
import { type IdentityHeaders, identityHeaders, type Unfit } from './identity-headers.ts';
import type { IdentityMapping } from './identity-presets.ts';

/** What an origin is told of who a request is from. */
export interface Identification {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names of headers and claims that did not fit. */
  readonly omitted: readonly string[];
}

/** Why an origin cannot be told who a request is from: a fault, so the request goes no further. */
export interface IdentificationFault {
  readonly reason: 'assertion_unavailable' | 'identity_too_large';
  /** More for the log. */
  readonly detail?: string;
}

export interface IdentifierOptions {
  readonly mapping: IdentityMapping;
  readonly maxBytes: number;
  /** `undefined`: there are no keys to sign with. */
  readonly assertions: Assertions | undefined;
}

const NOBODY: Identification = Object.freeze({ headers: [], omitted: [] });

/** Tells origins who somebody is: in headers, and in an assertion they can verify. */
export class Identifier {
  readonly #options: IdentifierOptions;
  /** Hung on the very session they were made from: a session checked anew is read anew. */
  readonly #made = new WeakMap<Session, Result<IdentityHeaders, Unfit>>();
  /** Every header that may be sent: an inbound copy of any is nobody's word. */
  readonly headerNames: readonly string[];

  constructor(options: IdentifierOptions) {
    this.#options = options;
    const signed = options.assertions === undefined ? [] : [ASSERTION_HEADER];
    this.headerNames = [...Object.keys(options.mapping), ...signed];
  }

  /** @param audience whom the assertion is for; it is worth nothing to anyone else */
  async identify(
    session: Session | undefined,
    audience: string,
  ): Promise<Result<Identification, IdentificationFault>> {
    if (session === undefined) return success(NOBODY);
    const { assertions } = this.#options;
    const identification = this.#headersOf(session);
    if (!identification.ok || assertions === undefined) return identification;
    const { headers, omitted } = identification.value;
    const assertion = await assertions.issue(session, audience);
    if (!assertion.ok) return failed(assertion.failure);
    const { jwt, omitted: claims } = assertion.value;
    return success({
      headers: [...headers, [ASSERTION_HEADER, jwt]],
      omitted: [...omitted, ...claims.map((name) => `claim ${name}`)],
    });
  }

  #headersOf(session: Session): Result<IdentityHeaders, Unfit> {
    const known = this.#made.get(session);
    if (known !== undefined) return known;
    const { mapping, maxBytes } = this.#options;
    const made = identityHeaders(session, mapping, maxBytes);
    this.#made.set(session, made);
    return made;
  }
}
