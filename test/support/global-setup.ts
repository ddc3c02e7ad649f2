import { assertBuiltGateIsFresh } from './built-gate.ts';

/** Runs once before the tests that need the built artifact. */
export default function setup(): void {
  assertBuiltGateIsFresh();
}
