import { failed, type Result, success } from '../runtime/result.ts';
import type { Session } from '../session/session.ts';
import type { Assertions } from './assertion.ts';
import { ASSERTION_HEADER } from './assertion-format.ts';
import type { Unfit } from './fit-by-writer.ts';
import { type IdentityHeaders, identityHeaders } from './identity-headers.ts';
import type { IdentityMapping } from './identity-presets.ts';

/** The headers that tell an origin who the user of a request is. */
export interface Identification {
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Names of headers and claims that did not fit. */
  readonly omitted: readonly string[];
}

/** The reason why an origin cannot be told who the user is. It is a fault: the request is not forwarded. */
export interface IdentificationFault {
  readonly reason: 'assertion_unavailable' | 'identity_too_large';
  /** More detail for the log. */
  readonly detail?: string;
}

export interface IdentifierOptions {
  readonly mapping: IdentityMapping;
  /** The names of all headers, with those that only some rules send. Default: those of `mapping`. */
  readonly names?: readonly string[];
  readonly maxBytes: number;
  /** `undefined` when there are no signing keys. */
  readonly assertions: Assertions | undefined;
}

const NOBODY: Identification = Object.freeze({ headers: [], omitted: [] });

/** Tells origins who the user is: in headers, and in an assertion that they can verify. */
export class Identifier {
  readonly #options: IdentifierOptions;
  /** Headers by the mapping and the session object that they were made from. A session that is checked again is read again. */
  readonly #made = new WeakMap<IdentityMapping, WeakMap<Session, Result<IdentityHeaders, Unfit>>>();
  /** Every header that Postern may send to identify a user. A client's copy of such a header does not count. */
  readonly headerNames: readonly string[];

  constructor(options: IdentifierOptions) {
    this.#options = options;
    const signed = options.assertions === undefined ? [] : [ASSERTION_HEADER];
    const { mapping, names = Object.keys(mapping) } = options;
    this.headerNames = [...names, ...signed];
  }

  /**
   * @param audience the audience of the assertion, which is not valid for others
   * @param mapping the headers of the rule, if it has its own
   */
  async identify(
    session: Session | undefined,
    audience: string,
    mapping: IdentityMapping = this.#options.mapping,
  ): Promise<Result<Identification, IdentificationFault>> {
    if (session === undefined) return success(NOBODY);
    const { assertions } = this.#options;
    const identification = this.#headersOf(session, mapping);
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

  #headersOf(session: Session, mapping: IdentityMapping): Result<IdentityHeaders, Unfit> {
    const ofMapping =
      this.#made.get(mapping) ?? new WeakMap<Session, Result<IdentityHeaders, Unfit>>();
    const known = ofMapping.get(session);
    if (known !== undefined) return known;
    const made = identityHeaders(session, mapping, this.#options.maxBytes);
    this.#made.set(mapping, ofMapping.set(session, made));
    return made;
  }
}
