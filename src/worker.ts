import { type Config, readConfig } from './config/config.ts';
import { errorResponse } from './errors/error-response.ts';
import { createGateway, type Gateway } from './gateway.ts';
import { LOG_NAME, RevocationLog } from './revocation/revocation-log.ts';

export { RevocationLog };

/** The bindings a deployment may have besides its settings. */
interface Environment extends Record<string, unknown> {
  readonly SESSIONS?: KVNamespace;
  readonly REVOCATIONS?: DurableObjectNamespace<RevocationLog>;
  /** A Worker in front of Kratos, placed near it. */
  readonly KRATOS?: Fetcher;
  /** The site, when it is a Worker. */
  readonly ORIGIN?: Fetcher;
}

/** One gateway per isolate: the platform hands every request of an isolate the same environment. */
const gateways = new WeakMap<Environment, Gateway>();

export default {
  fetch(request, environment, context) {
    const anchor = (work: Promise<unknown>) => context.waitUntil(work);
    return gatewayFor(environment).fetch(request, anchor);
  },
} satisfies ExportedHandler<Environment>;

function gatewayFor(environment: Environment): Gateway {
  const known = gateways.get(environment);
  if (known !== undefined) return known;
  const config = readConfig(environment);
  const gateway = config.ok
    ? createGateway(config.value, surroundingsOf(environment, config.value))
    : refuseService(config.failure);
  gateways.set(environment, gateway);
  return gateway;
}

function surroundingsOf(
  { SESSIONS, KRATOS, ORIGIN, REVOCATIONS }: Environment,
  { ORIGIN_URL }: Config,
) {
  const overNetwork = (request: Request) => fetch(request);
  return {
    kv: SESSIONS,
    openLog: REVOCATIONS && (() => REVOCATIONS.getByName(LOG_NAME)),
    fetchStore: KRATOS ? (request: Request) => KRATOS.fetch(request) : overNetwork,
    fetchKeys: overNetwork,
    fetchOrigin: ORIGIN
      ? (request: Request) => ORIGIN.fetch(request)
      : ORIGIN_URL === undefined
        ? undefined
        : overNetwork,
    now: () => Date.now(),
    random: () => Math.random(),
    write: (line: string) => console.log(line),
  };
}

/** A wrong configuration serves nobody: every wrong setting goes to the log, none of it to the client. */
function refuseService(problems: readonly string[]): Gateway {
  for (const problem of problems)
    console.error(JSON.stringify({ event: 'configuration', problem }));
  return { fetch: async () => errorResponse('configuration_invalid') };
}
