import { RevocationLog } from './app/deployed-revocation-log.ts';
import { Gateways } from './app/start-gateway.ts';
import type { Awaitable } from './runtime/awaitable.ts';

export { RevocationLog };

const gateways = new Gateways();

/**
 * The module that the platform calls. Its type needs no global of the platform but `Request` and `Response`. An answer
 * from memory is there at once.
 */
const worker = {
  fetch(
    request: Request,
    environment: object,
    context: { waitUntil(work: Promise<unknown>): void },
  ): Awaitable<Response> {
    const waitUntil = (work: Promise<unknown>) => context.waitUntil(work);
    const gateway = gateways.started(environment);
    if (gateway !== undefined) return gateway.fetch(request, waitUntil);
    return gateways
      .start(environment, request)
      .then((started) => started.fetch(request, waitUntil));
  },
};
export default worker;
