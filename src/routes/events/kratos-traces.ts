import { errorResponse } from '../../errors/error-response.ts';
import type { Reason } from '../../errors/reasons.ts';
import { readBearer } from '../../http/bearer.ts';
import { MAX_TRACES_BYTES } from '../../http/body-limits.ts';
import { BROKEN_OFF, readBoundedBytes, TOO_LONG } from '../../http/read-bounded-text.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import { readSpans } from './otlp-spans.ts';
import { type ReceiverOptions, ReceiverRate, reportReceived } from './receiver.ts';
import { marksOfSpans, TraceCallers } from './trace-marks.ts';

export interface TracesOptions extends ReceiverOptions {
  readonly apiKeys: readonly string[];
}

const PROTOBUF = 'application/x-protobuf';

/**
 * Serves `POST /.postern/events/otlp/v1/traces`: traces of Kratos by OTLP/HTTP 1.0 (opentelemetry.io/docs/specs/otlp), as
 * protobuf, with or without gzip. What they tell is checked again at the store. The exporter repeats a message after 429
 * and 503, and a repeated message changes nothing. 200 is sent only after the marks are recorded.
 */
export function createTracesReceiver(options: TracesOptions) {
  const rate = new ReceiverRate();
  const callers = new TraceCallers();
  const finish = (response: Response, outcome: string, marks: number): Response => {
    const { status } = response;
    // A message without marks is what most traces are, so it has no line.
    if (status !== 200 || marks > 0) {
      reportReceived(options.report, { intake: 'traces', status, outcome, marks });
    }
    return response;
  };
  const refuse = (reason: Reason) => finish(errorResponse(reason), reason, 0);
  return async function traces(request: Request): Promise<Response> {
    const presented = readBearer(request.headers.get('authorization'));
    if (presented === undefined || !matchesSecret(presented, options.apiKeys)) {
      return refuse('event_unauthenticated');
    }
    if (request.headers.get('content-type') !== PROTOBUF) return refuse('event_malformed');
    const body = await readBoundedBytes(decompressed(request), MAX_TRACES_BYTES);
    if (body === TOO_LONG) return refuse('event_too_long');
    const spans = body === BROKEN_OFF ? undefined : readSpans(body);
    if (spans === undefined) return refuse('event_malformed');
    const marks = marksOfSpans(spans, callers);
    if (marks.length > 0) {
      if (!rate.admit(options.now())) return refuse('event_rate_exceeded');
      const outcome = await options.recorder.record({ marks, hasEveryName: true });
      if (outcome === 'unrecorded') return refuse('revocation_unrecorded');
    }
    const headers = { 'content-type': PROTOBUF, 'cache-control': 'private, no-store' };
    return finish(new Response(null, { headers }), 'recorded', marks.length);
  };
}

/** The body as it was before compression. A body that does not decompress breaks off. */
function decompressed({ body, headers }: Request): { body: ReadableStream<Uint8Array> | null } {
  return headers.get('content-encoding') === 'gzip' && body !== null
    ? { body: body.pipeThrough(new DecompressionStream('gzip')) }
    : { body };
}
