/** Moves the clocks of Workers; see `movable-clock/worker.ts` for what that moves and what not. */
export interface TestClock {
  /** Moves every Worker's clock forward from where it is. */
  advance(ms: number): Promise<void>;
  /** Puts every Worker's clock this far from real time. */
  set(offsetMs: number): Promise<void>;
  /** Unix milliseconds as the Workers see them. */
  now(): number;
}

/** A clock over the control sockets of these Workers. */
export function createTestClock(controlUrls: readonly string[]): TestClock {
  let offset = 0;
  const set = async (offsetMs: number) => {
    offset = offsetMs;
    await Promise.all(controlUrls.map((url) => post(`${url}/offset`, String(offsetMs))));
  };
  return { set, advance: (ms) => set(offset + ms), now: () => Date.now() + offset };
}

/** Writes a line to the console of the Worker behind this control socket. */
export function markConsole(controlUrl: string, mark: string): Promise<void> {
  return post(`${controlUrl}/mark`, mark);
}

async function post(url: string, body: string): Promise<void> {
  const response = await fetch(url, { method: 'POST', body });
  if (!response.ok) throw new Error(`${url} answered ${response.status}`);
}
