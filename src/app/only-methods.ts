import { errorResponse } from '../errors/error-response.ts';
import type { Handler, RouteRequest } from '../http/routes.ts';

/** The methods of a route that is only read. */
export const READ_METHODS = ['GET', 'HEAD'];

/** Makes a handler that takes these methods. Any other method gets 405 with `Allow` (RFC 9110 section 15.5.6). */
export function onlyMethods(
  methods: readonly string[],
  handle: Handler<RouteRequest>,
): Handler<RouteRequest> {
  return (received, parameter) =>
    methods.includes(received.target.method)
      ? handle(received, parameter)
      : errorResponse('method_not_allowed', { allowedMethods: methods });
}
