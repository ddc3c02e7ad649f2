import { isFinalStatus } from '../http/final-status.ts';
import { LATE, within } from '../runtime/deadline.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { SendableCall } from './content-of-get.ts';

export type OriginFault = 'origin_unreachable' | 'origin_timeout' | 'origin_not_valid';

/** The site behind the gate. */
export interface Origin {
  /**
   * Sends a request on and gives back the response as soon as its headers are there; the body streams.
   * Redirects come back as they are.
   */
  fetch(call: SendableCall): Promise<Result<Response, OriginFault>>;
}

export interface OriginOptions {
  readonly fetch: (input: string | Request, init: RequestInit) => Promise<Response>;
  /** Until the response's headers; the body has no deadline. */
  readonly timeoutMs: number;
}

/**
 * A call that is given up ends with the last work of its request, or when its answer comes after all: an abort signal
 * would end it at once, but costs every call that is in time more than all else that keeps the deadline.
 */
export function createOrigin({ fetch, timeoutMs }: OriginOptions): Origin {
  return {
    async fetch({ input, init }) {
      try {
        const call = fetch(input, init);
        const response = await within(timeoutMs, call);
        if (response !== LATE && isUsable(response)) return success(response);
        void call.then(discard).catch(() => {}); // it failed after all, or could not be let go of
        return failed(response === LATE ? 'origin_timeout' : 'origin_not_valid');
      } catch {
        return failed('origin_unreachable');
      }
    },
  };
}

/** 101 is an answer when it brings the socket that was asked for. */
function isUsable({ status, webSocket }: Response): boolean {
  return webSocket !== null || isFinalStatus(status);
}

/** Nobody will read it. */
async function discard({ body, webSocket }: Response): Promise<void> {
  webSocket?.accept();
  webSocket?.close();
  await body?.cancel();
}
