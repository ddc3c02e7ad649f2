/**
 * Evaluated before the Worker under test, in the same isolate: `Date` follows an offset the test
 * sets. Timers, `AbortSignal.timeout` and `performance.now()` keep real time.
 */
import { WorkerEntrypoint } from 'cloudflare:workers';

const RealDate = Date;
const realNow = Date.now.bind(Date);
let offsetMs = 0;

RealDate.now = () => realNow() + offsetMs;
globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [target.now()] : args, newTarget),
  apply: (target) => new target(target.now()).toString(),
});
RealDate.prototype.constructor = globalThis.Date;

/** The test's hold on this isolate, on a socket of its own so that no control request reaches the Worker. */
export class TestClock extends WorkerEntrypoint {
  override async fetch(request: Request): Promise<Response> {
    const text = await request.text();
    if (new URL(request.url).pathname === '/offset') offsetMs = Number(text);
    else mark(text);
    return new Response(null, { status: 204 });
  }
}

/** Both streams carry the mark, for console output is split between them by level. */
function mark(text: string): void {
  console.log(text);
  console.error(text);
}

/** Prefixes all console output of this isolate from now on. */
export function tagConsole(tag: string): void {
  for (const level of ['debug', 'info', 'log', 'warn', 'error'] as const) {
    const write = console[level].bind(console);
    console[level] = (...parts: unknown[]) => write(tag, ...parts);
  }
}
