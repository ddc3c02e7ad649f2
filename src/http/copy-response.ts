// No I/O, no clock.

const CONTROL = /[\0-\x1f]/;

/**
 * The same response with headers that can be changed, and another body where one is given.
 *
 * A reason phrase may hold a tab (RFC 9112 section 4). The platform hands it to a Worker and takes none back, so such a
 * phrase is left out: clients are to ignore it anyway.
 */
export function copyResponse(response: Response, body: BodyInit | null = response.body): Response {
  if (!CONTROL.test(response.statusText)) return new Response(body, response);
  const { status, headers } = response;
  return new Response(body, { status, headers });
}
