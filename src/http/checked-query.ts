// Pure: no I/O, no clock.
import { type Result, success } from '../runtime/result.ts';
import { type InvalidPart, invalidParameter } from './invalid-part.ts';

/** A check of a parameter's value, and the values that pass, in words. */
export interface ParameterCheck {
  accepts(value: string): boolean;
  readonly expected: string;
}

/** The parameters that a route knows. A name in `repeatable` may occur several times. */
export interface QueryShape {
  readonly checks: Readonly<Record<string, ParameterCheck>>;
  readonly repeatable?: readonly string[];
  /**
   * Reads a query as Go's `Values.Get` and Kratos do: the first of several values counts, and an empty value counts as
   * none. Otherwise an empty value has to be valid, and a second value is refused.
   */
  readonly isLenient: boolean;
}

const MAX_REPEATS = 10;

/**
 * Returns the parameters of a query that the route knows. Each must be valid. Unknown parameters are dropped: they could
 * ask the provider for something that Postern does not offer here.
 */
export function checkQuery(
  search: string,
  { checks, repeatable = [], isLenient }: QueryShape,
): Result<URLSearchParams, never> | InvalidPart {
  const known = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(search)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined || (isLenient && value === '')) continue;
    const repeats = known.getAll(name).length;
    const most = repeatable.includes(name) ? MAX_REPEATS : 1;
    if (repeats >= most) {
      if (isLenient) continue;
      return invalidParameter(name, most === 1 ? 'once' : `at most ${most} times`);
    }
    if (!check.accepts(value)) return invalidParameter(name, check.expected);
    known.append(name, value);
  }
  return success(known);
}

export function oneOf(...values: readonly string[]): ParameterCheck {
  const quoted = values.map((value) => `"${value}"`);
  const last = quoted.pop() ?? '';
  const expected = quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
  return { accepts: (value) => values.includes(value), expected };
}

export function matching(pattern: RegExp, expected: string): ParameterCheck {
  return { accepts: (value) => pattern.test(value), expected };
}

/** Checks for a whole number in decimal digits, within bounds. */
export function wholeNumber(least: number, most: number): ParameterCheck {
  return {
    accepts: (value) => /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most,
    expected: `a whole number from ${least} to ${most}`,
  };
}
