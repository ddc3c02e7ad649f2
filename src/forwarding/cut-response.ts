import type { SessionWatch } from './session-watch.ts';

/**
 * Returns the response with a body that is cut off when its session ends. The framing shows that the body is
 * incomplete, so that clients do not take it for the whole body. Chunks pass as they arrive, at the client's pace. A
 * declared length stays declared.
 */
export function cutWhenOver(response: Response, watch: SessionWatch): Response {
  const { body, headers } = response;
  if (body === null) {
    watch.stop();
    return response;
  }
  // An encoded body is decoded on its way through here, and the platform encodes it again: its length changes.
  const declared = headers.has('content-encoding') ? null : headers.get('content-length');
  const length = declared !== null && /^\d{1,15}$/.test(declared) ? Number(declared) : null;
  const { readable, writable } = passage(length);
  const cut = new AbortController();
  void watch.over.then(() => cut.abort());
  const passed = body.pipeTo(writable, { signal: cut.signal });
  void passed.catch(() => {}).finally(watch.stop); // the body was cut, or one of the ends went away
  return new Response(readable, response);
}

/** Returns a stream that bytes pass through. Only the platform's streams carry a declared length. */
function passage(length: number | null): Pick<TransformStream, 'readable' | 'writable'> {
  if (typeof IdentityTransformStream === 'undefined') return new TransformStream(); // in Node, where users test their site
  return length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
}
