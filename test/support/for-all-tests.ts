import { afterAll } from 'vitest';
import type { StartGateOptions } from './gate-options.ts';
import { type RunningGate, startGate } from './start-gate.ts';

/**
 * Starts a gate for all tests of a file (or of an async `describe`), with what differs from the defaults:
 * `const gate = await gateForAllTests({ vars: { RULES } })`.
 */
export function gateForAllTests(options: StartGateOptions = {}): Promise<RunningGate> {
  return forAllTests(startGate(options));
}

/** Returns what was started, and disposes of it after the last test: what was started later is disposed of first. */
export async function forAllTests<T extends AsyncDisposable>(starting: Promise<T>): Promise<T> {
  const resource = await starting;
  afterAll(() => resource[Symbol.asyncDispose]());
  return resource;
}
