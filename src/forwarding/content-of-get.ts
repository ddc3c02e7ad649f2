import type { Awaitable } from '../runtime/awaitable.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { OriginCall } from './origin-request.ts';

/** Arguments for `fetch()`. A request as input already has its URL, method and body. */
export interface SendableCall {
  readonly input: string | Request;
  readonly init: RequestInit;
}

/**
 * Returns the call in a form in which `fetch()` sends its content.
 *
 * Content of GET and HEAD is unusual but allowed (RFC 9110 section 9.3.1). The platform sends it only from a copy of
 * the request it came with, and only when its length was declared. Content without a length is refused (section
 * 15.5.12), because it would not arrive. Empty content (`Content-Length: 0`) counts as no content.
 */
export function sendableCall(
  { url, init }: OriginCall,
  received: Request,
): Awaitable<Result<SendableCall, 'length_required'>> {
  const { method, body } = received;
  if (body === null || (method !== 'GET' && method !== 'HEAD')) {
    return success({ input: url, init });
  }
  if (Number(received.headers.get('content-length')) > 0) {
    const { headers } = init;
    return success({ input: new Request(url, received), init: { headers, redirect: 'manual' } });
  }
  return isEmpty(body).then((hasNone) =>
    hasNone ? success({ input: url, init: { ...init, body: null } }) : failed('length_required'),
  );
}

async function isEmpty(body: ReadableStream<Uint8Array>): Promise<boolean> {
  const reader = body.getReader();
  try {
    const { done } = await reader.read();
    if (!done) await reader.cancel();
    return done;
  } catch {
    return false; // the client went away
  }
}
