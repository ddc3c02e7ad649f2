import { copyResponse } from '../http/copy-response.ts';
import { isFinalStatus } from '../http/final-status.ts';
import { failed, type Result, success } from '../runtime/result.ts';

export type UpstreamFault = 'upstream_unreachable' | 'upstream_timeout' | 'upstream_not_valid';

/** One call to a provider's API. */
export interface UpstreamCall {
  readonly method: string;
  /** Segments of the path. Each is percent-encoded, so that one segment cannot become two. */
  readonly segments: readonly string[];
  /** Without `?`. */
  readonly query?: string;
  readonly headers?: HeadersInit;
  /** Text can be sent again; a stream is sent once. A GET is sent without a body, because providers do not read it. */
  readonly body?: string | ReadableStream | null;
  /** Whether the call changes something, by any method. Such a call is sent once. */
  readonly isChange?: boolean;
}

/** A provider's API at one address. */
export interface Upstream {
  /**
   * Sends a call and returns the response as soon as its headers arrive, with any status. Redirects are not followed.
   * A GET that changes nothing is sent once more when its connection fails. Other calls are never sent again.
   */
  send(call: UpstreamCall): Promise<Result<Response, UpstreamFault>>;
}

export interface UpstreamOptions {
  /** The URL without a slash at its end. It alone decides which server a call reaches. */
  readonly baseUrl: string;
  /** The deadline for the response's headers. */
  readonly timeoutMs: number;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** The deadline for a whole streamed body, as a multiple of the deadline for headers. */
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
  const request = upstreamRequest(call, options.baseUrl, deadline.signal);
  const timer = setTimeout(() => deadline.abort(), options.timeoutMs);
  const response = await options
    .fetch(request)
    .catch(() => undefined) // the network: only the call itself can fail so
    .finally(() => clearTimeout(timer));
  if (response === undefined) {
    return failed(deadline.signal.aborted ? 'upstream_timeout' : 'upstream_unreachable');
  }
  if (!isFinalStatus(response.status)) {
    void response.body?.cancel().catch(() => {}); // the body is not read
    return failed('upstream_not_valid');
  }
  return success(withBodyDeadline(response, BODY_DEADLINES * options.timeoutMs));
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
  // Unreachable, because segments are checked before: a segment of dots would lead out of the base path.
  if (url.origin !== origin || !url.pathname.endsWith(path)) throw new Error('call left its base');
  return url;
}

/**
 * Returns the response with a body that fails when it does not end in time. A slow body could hold Postern for ever.
 */
function withBodyDeadline(response: Response, timeoutMs: number): Response {
  if (response.body === null) return response;
  const reader = response.body.getReader();
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => {}); // the reader may have stopped before the deadline
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
