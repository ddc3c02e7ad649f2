/** Makes the request for a site in the gate's own Worker from the call to an origin. */
export function siteRequest(
  input: string | Request,
  init: RequestInit,
  received: Request,
): Request {
  // A middleware in front of the gate may have read the body. The router then has it.
  const body = received.bodyUsed ? null : init.body;
  const { cf, signal } = received;
  const members = {
    ...init,
    ...(body !== undefined && { body }),
    ...(cf !== undefined && { cf }),
    signal,
    duplex: 'half', // Node asks for it if the body is a stream
  };
  return new Request(input, members as RequestInit); // `cf` of a received request is what the platform gave
}
