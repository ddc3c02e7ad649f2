// Pure: no I/O, no clock.

/**
 * A value that is there already, or a promise of it. Almost every request is decided from memory, where each async
 * function would cost more than the decision. So these functions wait only where something has to be awaited.
 */
export type Awaitable<Value> = Value | Promise<Value>;

/**
 * Goes on with a value: at once if it is there, otherwise when it is. An error is thrown, or rejects the promise.
 *
 * @param goOn gets the value, and `first` and `second`: a function that every request calls captures nothing
 */
export function andThen<Value, Next>(
  value: Awaitable<Value>,
  goOn: (value: Value) => Awaitable<Next>,
): Awaitable<Next>;
export function andThen<Value, Next, First, Second>(
  value: Awaitable<Value>,
  goOn: (value: Value, first: First, second: Second) => Awaitable<Next>,
  first: First,
  second: Second,
): Awaitable<Next>;
export function andThen<Value, Next, First, Second>(
  value: Awaitable<Value>,
  goOn: (value: Value, first: First, second: Second) => Awaitable<Next>,
  first?: First,
  second?: Second,
): Awaitable<Next> {
  return value instanceof Promise
    ? goOnLater(value, goOn, first as First, second as Second)
    : goOn(value, first as First, second as Second);
}

async function goOnLater<Value, Next, First, Second>(
  value: Promise<Value>,
  goOn: (value: Value, first: First, second: Second) => Awaitable<Next>,
  first: First,
  second: Second,
): Promise<Next> {
  return goOn(await value, first, second);
}

/** Does some work with `first` and `second`, and answers its error, thrown at once or later. */
export function recovering<Value, First, Second>(
  work: (first: First, second: Second) => Awaitable<Value>,
  recover: (error: unknown, first: First, second: Second) => Awaitable<Value>,
  first: First,
  second: Second,
): Awaitable<Value> {
  try {
    const value = work(first, second);
    return value instanceof Promise ? recoverLater(value, recover, first, second) : value;
  } catch (error) {
    return recover(error, first, second);
  }
}

async function recoverLater<Value, First, Second>(
  value: Promise<Value>,
  recover: (error: unknown, first: First, second: Second) => Awaitable<Value>,
  first: First,
  second: Second,
): Promise<Value> {
  try {
    return await value;
  } catch (error) {
    return recover(error, first, second);
  }
}
