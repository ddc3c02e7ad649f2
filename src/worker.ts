import { RevocationLog } from './app/deployed-revocation-log.ts';
import { Gateways } from './app/start-gateway.ts';

export { RevocationLog };

const gateways = new Gateways();

/** The module that the platform calls. Its type needs no global of the platform but `Request` and `Response`. */
export interface PosternWorker {
  /**
   * Answers a request: by a route of Postern's own, or by the site behind the gate.
   *
   * @param environment the Worker's settings and bindings (docs/configuration.md)
   */
  fetch(
    request: Request,
    environment: object,
    context: { waitUntil(work: Promise<unknown>): void },
  ): Promise<Response>;
}

const worker: PosternWorker = {
  fetch(request, environment, context) {
    const waitUntil = (work: Promise<unknown>) => context.waitUntil(work);
    const gateway = gateways.started(environment);
    if (gateway !== undefined) return gateway.fetch(request, waitUntil);
    return gateways
      .start(environment, request)
      .then((started) => started.fetch(request, waitUntil));
  },
};
export default worker;
