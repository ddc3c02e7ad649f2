import { isFinalStatus } from '../http/final-status.ts';
import { LATE, within } from '../runtime/deadline.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { SendableCall } from './content-of-get.ts';

export type OriginFault = 'origin_unreachable' | 'origin_timeout' | 'origin_not_valid';

/** The site behind the gate. */
export interface Origin {
  readonly fetch: (input: string | Request, init: RequestInit) => Promise<Response>;
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
export async function sendToOrigin(
  { input, init }: SendableCall,
  { fetch, timeoutMs }: Origin,
): Promise<Result<Response, OriginFault>> {
  const call = fetch(input, init).catch(() => undefined); // the network: only the call itself can fail so
  const response = await within(timeoutMs, call);
  if (response === undefined) return failed('origin_unreachable');
  if (response !== LATE && isUsable(response)) return success(response);
  void call.then(discard).catch(() => {}); // the answer could not be discarded
  return failed(response === LATE ? 'origin_timeout' : 'origin_not_valid');
}

/** Returns whether a response is an answer. A 101 is an answer when it brings the requested socket. */
function isUsable({ status, webSocket }: Response): boolean {
  return webSocket !== null || isFinalStatus(status);
}

/** Discards a response that is not read. */
async function discard(response: Response | undefined): Promise<void> {
  response?.webSocket?.accept();
  response?.webSocket?.close();
  await response?.body?.cancel();
}
