import { copyResponse } from '../http/copy-response.ts';
import { isFinalStatus } from '../http/final-status.ts';
import { failed, type Result, success } from '../runtime/result.ts';

export type UpstreamFault = 'upstream_unreachable' | 'upstream_timeout' | 'upstream_not_valid';

/** One call to a provider's API. */
export interface UpstreamCall {
  readonly method: string;
  /** Each is percent-encoded as one segment, so that none can become two. */
  readonly segments: readonly string[];
  /** Without `?`. */
  readonly query?: string;
  readonly headers?: HeadersInit;
  /** Text can be sent again; a stream is sent once. With a GET nothing is sent: no provider reads it. */
  readonly body?: string | ReadableStream | null;
  /** Whether it changes something, by whatever method: then it is sent once. */
  readonly isChange?: boolean;
}

/** A provider's API at one address. */
export interface Upstream {
  /**
   * The response as soon as its headers are there, whatever its status; redirects come back as they are.
   * A GET whose connection fails is sent once more unless it changes something, nothing else ever is.
   */
  send(call: UpstreamCall): Promise<Result<Response, UpstreamFault>>;
}

export interface UpstreamOptions {
  /** Without a slash at its end; the only thing that decides whom a call reaches. */
  readonly baseUrl: string;
  /** Until the response's headers. */
  readonly timeoutMs: number;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** How many times the deadline for headers a streamed body may take in all. */
const BODY_DEADLINES = 6;

export function createUpstream(options: UpstreamOptions): Upstream {
  return {
    async send(call) {
      const answer = await sendOnce(call, options);
      const isSafeToRepeat = call.method === 'GET' && call.isChange !== true && !answer.ok;
      return isSafeToRepeat && answer.failure === 'upstream_unreachable'
        ? sendOnce(call, options)
        : answer;
    },
  };
}

async function sendOnce(
  call: UpstreamCall,
  options: UpstreamOptions,
): Promise<Result<Response, UpstreamFault>> {
  const deadline = new AbortController();
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
  try {
    const response = await options.fetch(upstreamRequest(call, options.baseUrl, deadline.signal));
    if (!isFinalStatus(response.status)) {
      void response.body?.cancel().catch(() => {}); // nobody reads it
      return failed('upstream_not_valid');
    }
    return success(withBodyDeadline(response, BODY_DEADLINES * options.timeoutMs));
  } catch {
    return failed(deadline.signal.aborted ? 'upstream_timeout' : 'upstream_unreachable');
  } finally {
    clearTimeout(timer);
  }
}

function upstreamRequest(call: UpstreamCall, baseUrl: string, signal: AbortSignal): Request {
  const headers = new Headers(call.headers);
  return new Request(upstreamUrl(call, baseUrl), {
    method: call.method,
    headers,
    ...(call.body != null && call.method !== 'GET' && { body: call.body }),
    redirect: 'manual',
    cache: 'no-store',
    signal,
  });
}

function upstreamUrl({ segments, query = '' }: UpstreamCall, baseUrl: string): URL {
  const url = new URL(baseUrl);
  const { origin } = url;
  const path = segments.map((segment) => `/${encodeURIComponent(segment)}`).join('');
  url.pathname = `${url.pathname.replace(/\/$/, '')}${path}`;
  url.search = query;
  // Unreachable while segments are checked before they come here: a segment of dots would be a way up.
  if (url.origin !== origin || !url.pathname.endsWith(path)) throw new Error('call left its base');
  return url;
}

/** The same response with a body that fails when it has not ended in time: a drip would hold us for ever. */
function withBodyDeadline(response: Response, timeoutMs: number): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => {}); // somebody may have stopped reading
  const timer = setTimeout(() => reject(new Error('the body took too long')), timeoutMs);
  const finish = () => clearTimeout(timer);
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await Promise.race([reader.read(), late]);
        if (!done) return controller.enqueue(value);
        finish();
        controller.close();
      } catch (error) {
        finish();
        controller.error(error);
        await reader.cancel().catch(() => {});
      }
    },
    async cancel() {
      finish();
      await reader.cancel();
    },
  });
  return copyResponse(response, body);
}
