// Pure: no I/O, no clock.

/** The refusal of a request of which one part is not valid. */
export interface InvalidPart {
  readonly ok: false;
  readonly failure: 'parameter_not_valid' | 'body_not_valid';
  /** Names the part, and the values that it takes. It does not repeat the value that was sent. */
  readonly hint: string;
}

/** @param expected the values that the parameter takes, such as `a UUID` */
export function invalidParameter(name: string, expected: string): InvalidPart {
  return {
    ok: false,
    failure: 'parameter_not_valid',
    hint: `Parameter "${name}": expected ${expected}.`,
  };
}

/** @param hint a sentence that names the member and the values that it takes */
export function invalidBody(hint: string): InvalidPart {
  return { ok: false, failure: 'body_not_valid', hint };
}
