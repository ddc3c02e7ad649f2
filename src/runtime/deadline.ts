/** The result of {@link within} when the deadline passes before the work is done. */
export const LATE = Symbol('late');

/**
 * Waits for some work, at most `ms` milliseconds. After the deadline the work goes on, and a later error is dropped.
 *
 * @returns the result of the work, or {@link LATE}
 * @throws the error of the work, when it fails in time
 */
export function within<Value>(ms: number, work: Promise<Value>): Promise<Value | typeof LATE> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => resolve(LATE), ms);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
