// Pure but for its own memory: no I/O, no clock.

/** One request as a stand-in received it. Header names are lower case, as workerd gives them. */
export interface Call {
  method: string;
  url: string;
  /** The path with its query string. */
  path: string;
  headers: [name: string, value: string][];
}

/** The answer of `GET /.standin/calls`: the number of calls for each `METHOD /path`, and the last calls. */
export interface CallReport {
  counts: Record<string, number>;
  requests: Call[];
}

const DEFAULT_CAPACITY = 200;

/** Remembers the requests a stand-in saw, so that a test can tell what the gate really sent. */
export class CallLog {
  readonly #capacity: number;
  readonly #counts = new Map<string, number>();
  #calls: Call[] = [];

  /** @param capacity number of whole requests that are kept; all counts are kept */
  constructor(capacity = DEFAULT_CAPACITY) {
    this.#capacity = capacity;
  }

  record(request: Request): void {
    const { pathname, search } = new URL(request.url);
    const key = `${request.method} ${pathname}`;
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1);
    this.#calls.push({
      method: request.method,
      url: request.url,
      path: pathname + search,
      headers: [...request.headers],
    });
    if (this.#calls.length > this.#capacity) this.#calls.shift();
  }

  report(): CallReport {
    return { counts: Object.fromEntries(this.#counts), requests: this.#calls };
  }

  clear(): void {
    this.#counts.clear();
    this.#calls = [];
  }
}
