import { request as httpRequest } from 'node:http';
import type { HeaderPairs, RecordedResponse } from './recording.ts';

export interface RawRequest {
  readonly method: string;
  readonly path: string;
  readonly headers: HeaderPairs;
  readonly body?: string | undefined;
}

/**
 * Sends a request as it is written: any method, a path that is not normalized, a header on several lines.
 * `fetch` allows none of these. Redirects are not followed.
 */
export function sendRaw(origin: string, sent: RawRequest): Promise<RecordedResponse> {
  const { hostname, port } = new URL(origin);
  const { promise, resolve, reject } = Promise.withResolvers<RecordedResponse>();
  const outgoing = httpRequest(
    { hostname, port, method: sent.method, path: sent.path, headers: sent.headers.flat() },
    (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () =>
        resolve({
          status: incoming.statusCode ?? 0,
          headers: pairs(incoming.rawHeaders),
          body: Buffer.concat(chunks).toString('utf8'),
        }),
      );
    },
  );
  outgoing.on('error', reject);
  outgoing.end(sent.body ?? '');
  return promise;
}

function pairs(flat: readonly string[]): HeaderPairs {
  return flat.flatMap((name, index) =>
    index % 2 === 0 ? [[name, flat[index + 1] ?? ''] as const] : [],
  );
}
