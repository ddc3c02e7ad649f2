/** The result for a body that is longer than allowed. No part of the body is used. */
export const TOO_LONG = Symbol('body too long');

/**
 * Reads a body as UTF-8 text, at most `maxBytes` of it. At the first byte too many, it stops reading and releases
 * the connection. Throws what the stream throws.
 */
export async function readBoundedText(
  message: Pick<Response, 'body' | 'headers'>,
  maxBytes: number,
): Promise<string | typeof TOO_LONG> {
  if (message.body === null) return '';
  const declared = Number(message.headers.get('content-length') ?? 0);
  if (declared > maxBytes) {
    await message.body.cancel();
    return TOO_LONG;
  }
  const reader = message.body.getReader();
  const decoder = new TextDecoder();
  let text = '';
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return text + decoder.decode();
    length += value.byteLength;
    if (length > maxBytes) {
      await reader.cancel();
      return TOO_LONG;
    }
    text += decoder.decode(value, { stream: true });
  }
}
