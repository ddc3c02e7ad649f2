import type { Vigil } from './vigil.ts';

/**
 * The same response with a body that breaks off when its session is over: unfinished by its framing, so that
 * nobody takes it for the whole. Chunks pass as they come, at the client's pace, and a length that was
 * declared stays declared.
 */
export function cutWhenOver(response: Response, vigil: Vigil): Response {
  const { body, headers } = response;
  if (body === null) {
    vigil.stop();
    return response;
  }
  // What is encoded is decoded on its way through here, and encoded anew by the platform: its length changes.
  const declared = headers.has('content-encoding') ? null : headers.get('content-length');
  const length = declared !== null && /^\d{1,15}$/.test(declared) ? Number(declared) : null;
  const { readable, writable } =
    length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
  const cut = new AbortController();
  void vigil.over.then(() => cut.abort());
  const passed = body.pipeTo(writable, { signal: cut.signal });
  void passed.catch(() => {}).finally(vigil.stop); // cut, or one of the ends went away
  return new Response(readable, response);
}
