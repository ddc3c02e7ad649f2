/** Reads HTTP/1.1 responses out of bytes. Pure: no I/O, no clock. */

/** One response as it stood on the wire. */
export interface RawResponse {
  readonly status: number;
  readonly reason: string;
  /** In wire order, names as sent, repeated ones apart; bytes above 0x7f read as Latin-1. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Without transfer coding, with content coding. */
  readonly body: Uint8Array;
  /** The body read as UTF-8. */
  readonly text: string;
  /** Every byte of this response, interim responses excepted. */
  readonly raw: Uint8Array;
  /** Bytes that followed this response on the connection: not empty means two answers to one request. */
  readonly rest: Uint8Array;
  /** False when the connection ended before the body did. */
  readonly complete: boolean;
}

/** Context of the bytes: the request's method, and whether the other side has closed. */
export interface ParseContext {
  readonly method: string;
  readonly closed: boolean;
}

interface Body {
  readonly bytes: Buffer;
  readonly length: number;
  readonly complete: boolean;
}

const HEAD_END = '\r\n\r\n';
const WITHOUT_BODY = new Set([204, 304]);

/** The first final response in these bytes, `undefined` while it is not all there and the connection is open. */
export function parseResponse(bytes: Buffer, context: ParseContext): RawResponse | undefined {
  const headLength = bytes.indexOf(HEAD_END);
  if (headLength === -1) return undefined;
  const { status, reason, headers } = parseHead(bytes.toString('latin1', 0, headLength));
  const bodyStart = headLength + HEAD_END.length;
  if (status >= 100 && status < 200 && status !== 101)
    return parseResponse(bytes.subarray(bodyStart), context);
  const hasBody = context.method !== 'HEAD' && !WITHOUT_BODY.has(status) && status !== 101;
  const after = bytes.subarray(bodyStart);
  const body = hasBody ? readBody(after, headers, context) : emptyBody();
  if (!body.complete && !context.closed) return undefined;
  const end = bodyStart + body.length;
  return {
    status,
    reason,
    headers,
    body: body.bytes,
    text: body.bytes.toString('utf8'),
    raw: bytes.subarray(0, end),
    rest: bytes.subarray(end),
    complete: body.complete,
  };
}

function parseHead(head: string): Pick<RawResponse, 'status' | 'reason' | 'headers'> {
  const [statusLine = '', ...lines] = head.split('\r\n');
  const [, status, reason = ''] = /^HTTP\/1\.[01] (\d{3})(?: (.*))?$/.exec(statusLine) ?? [];
  if (status === undefined)
    throw new Error(`not an HTTP/1.1 response: ${JSON.stringify(statusLine)}`);
  return { status: Number(status), reason, headers: lines.map(splitHeader) };
}

function splitHeader(line: string): [string, string] {
  const colon = line.indexOf(':');
  if (colon < 1) throw new Error(`not a header line: ${JSON.stringify(line)}`);
  return [line.slice(0, colon), line.slice(colon + 1).trim()];
}

function emptyBody(): Body {
  return { bytes: Buffer.alloc(0), length: 0, complete: true };
}

function readBody(bytes: Buffer, headers: RawResponse['headers'], { closed }: ParseContext): Body {
  const value = (name: string) => headers.find(([key]) => key.toLowerCase() === name)?.[1];
  if (value('transfer-encoding')?.toLowerCase() === 'chunked') return readChunks(bytes);
  const declared = value('content-length');
  if (declared === undefined) return { bytes, length: bytes.length, complete: closed };
  const length = Math.min(Number(declared), bytes.length);
  return { bytes: bytes.subarray(0, length), length, complete: length === Number(declared) };
}

function readChunks(bytes: Buffer): Body {
  const chunks: Buffer[] = [];
  let position = 0;
  while (true) {
    const lineEnd = bytes.indexOf('\r\n', position);
    if (lineEnd === -1) break;
    const size = Number.parseInt(bytes.toString('latin1', position, lineEnd), 16);
    if (Number.isNaN(size)) throw new Error('not a chunk size');
    const start = lineEnd + 2;
    if (size === 0) {
      const end = bytes.indexOf('\r\n', start);
      if (end === -1) break;
      if (end === start) return { bytes: Buffer.concat(chunks), length: end + 2, complete: true };
      throw new Error('a trailer after the last chunk is not read here');
    }
    if (bytes.length < start + size + 2) {
      chunks.push(bytes.subarray(start, start + size));
      break;
    }
    chunks.push(bytes.subarray(start, start + size));
    position = start + size + 2;
  }
  return { bytes: Buffer.concat(chunks), length: bytes.length, complete: false };
}
