import { type Awaitable, andThen } from '../runtime/awaitable.ts';
import { type Result, success } from '../runtime/result.ts';
import type { Session } from '../session/session.ts';
import type { Assertion, Assertions } from './assertion.ts';
import { ASSERTION_HEADER } from './assertion-format.ts';
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

type Identified = Result<Identification, IdentificationFault>;

/** The identification of a request without a session. */
export const NOBODY: Identification = Object.freeze({ headers: [], omitted: [] });

/** Tells origins who the user is: in headers, and in an assertion that they can verify. */
export class Identifier {
  readonly #options: IdentifierOptions;
  /**
   * Identifications by the mapping and the assertion in them, so they go with the assertion. Without assertions they go
   * with the session object, and a session that is checked again is read again.
   */
  readonly #made = new WeakMap<IdentityMapping, WeakMap<Assertion | Session, Identified>>();
  /** Every header that Postern may send to identify a user. A client's copy of such a header does not count. */
  readonly headerNames: readonly string[];

  constructor(options: IdentifierOptions) {
    this.#options = options;
    const signed = options.assertions === undefined ? [] : [ASSERTION_HEADER];
    const { mapping, names = Object.keys(mapping) } = options;
    this.headerNames = [...names, ...signed];
  }

  /**
   * Identifies the user of a session. As long as session and assertion are the same, the result has the same value.
   *
   * @param audience the audience of the assertion, which is not valid for others
   * @param mapping the headers of the rule, if it has its own
   */
  identify(
    session: Session | undefined,
    audience: string,
    mapping: IdentityMapping = this.#options.mapping,
  ): Awaitable<Identified> {
    if (session === undefined) return success(NOBODY);
    const { assertions } = this.#options;
    if (assertions === undefined) return this.#identified(session, mapping);
    return andThen(assertions.issue(session, audience), (assertion) => {
      if (assertion.ok) return this.#identified(session, mapping, assertion.value);
      // If neither fits, the headers are named.
      const identity = identityHeaders(session, mapping, this.#options.maxBytes);
      return identity.ok ? assertion : identity;
    });
  }

  #identified(session: Session, mapping: IdentityMapping, assertion?: Assertion): Identified {
    const ofMapping = this.#made.get(mapping) ?? new WeakMap<Assertion | Session, Identified>();
    const known = ofMapping.get(assertion ?? session);
    if (known !== undefined) return known;
    const identity = identityHeaders(session, mapping, this.#options.maxBytes);
    const made =
      identity.ok && assertion !== undefined
        ? success(withAssertion(identity.value, assertion))
        : identity;
    this.#made.set(mapping, ofMapping.set(assertion ?? session, made));
    return made;
  }
}

function withAssertion(
  { headers, omitted }: IdentityHeaders,
  { jwt, omitted: claims }: Assertion,
): Identification {
  return {
    headers: [...headers, [ASSERTION_HEADER, jwt]],
    omitted: [...omitted, ...claims.map((name) => `claim ${name}`)],
  };
}
