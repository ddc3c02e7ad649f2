/**
 * A revocation log that can be told to fail: it hands every call on to the gate's own log, or spoils it. The gate is
 * bound to `FaultyLog` in place of its log; the default entrypoint is its control, on a socket of its own.
 */
import { DurableObject } from 'cloudflare:workers';
import type { LogFault, LogFaults } from './settings.ts';

/** The log as the gate exports it. */
interface RealLog extends Rpc.DurableObjectBranded {
  read(...args: readonly unknown[]): Promise<unknown>;
  append(...args: readonly unknown[]): Promise<unknown>;
  leaseRefresh(...args: readonly unknown[]): Promise<unknown>;
  settleRefresh(...args: readonly unknown[]): Promise<unknown>;
  status(...args: readonly unknown[]): Promise<unknown>;
}

interface Environment {
  readonly LOG?: DurableObjectNamespace<RealLog>;
  /** The control of a faulty log in another runtime, which has the real one. */
  readonly LOG_URL?: string;
}

interface Call {
  readonly method: 'read' | 'append' | 'leaseRefresh' | 'settleRefresh' | 'status';
  readonly args: readonly unknown[];
}

/** Longer than any test may run: a call that hangs is cut off by the end of the runtime. */
const HANG_MS = 3_600_000;

let faults: LogFaults = {};

export class FaultyLog extends DurableObject<Environment> {
  read(...args: unknown[]): Promise<unknown> {
    const fault = hasSums(args[1]) ? (faults.readWithSums ?? faults.read) : faults.read;
    return this.#suffer(fault, { method: 'read', args });
  }

  status(...args: unknown[]): Promise<unknown> {
    return this.#suffer(faults.status, { method: 'status', args });
  }

  append(...args: unknown[]): Promise<unknown> {
    return this.#suffer(faults.append, { method: 'append', args });
  }

  leaseRefresh(...args: unknown[]): Promise<unknown> {
    return this.#suffer(faults.leases, { method: 'leaseRefresh', args });
  }

  settleRefresh(...args: unknown[]): Promise<unknown> {
    return this.#suffer(faults.leases, { method: 'settleRefresh', args });
  }

  async #suffer(fault: LogFault = 'ok', call: Call): Promise<unknown> {
    const isDown = fault === 'throw' || (fault === 'throw-definite' && holdsDefinite(call));
    if (isDown) throw new Error('the log is down');
    if (fault === 'hang') await scheduler.wait(HANG_MS);
    if (typeof fault === 'object' && 'answer' in fault) return fault.answer;
    if (typeof fault === 'object' && 'delayMs' in fault) await scheduler.wait(fault.delayMs);
    const answer = await callLog(this.env, call);
    if (fault === 'lost') throw new Error('the answer was lost');
    return answer;
  }
}

function hasSums(options: unknown): boolean {
  return typeof options === 'object' && options !== null && 'sums' in options;
}

function holdsDefinite({ args: [marks] }: Call): boolean {
  return Array.isArray(marks) && marks.some((mark: { isTentative?: boolean }) => !mark.isTentative);
}

async function callLog({ LOG, LOG_URL = '' }: Environment, call: Call): Promise<unknown> {
  if (LOG !== undefined) return LOG.getByName('log')[call.method](...call.args);
  const response = await fetch(`${LOG_URL}/call`, { method: 'POST', body: JSON.stringify(call) });
  if (!response.ok) throw new Error(`the log answered ${response.status}`);
  return response.json();
}

export default {
  async fetch(request: Request, environment: Environment): Promise<Response> {
    const body: unknown = await request.json();
    // Both are written by this repository's own clients of the same types.
    if (new URL(request.url).pathname === '/call') {
      return Response.json(await callLog(environment, body as Call));
    }
    faults = body as LogFaults;
    return new Response(null, { status: 204 });
  },
};
