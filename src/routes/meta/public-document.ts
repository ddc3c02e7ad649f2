import { errorResponse } from '../../errors/error-response.ts';
import { readAsked } from '../../http/preflight.ts';
import type { Handler, RouteRequest } from '../../http/routes.ts';

const METHODS = ['GET', 'HEAD'];

/**
 * Headers of the answer to a preflight (Fetch standard). Any page may read a public document, without credentials. `*`
 * stands for every request header except `Authorization`. MCP clients send `mcp-protocol-version`, which is named too
 * for user agents that do not know `*`.
 */
const PREFLIGHT_HEADERS = {
  'access-control-allow-origin': '*',
  'access-control-allow-methods': METHODS.join(', '),
  'access-control-allow-headers': '*, authorization, mcp-protocol-version',
  'access-control-max-age': '86400',
};

/**
 * Headers of a document that is the same for every client, so that pages may read it and caches may keep it. Five
 * minutes save clients many requests, and are short enough for a key rotation.
 */
const DOCUMENT_HEADERS = {
  'cache-control': 'public, max-age=300',
  'access-control-allow-origin': '*',
  'x-content-type-options': 'nosniff',
};

/** Makes a response with a public JSON document. */
export function jsonDocument(body: string, mediaType = 'application/json'): Response {
  return new Response(body, { headers: { ...DOCUMENT_HEADERS, 'content-type': mediaType } });
}

/** Makes the handler of a public document: GET, HEAD and preflights. Any other method gets 405. */
export function publicDocument(handle: Handler<RouteRequest>): Handler<RouteRequest> {
  return async (received, parameter) => {
    const { request, target } = received;
    if (readAsked(target.method, request.headers) !== undefined) {
      return new Response(null, { status: 204, headers: PREFLIGHT_HEADERS });
    }
    if (!METHODS.includes(target.method)) {
      return errorResponse('method_not_allowed', { allowedMethods: METHODS });
    }
    const response = await handle(received, parameter);
    response.headers.set('access-control-allow-origin', '*');
    return response;
  };
}
