// Pure: no I/O, no clock.

/**
 * A value that is there already, or a promise of it. Almost every request is decided from memory, where each async
 * function would cost more than the decision. So these functions wait only where something has to be awaited.
 */
export type Awaitable<Value> = Value | Promise<Value>;

/** Goes on with a value: at once if it is there, otherwise when it is. An error is thrown, or rejects the promise. */
export function andThen<Value, Next>(
  value: Awaitable<Value>,
  goOn: (value: Value) => Awaitable<Next>,
): Awaitable<Next> {
  return value instanceof Promise ? value.then(goOn) : goOn(value);
}

/** Does some work, and answers its error, thrown at once or later. */
export function recovering<Value>(
  work: () => Awaitable<Value>,
  recover: (error: unknown) => Awaitable<Value>,
): Awaitable<Value> {
  try {
    const value = work();
    return value instanceof Promise ? value.catch(recover) : value;
  } catch (error) {
    return recover(error);
  }
}
