/** What part of an answer took how long, in milliseconds. */
export type Spent = Readonly<Record<string, number>>;

/**
 * Adds `Server-Timing` (W3C Server Timing, section 2), beside what the origin may have sent of its own. The platform's
 * clock stands still between one piece of I/O and the next, so what is told is waiting, and computing is 0.
 */
export function addServerTiming({ headers, webSocket }: Response, spent: Spent): void {
  if (webSocket !== null) return;
  const metrics = Object.entries(spent).map(([name, millis]) => `${name};dur=${millis}`);
  headers.append('server-timing', metrics.join(', '));
}
