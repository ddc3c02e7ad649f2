import { type IncomingMessage, request } from 'node:http';
import { DEFAULT_HOST } from '../../support/raw-http.ts';

/** `fetch` that sends the `Host` of the gate's public URL to any address, and follows no redirect. */
export async function fetchAs(
  input: string | URL | Request,
  init?: RequestInit,
): Promise<Response> {
  const sent = new Request(input, init);
  const body = Buffer.from(await sent.arrayBuffer());
  const { promise, resolve, reject } = Promise.withResolvers<Response>();
  const headers = {
    ...Object.fromEntries(sent.headers),
    host: DEFAULT_HOST,
    ...(body.length > 0 && { 'content-length': String(body.length) }),
  };
  const outgoing = request(sent.url, { method: sent.method, headers }, (incoming) => {
    readResponse(incoming).then(resolve, reject);
  });
  outgoing.on('error', reject);
  outgoing.end(body);
  return promise;
}

async function readResponse(incoming: IncomingMessage): Promise<Response> {
  const chunks: Buffer[] = [];
  for await (const chunk of incoming) chunks.push(chunk as Buffer); // no encoding is set: buffers
  const headers = new Headers();
  for (let index = 0; index < incoming.rawHeaders.length; index += 2) {
    headers.append(incoming.rawHeaders[index] ?? '', incoming.rawHeaders[index + 1] ?? '');
  }
  const status = incoming.statusCode ?? 0;
  const isBodyless = status === 204 || status === 304;
  return new Response(isBodyless ? null : Buffer.concat(chunks), { status, headers });
}
