/** The request as the origin received it: the answer to a request that asks for JSON. */
export interface EchoDocument {
  method: string;
  url: string;
  headers: [name: string, value: string][];
  /** Bytes of the request body. */
  bodyLength: number;
}

/** Reads the whole request, body included. */
export async function readEcho(request: Request): Promise<EchoDocument> {
  return {
    method: request.method,
    url: request.url,
    headers: [...request.headers],
    bodyLength: (await request.arrayBuffer()).byteLength,
  };
}
