import type { AdmittedTarget } from '../http/admit.ts';
import { isFinalStatus } from '../http/final-status.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { Session } from '../session/session.ts';
import type { SendableCall } from './content-of-get.ts';

export type OriginFault = 'origin_unreachable' | 'origin_timeout' | 'origin_not_valid';

/** The decision that let a request pass. */
export interface Passage {
  /** The proven session; `undefined` if the rule asks for none, or if the session is optional and there is none. */
  readonly session: Session | undefined;
  /** The reason why an optional session was not found. */
  readonly reason: string | undefined;
  readonly target: AdmittedTarget;
}

/** Sends a request to the site. A site in the gate's own Worker learns of the passage; over the network it is not sent. */
export type FetchSite = (
  input: string | Request,
  init: RequestInit,
  passage: Passage,
) => Promise<Response>;

/** The site behind the gate. */
export interface Origin {
  readonly fetch: FetchSite;
  /** The deadline for the response's headers. The body has no deadline. */
  readonly timeoutMs: number;
}

/**
 * Sends a request to the origin and returns the response as soon as its headers arrive; the body streams. Redirects are
 * not followed.
 *
 * A late call is not aborted: it ends with the last work of its request, or when its answer comes after all. An abort
 * signal would end the call at once. But it would cost every timely call more than all other work for the deadline.
 */
export function sendToOrigin(
  { input, init }: SendableCall,
  { fetch, timeoutMs }: Origin,
  passage: Passage,
): Promise<Result<Response, OriginFault>> {
  const call = Promise.resolve(fetch(input, init, passage));
  return new Promise((resolve, reject) => {
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      resolve(failed('origin_timeout'));
    }, timeoutMs);
    call.then(
      (response) => {
        clearTimeout(timer);
        try {
          const isTaken = !isLate && isUsable(response);
          resolve(isTaken ? success(response) : failed('origin_not_valid')); // after the deadline it does nothing
          if (!isTaken) discard(response).catch(() => {}); // the answer could not be discarded
        } catch (error) {
          reject(error);
        }
      },
      () => {
        clearTimeout(timer);
        resolve(failed('origin_unreachable')); // the network: only the call itself can fail so
      },
    );
  });
}

/** Returns whether a response is an answer. A 101 is an answer when it brings the requested socket. */
function isUsable(response: Response): boolean {
  return isFinalStatus(response.status) || Boolean(response.webSocket);
}

/** Discards a response that is not read. */
async function discard(response: Response): Promise<void> {
  response.webSocket?.accept();
  response.webSocket?.close();
  await response.body?.cancel();
}
