import { loadSignIn } from './app/compose-sign-in.ts';
import { answerBug, createGateway, type Gateway } from './app/gateway.ts';
import type { BINDINGS } from './config/bindings.ts';
import { type Config, readConfig } from './config/config.ts';
import { hasCondition } from './config/rule-settings.ts';
import { errorResponse } from './errors/error-response.ts';
import { createBugReport } from './observability/bug-report.ts';
import { pageForPerson } from './refusals/error-page.ts';
import { LOG_NAME, RevocationLog } from './revocation/revocation-log.ts';
import { loadConditionLanguage } from './rules/compile-condition.ts';
import type { OperatorEvent } from './runtime/report.ts';

export { RevocationLog };

/** The platform's type of each kind of binding. */
interface BindingTypes {
  readonly 'KV namespace': KVNamespace;
  readonly 'Durable Object': DurableObjectNamespace<RevocationLog>;
  readonly service: Fetcher;
  readonly 'Analytics Engine dataset': AnalyticsEngineDataset;
}

/** The settings of a deployment, and the bindings that it has. */
type Environment = Readonly<Record<string, unknown>> & {
  readonly [Name in keyof typeof BINDINGS]?: BindingTypes[(typeof BINDINGS)[Name]];
};

/** The name of Postern's own cache. `caches.default` is the one that `fetch` reads and writes for the site's URLs. */
const LOCATION_CACHE = 'postern';

/**
 * The gateway of each environment. The platform gives every request of an isolate the same environment, so an
 * isolate has one gateway.
 */
const gateways = new WeakMap<object, Gateway>();

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
    const gateway = gateways.get(environment);
    if (gateway !== undefined) return gateway.fetch(request, waitUntil);
    // The platform makes each binding as wrangler.toml declares it. `readConfig` checks everything else.
    const starting = startGateway(environment as Environment);
    return starting.then((started) => started.fetch(request, waitUntil));
  },
};
export default worker;

/**
 * Makes the gateway. Requests that arrive before the isolate has a gateway share one. If the start fails, the next
 * request tries again.
 */
async function startGateway(environment: Environment): Promise<Gateway> {
  try {
    if (hasCondition(environment.RULES)) await loadConditionLanguage();
    if (environment.SIGN_IN_SECRETS !== undefined) await loadSignIn();
    return gateways.get(environment) ?? makeGateway(environment);
  } catch (error) {
    return { fetch: (request) => answerBug(error, createBugReport(report), request) };
  }
}

function makeGateway(environment: Environment): Gateway {
  const config = readConfig(environment);
  const gateway = config.ok
    ? createGateway(config.value, dependenciesOf(environment, config.value))
    : refuseService(config.failure);
  gateways.set(environment, gateway);
  return gateway;
}

function report(event: OperatorEvent): void {
  console.log(JSON.stringify(event));
}

function dependenciesOf(environment: Environment, { ORIGIN_URL }: Config) {
  const { SESSIONS, KRATOS, KRATOS_ADMIN, KEYCARD, ORIGIN, REVOCATIONS, METRICS } = environment;
  const overNetwork = (request: Request) => fetch(request);
  const through = (binding: Fetcher | undefined) =>
    binding ? (request: Request) => binding.fetch(request) : overNetwork;
  return {
    kv: SESSIONS,
    openLocationCache: () => caches.open(LOCATION_CACHE),
    openLog: REVOCATIONS && (() => REVOCATIONS.getByName(LOG_NAME)),
    openRefreshLeases: REVOCATIONS && (() => REVOCATIONS.getByName(LOG_NAME)),
    fetchers: {
      kratos: through(KRATOS),
      kratosAdmin: through(KRATOS_ADMIN),
      keycard: through(KEYCARD),
      keys: overNetwork,
    },
    fetchOrigin: originOf(ORIGIN, ORIGIN_URL),
    now: () => Date.now(),
    random: () => Math.random(),
    report,
    metrics: METRICS,
  };
}

function originOf(binding: Fetcher | undefined, url: string | undefined) {
  if (binding !== undefined) {
    return (to: string | Request, init: RequestInit) => binding.fetch(to, init);
  }
  return url === undefined
    ? undefined
    : (to: string | Request, init: RequestInit) => fetch(to, init);
}

/** Answers every request with an error page. The log names every wrong setting; the client sees none of them. */
function refuseService(problems: readonly string[]): Gateway {
  for (const problem of problems)
    console.error(JSON.stringify({ event: 'configuration', problem }));
  const refused = () => errorResponse('configuration_invalid');
  return { fetch: (request) => pageForPerson(refused(), request) };
}
