import type { WaitUntil } from '../runtime/single-flight.ts';

/** Returns the context's `waitUntil`. Without a context, work goes on by itself, and its errors are dropped. */
export function waitUntilOf(ctx: { waitUntil: WaitUntil } | undefined): WaitUntil {
  return (work) => (ctx === undefined ? void work.catch(() => {}) : ctx.waitUntil(work));
}
