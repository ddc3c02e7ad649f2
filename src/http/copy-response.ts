// No I/O, no clock.

const CONTROL = /[\0-\x1f]/;

/**
 * Copies a response, with headers that can be changed, and with another body if one is given.
 *
 * A reason phrase may hold a tab (RFC 9112 section 4). The platform gives such a phrase to a Worker, but does not
 * accept it back. The copy has no phrase then; clients are to ignore it anyway.
 */
export function copyResponse(response: Response, body: BodyInit | null = response.body): Response {
  if (!CONTROL.test(response.statusText)) return new Response(body, response);
  const { status, headers } = response;
  return new Response(body, { status, headers });
}
