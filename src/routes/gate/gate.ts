import type { RefusalReason } from '../../errors/reasons.ts';
import { clientResponse } from '../../forwarding/client-response.ts';
import { sendableCall } from '../../forwarding/content-of-get.ts';
import type { Identification, Identifier } from '../../forwarding/identification.ts';
import { type Origin, sendToOrigin } from '../../forwarding/origin.ts';
import type { ReservedCookies } from '../../forwarding/origin-cookies.ts';
import { type OriginRequestOptions, originRequest } from '../../forwarding/origin-request.ts';
import type { Authority } from '../../http/authority.ts';
import { answerPreflight } from '../../http/preflight.ts';
import type { RouteRequest } from '../../http/routes.ts';
import type { Decision } from '../../observability/decision-log.ts';
import { describeResolution } from '../../observability/describe-resolution.ts';
import { addServerTiming, type Reporting } from '../../observability/reporting.ts';
import {
  type Answer,
  answerDenial,
  type DenialOptions,
  logFieldsOf,
} from '../../refusals/denial.ts';
import { errorPageOrJson } from '../../refusals/error-page.ts';
import { pageKey } from '../../refusals/login-loop-guard.ts';
import { makeReadable } from '../../refusals/readable-denial.ts';
import { isForOneOrigin, type Rule } from '../../rules/rules.ts';
import type { Verdict } from '../../rules/verdict.ts';
import { type Awaitable, andThen } from '../../runtime/awaitable.ts';
import type { Result } from '../../runtime/result.ts';
import { cacheStatusOf } from '../../sessions/provenance-headers.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import {
  type Authorization,
  type AuthorizationOptions,
  type AuthorizationRefusal,
  authorize,
  isPreflight,
  type Preflight,
} from './authorize.ts';
import {
  type ExchangedAuthorization,
  type ExchangeOptions,
  exchangeCredential,
} from './exchange.ts';
import { answerUnknown, originFault, unidentified } from './fault-answers.ts';
import { isWatched, keepWatch } from './open-answer.ts';
import { sessionCookiesOf, withSignInCookies } from './session-cookies.ts';

export interface GateOptions extends ExchangeOptions {
  readonly authorization: AuthorizationOptions;
  readonly denial: DenialOptions;
  /** The origin of the whole site. */
  readonly forwarding: ForwardingOptions;
  /** Returns the origin of `ORIGINS` for a rule's requests; `undefined` for the origin of the whole site. */
  readonly namedForwarding: (
    rule: Pick<Rule, 'origin'>,
    host: Authority,
  ) => ForwardingOptions | undefined;
  readonly reporting: Reporting;
}

/** An origin, and the terms on which it gets a request. */
export interface ForwardingOptions extends OriginRequestOptions {
  /** Its name in `ORIGINS`; `undefined` for the origin of the whole site. */
  readonly name?: string;
  /** Without `fetch` there is no such origin. */
  readonly origin: { readonly fetch: Origin['fetch'] | undefined; readonly timeoutMs: number };
  readonly identifier: Identifier;
  /** The audience of assertions (`aud`). */
  readonly audience: string;
  /** Names of the cookies that the origin may not set. */
  readonly reservedCookies: ReservedCookies;
}

/** A request for the site, and the time at which it came. */
interface Received extends RouteRequest {
  readonly startedAt: number;
}

/** A request whose session was looked for. */
interface Judged extends Received {
  readonly authorization: ExchangedAuthorization;
  readonly authorizedAt: number;
}

/**
 * Forwards a request to the site if the session that the path's rule asks for is proven. Otherwise the answer says why
 * it is not. A fault is not a verdict: it is answered 503, not 401.
 */
export function gate(
  { request, target, waitUntil }: RouteRequest,
  options: GateOptions,
): Awaitable<Response> {
  const received = { request, target, waitUntil, startedAt: options.reporting.now() };
  const { headers } = request;
  const authorized = authorize({ headers, target, waitUntil }, options.authorization);
  return andThen(authorized, answerAuthorized, received, options);
}

function answerAuthorized(
  authorized: Result<Preflight | Authorization, AuthorizationRefusal>,
  received: Received,
  options: GateOptions,
): Awaitable<Response> {
  if (!authorized.ok) return answerRefused(authorized.failure, received, options);
  const { value } = authorized;
  if (isPreflight(value)) {
    const response = answerPreflight(received.request.headers, value);
    const logged = { outcome: 'pass', reason: undefined, detail: 'preflight' } as const;
    record({ response, ...logged }, received, options, () => ({ rule: value.rule.name }));
    return response;
  }
  const exchanged =
    value.match.rule.exchange.size === 0 ? value : exchangeCredential(value, received, options);
  return andThen(exchanged, answerJudged, received, options);
}

/** Answers a request that was not judged. */
function answerRefused(
  reason: AuthorizationRefusal,
  received: Received,
  options: GateOptions,
): Awaitable<Response> {
  const { request, target } = received;
  const { denial, authorization } = options;
  const { rules, accepted } = authorization;
  const refused = denial.errorShape(reason, { allowedMethods: accepted.methods });
  const response = makeReadable(refused, request, rules.match(target).rule.crossOrigins);
  record({ response, outcome: 'refuse', reason }, received, options, () => ({}));
  return errorPageOrJson(response, request, denial.pages);
}

/** Writes the log line of an answer. */
function record(
  answer: Answer,
  { request, target, startedAt }: Received,
  { reporting }: GateOptions,
  more: () => Partial<Decision>,
): void {
  reporting.log(request, () => ({
    route: 'gate',
    ...more(),
    ...logFieldsOf(answer),
    method: target.method,
    path: target.path,
    durationMs: reporting.now() - startedAt,
  }));
}

function answerJudged(
  authorization: ExchangedAuthorization,
  received: Received,
  options: GateOptions,
): Awaitable<Response> {
  const { request, target, waitUntil, startedAt } = received;
  const { showsTiming, now } = options.reporting;
  const authorizedAt = showsTiming ? now() : startedAt;
  const judged = { request, target, waitUntil, startedAt, authorization, authorizedAt };
  return andThen(answerVerdict(judged, options), finish, judged, options);
}

/** Adds to an answer what every answer by a verdict tells: cookies, `Cache-Status`, `Server-Timing`. */
function finish(answer: Answer, judged: Judged, options: GateOptions): Awaitable<Response> {
  const { request, authorization, startedAt, authorizedAt } = judged;
  const { denial, reporting } = options;
  const { resolution, match } = authorization;
  const { response, outcome } = answer;
  const isOrigins = outcome === 'pass';
  if (!isOrigins) {
    makeReadable(response, request, match.rule.crossOrigins);
    withSignInCookies(answer, authorization, denial.hosts);
    if (resolution !== undefined) addCacheStatus(response, resolution);
  }
  if (reporting.showsTiming) {
    const session = authorizedAt - startedAt;
    const spent = isOrigins ? { session, origin: reporting.now() - authorizedAt } : { session };
    addServerTiming(response, spent, reporting);
  }
  record(answer, judged, options, () => ({
    ...(resolution !== undefined && describeResolution(resolution)),
    rule: match.rule.name,
  }));
  // A denial is a page already, if it is one for a person.
  const isShownAsItIs = isOrigins || outcome === 'deny' || outcome === 'challenge';
  return isShownAsItIs ? response : errorPageOrJson(response, request, denial.pages);
}

function answerVerdict(judged: Judged, options: GateOptions): Awaitable<Answer> {
  const { verdict } = judged.authorization;
  switch (verdict.kind) {
    case 'pass':
      return forward(verdict, judged, options);
    case 'deny': {
      const { request, target, authorization } = judged;
      const { match, resolution } = authorization;
      const denied = { asker: request, target, rule: match.rule, resolution, hasOwnPages: true };
      return answerDenial(verdict, denied, options.denial);
    }
    case 'cannot-tell':
      return answerUnknown(verdict, options.denial.errorShape);
  }
}

async function forward(
  { session }: Extract<Verdict, { kind: 'pass' }>,
  judged: Judged,
  options: GateOptions,
): Promise<Answer> {
  const { request, target, authorization } = judged;
  const { match, resolution, tried, exchangedToken } = authorization;
  const { rule } = match;
  const { denial } = options;
  const forwarding = options.namedForwarding(rule, target.host) ?? options.forwarding;
  const { fetch, timeoutMs } = forwarding.origin;
  if (fetch === undefined) return refusal('not_found', denial);
  if (!isForOneOrigin(match)) return refusal('path_not_canonical', denial);
  const { hosts } = forwarding;
  const { identifier, audience } = forwarding;
  const identifying = identifier.identify(session, audience, rule.identityHeaders);
  const identified = identifying instanceof Promise ? await identifying : identifying;
  if (!identified.ok) return unidentified(identified.failure, denial.errorShape);
  const identification = identified.value;
  const passed = { target, rule, tried, identification, exchangedToken };
  const made = originRequest(request, passed, forwarding);
  if (!made.ok) return refusal(made.failure, denial);
  const sendable = sendableCall(made.value, request);
  const asked = sendable instanceof Promise ? await sendable : sendable;
  if (!asked.ok) return refusal(asked.failure, denial);
  const reason =
    session === undefined ? resolution && describeResolution(resolution).reason : undefined;
  const sent = await sendToOrigin(asked.value, { fetch, timeoutMs }, { session, reason, target });
  if (!sent.ok) return originFault(sent.failure, denial.errorShape, forwarding.name);
  const forgotten =
    session === undefined
      ? []
      : denial.loopGuard.forget(made.value.receivedCookies, pageKey(target));
  const response = clientResponse(sent.value, {
    filter: forwarding.filter,
    forwardedHeaders: rule.forwardedHeaders,
    reserved: forwarding.reservedCookies,
    address: forwarding.address,
    site: hosts.siteOf(target.host),
    keepsCacheControl: rule.cacheControl === 'origin',
    dependsOnSession: resolution !== undefined,
    cacheStatus: resolution && cacheStatusOf(resolution.provenance),
    setCookies: [...sessionCookiesOf(authorization, hosts), ...forgotten],
  });
  return {
    response:
      session !== undefined && isWatched(sent.value, rule)
        ? await keepWatch({ session, response, accepted: sent.value }, judged, options)
        : response,
    outcome: 'pass',
    reason: undefined,
    ...omissionsOf(identification),
  };
}

function refusal(reason: RefusalReason, { errorShape }: DenialOptions): Answer {
  return { response: errorShape(reason), outcome: 'refuse', reason };
}

/** Names, for the operator's log, the headers that did not fit the size limit. */
export function omissionsOf({ omitted }: Identification): { detail?: string } {
  return omitted.length === 0 ? {} : { detail: `omitted ${omitted.join(', ')}` };
}

/** Adds `Cache-Status` for the look-up of the session. `Age` is left out: it would be about the origin's content. */
export function addCacheStatus(response: Response, { provenance }: Resolution): void {
  const status = cacheStatusOf(provenance);
  if (status === undefined || response.webSocket) return;
  response.headers.append('cache-status', status);
}
