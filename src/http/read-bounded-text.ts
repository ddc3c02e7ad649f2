/** The result for a body that is longer than allowed. No part of the body is used. */
export const TOO_LONG = Symbol('body too long');
/** The result for a body whose connection failed before its end. */
export const BROKEN_OFF = Symbol('body broken off');

/**
 * Reads a body as UTF-8 text, at most `maxBytes` of it. At the first byte too many, it stops reading and releases
 * the connection.
 */
export async function readBoundedText(
  message: Pick<Response, 'body' | 'headers'>,
  maxBytes: number,
): Promise<string | typeof TOO_LONG | typeof BROKEN_OFF> {
  if (message.body === null) return '';
  const declared = Number(message.headers.get('content-length') ?? 0);
  if (declared > maxBytes) {
    void message.body.cancel().catch(() => {}); // the connection may have failed already
    return TOO_LONG;
  }
  const decoder = new TextDecoder();
  let text = '';
  const end = await readChunks(message.body, maxBytes, (chunk) => {
    text += decoder.decode(chunk, { stream: true });
  });
  return end ?? text + decoder.decode();
}

/** Reads a body as bytes, in the same way. */
export async function readBoundedBytes(
  { body }: { readonly body: ReadableStream<Uint8Array> | null },
  maxBytes: number,
): Promise<Uint8Array | typeof TOO_LONG | typeof BROKEN_OFF> {
  const chunks: Uint8Array[] = [];
  const end = body && (await readChunks(body, maxBytes, (chunk) => chunks.push(chunk)));
  return end ?? new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Passes each chunk on. Returns why the body was not read to its end; `undefined` if it was. */
async function readChunks(
  body: ReadableStream<Uint8Array>,
  maxBytes: number,
  take: (chunk: Uint8Array) => void,
): Promise<typeof TOO_LONG | typeof BROKEN_OFF | undefined> {
  const reader = body.getReader();
  let length = 0;
  for (;;) {
    const chunk = await reader.read().catch(() => undefined); // only the connection can fail here
    if (chunk === undefined) return BROKEN_OFF;
    const { done, value } = chunk;
    if (done) return undefined;
    length += value.byteLength;
    if (length > maxBytes) {
      void reader.cancel().catch(() => {}); // the connection may have failed already
      return TOO_LONG;
    }
    take(value);
  }
}

/** Reads a body as {@link readBoundedText} does; `undefined` if the body is too long or breaks off. */
export async function readWholeText(
  message: Pick<Response, 'body' | 'headers'>,
  maxBytes: number,
): Promise<string | undefined> {
  const text = await readBoundedText(message, maxBytes);
  return text === TOO_LONG || text === BROKEN_OFF ? undefined : text;
}
