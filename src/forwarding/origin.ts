import { failed, type Result, success } from '../errors/result.ts';
import type { OriginCall } from './origin-request.ts';

/** The site behind the gate. */
export interface Origin {
  /**
   * Sends a request on and gives back the response as soon as its headers are there; the body streams.
   * Redirects come back as they are.
   */
  fetch(call: OriginCall): Promise<Result<Response, 'origin_unreachable' | 'origin_timeout'>>;
}

export interface OriginOptions {
  readonly fetch: (url: string, init: RequestInit) => Promise<Response>;
  /** Until the response's headers; the body has no deadline. */
  readonly timeoutMs: number;
}

export function createOrigin({ fetch, timeoutMs }: OriginOptions): Origin {
  return {
    async fetch({ url, init }) {
      const { promise: deadline, resolve } = Promise.withResolvers<undefined>();
      const timer = setTimeout(resolve, timeoutMs);
      try {
        // A call that is not waited for any more ends with its request; an abort signal for that costs each call more than the timer.
        const response = await Promise.race([fetch(url, init), deadline]);
        return response === undefined ? failed('origin_timeout') : success(response);
      } catch {
        return failed('origin_unreachable');
      } finally {
        clearTimeout(timer);
      }
    },
  };
}
