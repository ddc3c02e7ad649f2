import type { Config } from '../config/config.ts';
import { errorResponse } from '../errors/error-response.ts';
import type { Reason } from '../errors/reasons.ts';
import { publicKey } from '../forwarding/assertion-keys.ts';
import { type AdmittedTarget, admit } from '../http/admit.ts';
import { isLoop } from '../http/hops.ts';
import type { RouteRequest } from '../http/routes.ts';
import { Routes } from '../http/routes.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import { shown } from '../refusals/error-page.ts';
import { letRead } from '../refusals/readable-denial.ts';
import type { JudgeOptions } from '../routes/gate/authorize.ts';
import { createForwardAuth } from '../routes/gate/forward-auth.ts';
import { gate } from '../routes/gate/gate.ts';
import { alive, createReadiness } from '../routes/meta/health.ts';
import { createPublishedKeys, publishedKey } from '../routes/meta/published-keys.ts';
import {
  createResourceMetadata,
  RESOURCE_METADATA_PATH,
} from '../routes/meta/resource-metadata.ts';
import { OWN_SESSIONS_PATH } from '../routes/sessions-page/sessions-page.ts';
import { whoami } from '../routes/whoami/whoami.ts';
import { failed, type Result } from '../runtime/result.ts';
import type { Anchor } from '../runtime/single-flight.ts';
import { crossOrigin } from '../session-changes/cross-origin.ts';
import { createParts, type Surroundings } from './compose.ts';
import { createConfiguredIntakes } from './compose-events.ts';
import { addSessionApi, createSiteAnswers, ownSessionsPage } from './compose-session-api.ts';

export interface Gateway {
  fetch(request: Request, anchor: Anchor): Promise<Response>;
}

/** A gateway that also tells which requests its own routes answer. */
export interface RoutedGateway extends Gateway {
  /** Whether one of Postern's own routes takes the request. All other requests are for the site, under `RULES`. */
  isOwnRoute(target: AdmittedTarget): boolean;
}

/**
 * Makes all of Postern behind one `fetch`. Each request's target is admitted before the router sees it. A request
 * that matches none of Postern's own routes, in any spelling, goes to the gate.
 */
export function createGateway(config: Config, surroundings: Surroundings): RoutedGateway {
  const parts = createParts(config, surroundings);
  const { site, log } = parts;
  const routes = new Routes<RouteRequest>();

  const onSite = createSiteAnswers(config);
  const showsTiming = config.SERVER_TIMING;
  const whoamiOptions = { ...parts, showsTiming, now: surroundings.now };
  const shared = crossOrigin(config.ALLOWED_ORIGINS, log);
  const answerWhoami = shared(async ({ request, target, anchor }: RouteRequest) =>
    onSite(await whoami(request, target, anchor, whoamiOptions)),
  );
  const mounts = ['', config.SESSION_API_PATH ?? ''];
  const whoamiPaths = new Set(mounts.map((mount) => `${mount}/sessions/whoami`));
  for (const path of whoamiPaths) routes.all(path, answerWhoami);

  const intakes = createConfiguredIntakes(config, { ...surroundings, ...parts });
  for (const [path, intake] of Object.entries(intakes)) {
    routes.post(path, ({ request, anchor }) => intake(request, anchor));
  }

  const readiness = createReadiness({ ...parts, kv: surroundings.kv }, surroundings.now);
  routes.get('/.postern/health/alive', alive);
  routes.get('/.postern/health/ready', ({ anchor }) => readiness(anchor));

  routes.get('/.postern/jwks.json', createPublishedKeys(publicKeysOf(config)));
  if (parts.authorizationServers.length > 0) {
    const metadata = createResourceMetadata(config.PUBLIC_URL, parts.authorizationServers);
    routes.get(RESOURCE_METADATA_PATH, metadata);
  }

  const { FORWARD_AUTH_SECRETS: secrets } = config;
  if (secrets !== undefined) {
    const forwardAuth = createForwardAuth({ ...site, secrets, log });
    routes.all('/.postern/auth/*', ({ request, target, anchor }) =>
      forwardAuth(request, target, anchor),
    );
  }

  routes.all(OWN_SESSIONS_PATH, ownSessionsPage(parts.sessionApi, site));

  routes.all('/.postern/*', () => errorResponse('not_found'));
  addSessionApi(routes, parts.sessionApi, shared);
  const answerSite = async ({ request, target, anchor }: RouteRequest) => {
    if (parts.gate === undefined) return errorResponse('not_found');
    try {
      return await gate(request, target, anchor, parts.gate);
    } catch (error) {
      const { crossOrigins } = site.rules.match(target).rule;
      return letRead(answerBug(error, surroundings), request, crossOrigins);
    }
  };
  const routeOf = (target: AdmittedTarget) => {
    // The most frequent request skips the router.
    const isPlainWhoami = target.method === 'GET' && whoamiPaths.has(target.path);
    return isPlainWhoami ? answerWhoami : (routes.match(target) ?? answerSite);
  };

  return {
    isOwnRoute: (target) => routes.match(target) !== undefined,
    async fetch(request, anchor) {
      const admitted = admitHere(request, site, config);
      if (!admitted.ok) {
        const refused = await answerRefusal(request, admitted.failure, log);
        return letRead(refused, request, readersOfRefused(request, site));
      }
      const target = admitted.value;
      try {
        const response = await routeOf(target)({ request, target, anchor });
        return target.method === 'HEAD' ? withoutBody(response) : response;
      } catch (error) {
        return answerBug(error, surroundings);
      }
    },
  };
}

function withoutBody(response: Response): Response {
  void response.body?.cancel().catch(() => {}); // the body may have failed already, and is not needed
  return new Response(null, response);
}

/** Logs an unexpected error as a bug of Postern, and answers 503. */
export function answerBug(error: unknown, { write }: Pick<Surroundings, 'write'>): Response {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  write(JSON.stringify({ event: 'bug', name, message }));
  return errorResponse('internal_error');
}

/** Answers a request that was not admitted. Its credentials are not read. */
async function answerRefusal(
  request: Request,
  reason: Reason,
  log: DecisionLog,
): Promise<Response> {
  const response = await shown(errorResponse(reason), reason, request);
  log(() => ({
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
function readersOfRefused({ url }: Request, { hosts, rules }: JudgeOptions): ReadonlySet<string> {
  // Only this list uses the target as a browser parses it. No verdict and no forwarded URL depends on it.
  const { host: text = '', pathname = '' } = URL.parse(url) ?? {};
  const host = hosts.read(text);
  if (host === undefined || hosts.originOf(host) === undefined) return new Set();
  return pathname.startsWith('/.postern/') ? new Set() : rules.crossOriginsOf(host);
}

/** Admits a request that has not passed through this gate before and is for one of the site's hosts. */
function admitHere(
  request: Request,
  site: JudgeOptions,
  { PUBLIC_URL }: Config,
): Result<AdmittedTarget, Reason> {
  const admitted = admit(request, site);
  if (!admitted.ok) return admitted;
  if (isLoop(request.headers, PUBLIC_URL)) return failed('loop_detected');
  return site.hosts.originOf(admitted.value.host) === undefined ? failed('host_unknown') : admitted;
}

/** Returns Postern's own public keys, and the issuers' keys that are written into `ISSUERS`. */
function publicKeysOf({ ASSERTION_KEYS = [], ISSUERS }: Config) {
  return [
    ...ASSERTION_KEYS.map(publicKey),
    ...ISSUERS.flatMap(({ keys = [] }) => keys).map(publishedKey),
  ];
}
