import type { BINDINGS } from '../config/bindings.ts';
import { type Config, readConfig } from '../config/config.ts';
import { hasCondition } from '../config/rule-settings.ts';
import { errorResponse } from '../errors/error-response.ts';
import type { Reason } from '../errors/reasons.ts';
import type { FetchSite } from '../forwarding/origin.ts';
import { createBugReport } from '../observability/bug-report.ts';
import { SitePages } from '../pages/site-pages.ts';
import { errorPageOrJson } from '../refusals/error-page.ts';
import { LOG_NAME } from '../revocation/log-protocol.ts';
import type { RevocationLog } from '../revocation/revocation-log.ts';
import { loadConditionLanguage } from '../rules/compile-condition.ts';
import type { OperatorEvent } from '../runtime/report.ts';
import { type Result, success } from '../runtime/result.ts';
import type { DatabaseBinding } from './compose-outbox.ts';
import { loadSignIn } from './compose-sign-in.ts';
import { createGateway, type Gateway } from './gateway.ts';

/** The platform's type of each kind of binding. */
interface BindingTypes {
  readonly 'KV namespace': KVNamespace;
  readonly 'Durable Object': DurableObjectNamespace<RevocationLog>;
  readonly service: Pick<Fetcher, 'fetch'>;
  readonly 'Analytics Engine dataset': AnalyticsEngineDataset;
  readonly Hyperdrive: DatabaseBinding;
}

/** The settings of a deployment, and the bindings that it has. */
export type Environment = Readonly<Record<string, unknown>> & {
  readonly [Name in keyof typeof BINDINGS]?: BindingTypes[(typeof BINDINGS)[Name]];
};

/** The name of Postern's own cache. `caches.default` is the one that `fetch` reads and writes for the site's URLs. */
const LOCATION_CACHE = 'postern';

/**
 * Keeps the gateway of each environment. The platform gives every request of an isolate the same environment, so an
 * isolate has one gateway.
 */
export class Gateways {
  readonly #gateways = new WeakMap<object, Gateway>();
  readonly #read: (environment: object) => Result<Environment, readonly string[]>;

  /** @param read returns the names of the environment that are Postern's; or its problems, one line each */
  constructor(read: (environment: object) => Result<Environment, readonly string[]> = readAll) {
    this.#read = read;
  }

  /** Returns the gateway of an environment, if it has started. */
  started(environment: object): Gateway | undefined {
    return this.#gateways.get(environment);
  }

  /**
   * Makes the gateway. Requests that arrive before the isolate has a gateway share one. If the start fails, the next
   * request tries again.
   *
   * @param first the request for which the gateway is made
   */
  async start(environment: object, first: Request): Promise<Gateway> {
    try {
      const read = this.#read(environment);
      if (!read.ok) return this.#keep(environment, refuseService(read.failure));
      const settings = read.value;
      if (hasCondition(settings.RULES)) await loadConditionLanguage();
      if (settings.SIGN_IN_SECRETS !== undefined) await loadSignIn();
      return (
        this.#gateways.get(environment) ??
        this.#keep(environment, makeGateway(settings, locationOf(first)))
      );
    } catch (error) {
      createBugReport(report)(error);
      return answering('internal_error');
    }
  }

  #keep(environment: object, gateway: Gateway): Gateway {
    this.#gateways.set(environment, gateway);
    return gateway;
  }
}

/** The platform makes each binding as wrangler.toml declares it. `readConfig` checks everything else. */
function readAll(environment: object): Result<Environment, never> {
  return success(environment as Environment);
}

function makeGateway(environment: Environment, location: string | undefined): Gateway {
  const config = readConfig(environment);
  return config.ok
    ? createGateway(config.value, { ...dependenciesOf(environment, config.value), location })
    : refuseService(config.failure);
}

/** Returns the data centre of a request. An isolate has all of its requests in one. */
function locationOf({ cf }: Request): string | undefined {
  return typeof cf?.colo === 'string' ? cf.colo : undefined;
}

function report(event: OperatorEvent): void {
  console.log(JSON.stringify(event));
}

function dependenciesOf(environment: Environment, { ORIGIN_URL }: Config) {
  const { SESSIONS, KRATOS, KRATOS_ADMIN, KEYCARD, ORIGIN, REVOCATIONS, METRICS } = environment;
  const overNetwork = (request: Request) => fetch(request);
  const through = (binding: BindingTypes['service'] | undefined) =>
    binding ? (request: Request) => binding.fetch(request) : overNetwork;
  return {
    kv: SESSIONS,
    // Only the platform has named caches. Elsewhere, a user's tests run without one.
    ...(typeof caches !== 'undefined' && { openLocationCache: () => caches.open(LOCATION_CACHE) }),
    openLog: REVOCATIONS && (() => REVOCATIONS.getByName(LOG_NAME)),
    hasOutbox: environment.KRATOS_DB !== undefined,
    openLogStatus: REVOCATIONS && (() => REVOCATIONS.getByName(LOG_NAME)),
    openRefreshLeases: REVOCATIONS && (() => REVOCATIONS.getByName(LOG_NAME)),
    fetchers: {
      kratos: through(KRATOS),
      kratosAdmin: through(KRATOS_ADMIN),
      keycard: through(KEYCARD),
      keys: overNetwork,
    },
    fetchOrigin:
      ORIGIN === undefined && ORIGIN_URL === undefined ? undefined : originThrough(ORIGIN),
    fetchNamedOrigin: ({ binding }: { readonly binding: string | undefined }) =>
      // `readConfig` requires the binding.
      originThrough(
        binding === undefined ? undefined : (environment[binding] as BindingTypes['service']),
      ),
    now: () => Date.now(),
    random: () => Math.random(),
    report,
    metrics: METRICS,
  };
}

/** Returns the function that reaches an origin: through a binding, or without one over the network. */
function originThrough(binding: BindingTypes['service'] | undefined): FetchSite {
  return binding === undefined
    ? (to, init) => fetch(to, init)
    : (to, init) => binding.fetch(to, init);
}

/** Answers every request with an error page. The log names every wrong setting; the client sees none of them. */
export function refuseService(problems: readonly string[]): Gateway {
  for (const problem of problems)
    console.error(JSON.stringify({ event: 'configuration', problem }));
  return answering('configuration_invalid');
}

/** Answers every request with one error. Its pages name no site: the configuration is not known. */
function answering(reason: Reason): Gateway {
  const pages = new SitePages({}, { reportBug: createBugReport(report), now: () => Date.now() });
  const answer = (request: Request) => errorPageOrJson(errorResponse(reason), request, pages);
  return { fetch: answer, guard: answer };
}
