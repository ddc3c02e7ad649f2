import type { Config } from '../config/config.ts';
import type { ErrorShape } from '../errors/error-response.ts';
import type { Reason } from '../errors/reasons.ts';
import { ASSERTION_KEYS_PATH } from '../forwarding/assertion-format.ts';
import { publicKey } from '../forwarding/assertion-keys.ts';
import { type AcceptedRequests, type AdmittedTarget, admit } from '../http/admit.ts';
import { isLoop } from '../http/loop-detection.ts';
import { type Handler, type Route, type RouteRequest, Routes } from '../http/routes.ts';
import { createBugReport } from '../observability/bug-report.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import { errorPageOrJson } from '../refusals/error-page.ts';
import { makeReadable } from '../refusals/readable-denial.ts';
import type { AuthorizationOptions } from '../routes/gate/authorize.ts';
import { createForwardAuth } from '../routes/gate/forward-auth.ts';
import { type GateOptions, gate } from '../routes/gate/gate.ts';
import {
  AUTHORIZATION_SERVER_METADATA_PATH,
  createAuthorizationServerMetadata,
} from '../routes/meta/authorization-server-metadata.ts';
import { alive, createReadiness } from '../routes/meta/health.ts';
import { publicDocument } from '../routes/meta/public-document.ts';
import { createPublishedKeys, publishedKey } from '../routes/meta/published-keys.ts';
import { createResourceMetadata } from '../routes/meta/resource-metadata.ts';
import { KEYCARD_ANSWERS } from '../routes/whoami/keycard-answers.ts';
import { KRATOS_ANSWERS } from '../routes/whoami/kratos-answers.ts';
import { whoami } from '../routes/whoami/whoami.ts';
import { type Awaitable, andThen, recovering } from '../runtime/awaitable.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import { crossOrigin } from '../session-changes/cross-origin.ts';
import { RESOURCE_METADATA_PATH } from '../tokens/protected-resources.ts';
import { createServices, detectingLoops, type Services } from './compose.ts';
import { addAccountPages } from './compose-account-pages.ts';
import { createEventReceivers } from './compose-events.ts';
import { addStatusPage } from './compose-operator-status.ts';
import { addSessionApi } from './compose-session-api.ts';
import { createGateOptions, createSite } from './compose-site.ts';
import { createProtectedResources } from './compose-tokens.ts';
import type { Dependencies } from './dependencies.ts';
import { speaksKratos } from './error-shape.ts';
import { onlyMethods, READ_METHODS } from './only-methods.ts';
import { createSiteAnswers } from './site-answers.ts';

export interface Gateway {
  /**
   * Answers a request.
   *
   * @param adapt changes the gate's options for this request: a site in the gate's own Worker is a function of it
   */
  fetch(request: Request, waitUntil: WaitUntil, adapt?: AdaptGate): Awaitable<Response>;
  /** Answers a request as the gate does, even at a path of Postern's own routes. */
  guard(request: Request, waitUntil: WaitUntil, terms: GuardTerms): Awaitable<Response>;
}

/** Changes the gate's options for one request. */
export type AdaptGate = (options: GateOptions) => GateOptions;

/** The terms on which the gate answers a single request. */
export interface GuardTerms {
  readonly adapt: AdaptGate;
  /** The target, if the request was admitted before. */
  readonly target?: AdmittedTarget | undefined;
}

/** A gateway that also tells which requests its own routes answer. */
export interface RoutedGateway extends Gateway {
  /** Whether one of Postern's own routes takes the request. All other requests are for the site, under `RULES`. */
  isGatewayRoute(target: AdmittedTarget): boolean;
}

/**
 * Makes all of Postern behind one `fetch`. Each request's target is admitted before the router sees it. A request
 * that matches none of Postern's own routes, in any spelling, goes to the gate.
 *
 * @param adapt replaces services, for `npm run explain`: a session file stands for a token that it cannot verify
 */
export function createGateway(
  config: Config,
  dependencies: Dependencies,
  adapt: (services: Services) => Services = (services) => services,
): RoutedGateway {
  const { kv, fetchOrigin, fetchNamedOrigin, report, hasOutbox = false } = dependencies;
  const fetchers = detectingLoops(dependencies.fetchers, config);
  const services = adapt(createServices(config, { ...dependencies, fetchers }));
  const { lookUp, revocation, readNames, issuers, kratos, reporting, pages } = services;
  const { log, now } = reporting;
  const resources = createProtectedResources(config);
  const decided = { lookUp, revocation: revocation.view, resources, pages, now };
  const site = createSite(config, decided);
  const { denial, authorization } = site;
  const { errorShape } = denial;
  const reportBug = createBugReport(report);
  const routes = new Routes<RouteRequest>();
  // A person gets a page in place of an error. The session API is for programs alone, and answers as its provider does.
  const shown = (response: Awaitable<Response>, request: Request) =>
    andThen(response, (made) => errorPageOrJson(made, request, pages));
  const add = (path: string, handle: Handler<RouteRequest>) =>
    routes.add(path, (received, parameter) => shown(handle(received, parameter), received.request));

  const answers = speaksKratos(config) ? KRATOS_ANSWERS : KEYCARD_ANSWERS;
  const onSite = kratos && createSiteAnswers(config, kratos.addresses);
  const whoamiOptions = { lookUp, resources, answers, reporting };
  const shared = crossOrigin(config.ALLOWED_ORIGINS, log);
  const answerWhoami = shared(({ request, target, waitUntil }: RouteRequest) => {
    const response = whoami(request, target, waitUntil, whoamiOptions);
    return onSite === undefined ? response : andThen(response, onSite);
  });
  const mounts = ['', config.SESSION_API_PATH ?? ''];
  const whoamiPaths = [...new Set(mounts.map((mount) => `${mount}/sessions/whoami`))];
  for (const path of whoamiPaths) routes.add(path, answerWhoami);

  const receivers = createEventReceivers(config, {
    writer: revocation.writer,
    issuers,
    readNames,
    now,
    report,
  });
  for (const [path, receiver] of Object.entries(receivers)) {
    add(
      path,
      onlyMethods(['POST'], ({ request, waitUntil }) => receiver(request, waitUntil)),
    );
  }

  const store = kratos && { kv, readiness: kratos.readiness };
  const parts = { store, revocation, hasOutbox, tokens: lookUp.tokens, counts: services.counts };
  const readiness = createReadiness(parts, now);
  const readable = (path: string, handle: Handler<RouteRequest>) =>
    add(path, onlyMethods(READ_METHODS, handle));
  readable('/.postern/health/alive', alive);
  readable('/.postern/health/ready', ({ waitUntil }) => readiness(waitUntil));

  add(ASSERTION_KEYS_PATH, publicDocument(createPublishedKeys(publicKeysOf(config))));
  if (resources.isAny) {
    const metadata = createResourceMetadata(resources, {
      rules: authorization.rules,
      documentationUrl: config.RESOURCE_DOCUMENTATION_URL,
    });
    add(`${RESOURCE_METADATA_PATH}/*`, publicDocument(metadata));
    const server = createAuthorizationServerMetadata(resources, services.issuerMetadata);
    add(`${AUTHORIZATION_SERVER_METADATA_PATH}/*`, publicDocument(server));
  }

  const { FORWARD_AUTH_SECRETS: secrets } = config;
  if (secrets !== undefined) {
    const forwardAuth = createForwardAuth({ ...site, secrets, reporting });
    // A proxy gets its answer as it takes it: a page is made there, if one is.
    routes.add('/.postern/auth/*', ({ request, target, waitUntil }) =>
      forwardAuth(request, target, waitUntil),
    );
  }

  addAccountPages(add, config, { services, denial, report });
  services.signIn?.addRoutes(add);
  addStatusPage(add, config, { ...services, ...dependencies, ...denial });

  add('/.postern/*', () => errorShape('not_found'));
  addSessionApi(routes, config, services, { shared, pages });

  const gateOptions = createGateOptions(config, site, {
    fetchOrigin,
    ...(fetchNamedOrigin && { fetchNamedOrigin }),
    reporting,
    exchangedTokens: services.exchangedTokens,
  });
  const hasSite = fetchOrigin !== undefined || config.ORIGINS.size > 0;
  const routeBug = (error: unknown, { request }: RouteRequest) => {
    reportBug(error);
    return shown(errorShape('internal_error'), request);
  };
  const answerForReaders = ({ request, target }: RouteRequest) => {
    const { crossOrigins } = authorization.rules.match(target).rule;
    return shown(makeReadable(errorShape('internal_error'), request, crossOrigins), request);
  };
  const siteBug = (error: unknown, received: RouteRequest) => {
    reportBug(error);
    return recovering(answerForReaders, routeBug, received, undefined);
  };
  const adapted = (received: RouteRequest, adapt: AdaptGate) => gate(received, adapt(gateOptions));
  const noSite = ({ request }: RouteRequest) => shown(errorShape('not_found'), request);
  const answerSite = (received: RouteRequest, adapt: AdaptGate | undefined) => {
    if (adapt !== undefined) return recovering(adapted, siteBug, received, adapt);
    if (hasSite) return recovering(gate, siteBug, received, gateOptions);
    return recovering(noSite, routeBug, received, undefined);
  };
  const ownRoute = (target: AdmittedTarget) => {
    // The most frequent request skips the router.
    const isPlainWhoami = target.method === 'GET' && whoamiPaths.includes(target.path);
    return isPlainWhoami ? answerWhoami : routes.match(target);
  };
  const answerOwn = (received: RouteRequest, route: Route) => route(received);
  const answerRefused = (request: Request, reason: Reason) => {
    const refused = answerRefusal(request, reason, { log, errorShape });
    makeReadable(refused, request, readersOfRefused(request, authorization));
    return shown(refused, request);
  };
  const toRoute = (request: Request, target: AdmittedTarget, waitUntil: WaitUntil) => ({
    request,
    target,
    waitUntil: (work: Promise<unknown>) => waitUntil(work.catch(reportBug)),
  });

  return {
    isGatewayRoute: (target) => routes.match(target) !== undefined,
    fetch(request, waitUntil, adapt) {
      const admitted = admitHere(request, authorization.accepted);
      if (!admitted.ok) return answerRefused(request, admitted.failure);
      const received = toRoute(request, admitted.value, waitUntil);
      const route = ownRoute(admitted.value);
      // The answer to HEAD keeps its body: the runtime sends its length and drops it (RFC 9110 section 9.3.2).
      return route === undefined
        ? answerSite(received, adapt)
        : recovering(answerOwn, routeBug, received, route);
    },
    guard(request, waitUntil, { adapt, target }) {
      const admitted =
        target === undefined ? admitHere(request, authorization.accepted) : success(target);
      return admitted.ok
        ? answerSite(toRoute(request, admitted.value, waitUntil), adapt)
        : answerRefused(request, admitted.failure);
    },
  };
}

/** Answers a request that was not admitted. Its credentials are not read. */
function answerRefusal(
  request: Request,
  reason: Reason,
  { log, errorShape }: { readonly log: DecisionLog; readonly errorShape: ErrorShape },
): Response {
  const response = errorShape(reason);
  log(request, () => ({
    route: 'admission',
    outcome: 'refuse',
    status: response.status,
    method: request.method,
    reason,
    durationMs: 0,
  }));
  return response;
}

/** Returns the origins that may read why a request for the site was refused before its rule was known. */
function readersOfRefused(
  { url }: Request,
  { accepted: { hosts }, rules }: AuthorizationOptions,
): ReadonlySet<string> {
  // Only this list uses the target as a browser parses it. No verdict and no forwarded URL depends on it.
  const { host: text = '', pathname = '' } = URL.parse(url) ?? {};
  const host = hosts.read(text);
  if (host === undefined || hosts.originOf(host) === undefined) return new Set();
  return pathname.startsWith('/.postern/') ? new Set() : rules.crossOriginsOf(host);
}

/** Admits a request that has not passed through this gate before and is for one of the site's hosts. */
function admitHere(
  { method, url, headers }: Request,
  accepted: AcceptedRequests,
): Result<AdmittedTarget, Reason> {
  const { hosts } = accepted;
  const admitted = admit({ method, url, headers }, accepted);
  if (!admitted.ok) return admitted;
  if (isLoop(headers, hosts.publicUrl)) return failed('loop_detected');
  return hosts.originOf(admitted.value.host) === undefined ? failed('host_unknown') : admitted;
}

/** Returns Postern's own public keys, and the issuers' keys that are written into `ISSUERS`. */
function publicKeysOf({ ASSERTION_KEYS = [], ISSUERS }: Config) {
  return [
    ...ASSERTION_KEYS.map(publicKey),
    ...ISSUERS.flatMap(({ keys = [] }) => keys).map(publishedKey),
  ];
}
