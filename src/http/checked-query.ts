// Pure: no I/O, no clock.
import { failed, type Result, success } from '../runtime/result.ts';

/** Tells whether a parameter's value is valid. */
export type ParameterCheck = (value: string) => boolean;

/** The parameters that a route knows. A name in `repeatable` may occur several times. */
export interface QueryShape {
  readonly checks: Readonly<Record<string, ParameterCheck>>;
  readonly repeatable?: readonly string[];
}

const MAX_REPEATS = 10;

/**
 * Returns the parameters of a query that the route knows. Each must be valid, and must occur once unless it may
 * repeat. Unknown parameters are dropped: they could ask the provider for something that Postern does not offer
 * here.
 */
export function checkQuery(
  search: string,
  { checks, repeatable = [] }: QueryShape,
): Result<URLSearchParams, 'parameter_not_valid'> {
  const known = new URLSearchParams();
  for (const [name, value] of new URLSearchParams(search)) {
    const check = Object.hasOwn(checks, name) ? checks[name] : undefined;
    if (check === undefined) continue;
    const repeats = known.getAll(name).length;
    if (!check(value) || repeats >= (repeatable.includes(name) ? MAX_REPEATS : 1)) {
      return failed('parameter_not_valid');
    }
    known.append(name, value);
  }
  return success(known);
}

export function oneOf(...values: readonly string[]): ParameterCheck {
  return (value) => values.includes(value);
}

export function matching(pattern: RegExp): ParameterCheck {
  return (value) => pattern.test(value);
}

/** Checks for a whole number in decimal digits, within bounds. */
export function wholeNumber(least: number, most: number): ParameterCheck {
  return (value) => /^\d{1,9}$/.test(value) && Number(value) >= least && Number(value) <= most;
}
