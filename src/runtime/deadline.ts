/** The deadline passed before the work was done. */
export const LATE = Symbol('late');

/**
 * Waits for some work, at most `ms` milliseconds. The work goes on after that, and what it throws later is dropped.
 *
 * @returns what the work returns, or {@link LATE}
 * @throws what the work throws in time
 */
export async function within<Value>(
  ms: number,
  work: Promise<Value>,
): Promise<Value | typeof LATE> {
  const { promise: late, resolve } = Promise.withResolvers<typeof LATE>();
  const timer = setTimeout(() => resolve(LATE), ms);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
