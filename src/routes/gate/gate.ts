import { explain } from '../../errors/explanations.ts';
import type { RefusalReason } from '../../errors/reasons.ts';
import type { ExchangedTokens } from '../../exchange/exchanged-tokens.ts';
import { clientResponse } from '../../forwarding/client-response.ts';
import { sendableCall } from '../../forwarding/content-of-get.ts';
import { cutWhenOver } from '../../forwarding/cut-response.ts';
import type { Identification, Identifier } from '../../forwarding/identification.ts';
import { type Origin, sendToOrigin } from '../../forwarding/origin.ts';
import type { ReservedCookies } from '../../forwarding/origin-cookies.ts';
import { type OriginRequestOptions, originRequest } from '../../forwarding/origin-request.ts';
import { type SessionStatus, watchSession } from '../../forwarding/session-watch.ts';
import { relayWebSocket } from '../../forwarding/web-socket-relay.ts';
import type { AdmittedTarget } from '../../http/admit.ts';
import type { Authority } from '../../http/authority.ts';
import { answerPreflight } from '../../http/preflight.ts';
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
import type { WaitUntil } from '../../runtime/single-flight.ts';
import { isOnePerson, type Session } from '../../session/session.ts';
import { cacheStatusOf } from '../../sessions/provenance-headers.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import {
  type AuthorizationOptions,
  authorize,
  isPreflight,
  type SessionDecision,
} from './authorize.ts';
import { type ExchangedAuthorization, exchangeCredential } from './exchange.ts';
import { answerUnknown, originFault, unidentified } from './fault-answers.ts';
import { sessionCookiesOf, withSignInCookies } from './session-cookies.ts';

export interface GateOptions {
  readonly authorization: AuthorizationOptions;
  readonly denial: DenialOptions;
  /** The origin of the whole site. */
  readonly forwarding: ForwardingOptions;
  /** Returns the origin of `ORIGINS` for a rule's requests; `undefined` for the origin of the whole site. */
  readonly namedForwarding: (
    rule: Pick<Rule, 'origin'>,
    host: Authority,
  ) => ForwardingOptions | undefined;
  readonly exchangedTokens: Pick<ExchangedTokens, 'exchange' | 'forget'>;
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

interface Received {
  readonly request: Request;
  readonly target: AdmittedTarget;
  readonly authorization: ExchangedAuthorization;
}

/**
 * Forwards a request to the site if the session that the path's rule asks for is proven. Otherwise the answer says why
 * it is not. A fault is not a verdict: it is answered 503, not 401.
 */
export function gate(
  request: Request,
  target: AdmittedTarget,
  waitUntil: WaitUntil,
  options: GateOptions,
): Awaitable<Response> {
  const { authorization: authorizing, denial, reporting } = options;
  const startedAt = reporting.now();
  const record: WriteLine = (answer, more) =>
    reporting.log(request, () => ({
      route: 'gate',
      ...more(),
      ...logFieldsOf(answer),
      method: target.method,
      path: target.path,
      durationMs: reporting.now() - startedAt,
    }));
  const { headers } = request;
  return andThen(authorize({ headers, target, waitUntil }, authorizing), (authorized) => {
    if (!authorized.ok) {
      const { rules, accepted } = authorizing;
      const refused = denial.errorShape(authorized.failure, { allowedMethods: accepted.methods });
      const { crossOrigins } = rules.match(target).rule;
      const response = makeReadable(refused, request, crossOrigins);
      record({ response, outcome: 'refuse', reason: authorized.failure }, () => ({}));
      return errorPageOrJson(response, request, denial.pages);
    }
    if (isPreflight(authorized.value)) {
      const response = answerPreflight(headers, authorized.value);
      const { rule } = authorized.value;
      const logged = { outcome: 'pass', reason: undefined, detail: 'preflight' } as const;
      record({ response, ...logged }, () => ({ rule: rule.name }));
      return response;
    }
    const { exchangedTokens } = options;
    const authorization =
      authorized.value.match.rule.exchange.size === 0
        ? authorized.value
        : exchangeCredential(authorized.value, exchangedTokens, waitUntil);
    return andThen(authorization, (exchanged) =>
      answerAuthorized({ request, target, authorization: exchanged }, options, startedAt, record),
    );
  });
}

/** Writes the log line of an answer. */
type WriteLine = (answer: Answer, more: () => Partial<Decision>) => void;

/** Answers by the verdict, and adds what every such answer tells: cookies, `Cache-Status`, `Server-Timing`. */
function answerAuthorized(
  received: Received,
  options: GateOptions,
  startedAt: number,
  record: WriteLine,
): Awaitable<Response> {
  const { request, authorization } = received;
  const { denial, reporting } = options;
  const { resolution, match } = authorization;
  const authorizedAt = reporting.now();
  return andThen(answerVerdict(received, options), (answer) => {
    const { response, outcome } = answer;
    if (outcome !== 'pass') {
      makeReadable(response, request, match.rule.crossOrigins);
      withSignInCookies(answer, authorization, denial.hosts);
      if (resolution !== undefined) addCacheStatus(response, resolution);
    }
    const session = authorizedAt - startedAt;
    const isOrigins = outcome === 'pass';
    const spent = isOrigins ? { session, origin: reporting.now() - authorizedAt } : { session };
    addServerTiming(response, spent, reporting);
    record(answer, () => ({
      ...(resolution !== undefined && describeResolution(resolution)),
      rule: match.rule.name,
    }));
    // A denial is a page already, if it is one for a person.
    const isShownAsItIs = isOrigins || outcome === 'deny' || outcome === 'challenge';
    return isShownAsItIs ? response : errorPageOrJson(response, request, denial.pages);
  });
}

function answerVerdict(received: Received, options: GateOptions): Awaitable<Answer> {
  const { verdict } = received.authorization;
  switch (verdict.kind) {
    case 'pass':
      return forward(verdict, received, options);
    case 'deny': {
      const { request, target, authorization } = received;
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
  received: Received,
  options: GateOptions,
): Promise<Answer> {
  const { request, target, authorization } = received;
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
  const sendable = made.ok ? sendableCall(made.value, request) : made;
  const asked = sendable instanceof Promise ? await sendable : sendable;
  if (!asked.ok) return refusal(asked.failure, denial);
  const reason =
    session === undefined ? resolution && describeResolution(resolution).reason : undefined;
  const sent = await sendToOrigin(asked.value, { fetch, timeoutMs }, { session, reason, target });
  if (!sent.ok) return originFault(sent.failure, denial.errorShape, forwarding.name);
  const forgotten =
    session === undefined ? [] : denial.loopGuard.forget(request.headers, pageKey(target));
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
        ? await keepWatch({ session, response, accepted: sent.value }, received, options)
        : response,
    outcome: 'pass',
    reason: undefined,
    ...omissionsOf(identification),
  };
}

function refusal(reason: RefusalReason, { errorShape }: DenialOptions): Answer {
  return { response: errorShape(reason), outcome: 'refuse', reason };
}

/** Whether an open answer ends with its session: a WebSocket always, a body if the rule says so (`cut_streams`). */
function isWatched(accepted: Response, { cutsStreams }: Rule): boolean {
  return cutsStreams || Boolean(accepted.webSocket);
}

/** Ends an open answer when its session ends. */
async function keepWatch(
  { session, response, accepted }: { session: Session; response: Response; accepted: Response },
  { request, authorization, target }: Received,
  { authorization: { revocation }, reporting }: GateOptions,
): Promise<Response> {
  const { recheck, match } = authorization;
  const openedAt = reporting.now();
  let last: SessionDecision | undefined;
  const look = async () => {
    last = await recheck();
    return standingOf(last.verdict, session);
  };
  const watch = await watchSession(look, revocation.lagMs);
  void watch.over.then((standing) =>
    reporting.log(request, () => ({
      route: 'gate',
      ...describeEnd(last, standing),
      method: target.method,
      path: target.path,
      rule: match.rule.name,
      detail: 'ended',
      durationMs: reporting.now() - openedAt,
    })),
  );
  return accepted.webSocket
    ? relayWebSocket(response, accepted, watch)
    : cutWhenOver(response, watch);
}

/**
 * Returns whether an open stream may go on. If the session is optional, anonymous requests pass. But a stream that was
 * opened for a signed-in user has to end when that user's session ends.
 */
function standingOf(verdict: Verdict, session: Session): SessionStatus {
  if (verdict.kind !== 'pass') return verdict.kind;
  return verdict.session !== undefined && isOnePerson(verdict.session, session) ? 'pass' : 'deny';
}

/** Describes the end of a stream for the log: as the answer to a request now, if the rule required a session. */
function describeEnd(last: SessionDecision | undefined, standing: 'deny' | 'cannot-tell') {
  const found = last?.resolution === undefined ? undefined : describeResolution(last.resolution);
  const verdict = last?.verdict;
  const reason =
    (verdict === undefined || verdict.kind === 'pass' ? found?.reason : verdict.reason) ??
    'store_unavailable';
  const outcome: Decision['outcome'] = standing === 'deny' ? 'deny' : 'fault';
  return { ...found, outcome, reason, status: explain(reason).status };
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
