import type { OwnSecrets } from '../../credentials/gateway-secrets.ts';
import type { TokenClassifier } from '../../credentials/token-form.ts';
import { errorResponse } from '../../errors/error-response.ts';
import { explain } from '../../errors/explanations.ts';
import { clientResponse } from '../../forwarding/client-response.ts';
import { sendableCall } from '../../forwarding/content-of-get.ts';
import { cutWhenOver } from '../../forwarding/cut-response.ts';
import type { HeaderFilter } from '../../forwarding/header-filter.ts';
import type {
  Identification,
  IdentificationFault,
  Identifier,
} from '../../forwarding/identification.ts';
import type { Origin, OriginFault } from '../../forwarding/origin.ts';
import type { OriginAddress } from '../../forwarding/origin-address.ts';
import { originRequest } from '../../forwarding/origin-request.ts';
import { keepVigil, type Standing } from '../../forwarding/vigil.ts';
import { relayWebSocket } from '../../forwarding/web-socket-relay.ts';
import type { AdmittedTarget } from '../../http/admit.ts';
import { answerPreflight } from '../../http/preflight.ts';
import type { Decision, DecisionLog } from '../../observability/decision-log.ts';
import { describeResolution } from '../../observability/describe-resolution.ts';
import { addServerTiming } from '../../observability/server-timing.ts';
import { type Answer, answerDenial, type DenialOptions, toldOf } from '../../refusals/denial.ts';
import { shown } from '../../refusals/error-page.ts';
import { placeOf } from '../../refusals/login-loop-guard.ts';
import { letRead } from '../../refusals/readable-denial.ts';
import type { Verdict } from '../../rules/verdict.ts';
import type { Anchor } from '../../runtime/single-flight.ts';
import type { Session } from '../../session/session.ts';
import { cacheStatusOf } from '../../sessions/provenance-headers.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import { type Finding, isPreflight, type JudgeOptions, type Judgment, judge } from './authorize.ts';

export interface GateOptions extends DenialOptions, JudgeOptions {
  readonly origin: Origin;
  readonly address: OriginAddress;
  /** The audience of assertions (`aud`). */
  readonly audience: string;
  /** Names of all cookies that may hold a credential. These cookies do not reach the origin. */
  readonly cookieNames: readonly string[];
  /** Names of the cookies that the origin may not set. */
  readonly reservedCookies: ReadonlySet<string>;
  readonly identifier: Identifier;
  readonly filter: HeaderFilter;
  readonly ownSecrets: OwnSecrets;
  readonly tokenClassifier: TokenClassifier;
  readonly log: DecisionLog;
  /** Whether answers carry `Server-Timing`. */
  readonly showsTiming: boolean;
}

interface Visit {
  readonly request: Request;
  readonly target: AdmittedTarget;
  readonly judgment: Judgment;
}

/**
 * Forwards a request to the site if the session that the path's rule asks for is proven. Otherwise the answer says why
 * it is not. A fault is not a verdict: it is answered 503, not 401.
 */
export async function gate(
  request: Request,
  target: AdmittedTarget,
  anchor: Anchor,
  options: GateOptions,
): Promise<Response> {
  const startedAt = options.now();
  const record = (answer: Answer, more: () => Partial<Decision>) =>
    options.log(() => ({
      route: 'gate',
      ...more(),
      ...toldOf(answer),
      method: target.method,
      path: target.path,
      durationMs: options.now() - startedAt,
    }));
  const judged = await judge({ headers: request.headers, target, anchor }, options);
  const judgedAt = options.now();
  if (!judged.ok) {
    const allowedMethods = options.methods;
    const refused = errorResponse(judged.failure, { allowedMethods });
    const { crossOrigins } = options.rules.match(target).rule;
    const response = letRead(await shown(refused, judged.failure, request), request, crossOrigins);
    record({ response, outcome: 'refuse', reason: judged.failure }, () => ({}));
    return response;
  }
  if (isPreflight(judged.value)) {
    const response = answerPreflight(request.headers, judged.value);
    const { rule } = judged.value;
    const told = { outcome: 'pass', reason: undefined, detail: 'preflight' } as const;
    record({ response, ...told }, () => ({ rule: rule.name }));
    return response;
  }
  const judgment = judged.value;
  const { resolution, match } = judgment;
  const answer = await answerVerdict({ request, target, judgment }, options);
  if (answer.outcome !== 'pass') letRead(answer.response, request, match.rule.crossOrigins);
  if (resolution !== undefined) addCacheStatus(answer.response, resolution);
  if (options.showsTiming) {
    const session = judgedAt - startedAt;
    const isOrigins = answer.outcome === 'pass';
    const spent = isOrigins ? { session, origin: options.now() - judgedAt } : { session };
    addServerTiming(answer.response, spent);
  }
  record(answer, () => ({
    ...(resolution !== undefined && describeResolution(resolution)),
    rule: match.rule.name,
  }));
  return answer.response;
}

async function answerVerdict(visit: Visit, options: GateOptions): Promise<Answer> {
  const { verdict } = visit.judgment;
  switch (verdict.kind) {
    case 'pass':
      return asShown(await forward(verdict, visit, options), visit.request);
    case 'deny': {
      const { request, target, judgment } = visit;
      const { rule } = judgment.match;
      return answerDenial(verdict, { headers: request.headers, target, rule }, options);
    }
    case 'cannot-tell':
      return asShown(answerUnknown(verdict), visit.request);
  }
}

async function asShown(answer: Answer, request: Request): Promise<Answer> {
  const { response, reason } = answer;
  return reason === undefined
    ? answer
    : { ...answer, response: await shown(response, reason, request) };
}

/** Answers a request whose session could not be checked: a fault, not a verdict. */
export function answerUnknown({
  reason,
  retryAfterSeconds,
}: Extract<Verdict, { kind: 'cannot-tell' }>): Answer {
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { response: errorResponse(reason, wait), outcome: 'fault', reason };
}

async function forward(
  { session }: Extract<Verdict, { kind: 'pass' }>,
  visit: Visit,
  options: GateOptions,
): Promise<Answer> {
  const { request, target, judgment } = visit;
  const { match, resolution, tried } = judgment;
  const { rule } = match;
  const identified = await options.identifier.identify(session, options.audience);
  if (!identified.ok) return unidentified(identified.failure);
  const identification = identified.value;
  const made = originRequest(request, { target, rule, tried, identification }, options);
  const asked = made.ok ? await sendableCall(made.value, request) : made;
  if (!asked.ok) {
    return { response: errorResponse(asked.failure), outcome: 'refuse', reason: asked.failure };
  }
  const sent = await options.origin.fetch(asked.value);
  if (!sent.ok) return fault(sent.failure);
  const forgotten =
    session === undefined ? [] : options.turns.forget(request.headers, placeOf(target));
  const response = clientResponse(sent.value, {
    filter: options.filter,
    forwardedHeaders: rule.forwardedHeaders,
    reserved: options.reservedCookies,
    address: options.address,
    site: options.hosts.originOf(target.host) ?? options.publicUrl,
    keepsCacheControl: rule.cacheControl === 'origin',
    dependsOnSession: resolution !== undefined,
    setCookies: [...sessionCookiesOf(judgment, options), ...forgotten],
  });
  return {
    response:
      session === undefined
        ? response
        : await keepWatch({ session, response, accepted: sent.value }, visit, options),
    outcome: 'pass',
    reason: undefined,
    ...omissionsOf(identification),
  };
}

/** Ends an open answer when its session ends: a WebSocket always, a body if the rule says so (`cut_streams`). */
async function keepWatch(
  { session, response, accepted }: { session: Session; response: Response; accepted: Response },
  { judgment, target }: Visit,
  options: GateOptions,
): Promise<Response> {
  const { again, match } = judgment;
  const { webSocket } = accepted;
  if (webSocket === null && !match.rule.cutsStreams) return response;
  const openedAt = options.now();
  let last: Finding | undefined;
  const look = async () => {
    last = await again();
    return standingOf(last.verdict, session);
  };
  const vigil = await keepVigil(look, options.revocation.lagMs);
  void vigil.over.then((standing) =>
    options.log(() => ({
      route: 'gate',
      ...describeEnd(last, standing),
      method: target.method,
      path: target.path,
      rule: match.rule.name,
      detail: 'ended',
      durationMs: options.now() - openedAt,
    })),
  );
  return webSocket === null
    ? cutWhenOver(response, vigil)
    : relayWebSocket(response, accepted, vigil);
}

/**
 * Returns whether an open stream may go on. If the session is optional, anonymous requests pass. But a stream that was
 * opened for a signed-in user has to end when that user's session ends.
 */
function standingOf(verdict: Verdict, { identity }: Session): Standing {
  if (verdict.kind !== 'pass') return verdict.kind;
  return verdict.session?.identity.id === identity.id ? 'pass' : 'deny';
}

/** Describes the end of a stream for the log: as the answer to a request now, if the rule required a session. */
function describeEnd(last: Finding | undefined, standing: 'deny' | 'cannot-tell') {
  const found = last?.resolution === undefined ? undefined : describeResolution(last.resolution);
  const verdict = last?.verdict;
  const reason =
    (verdict === undefined || verdict.kind === 'pass' ? found?.reason : verdict.reason) ??
    'store_unavailable';
  const outcome: Decision['outcome'] = standing === 'deny' ? 'deny' : 'fault';
  return { ...found, outcome, reason, status: explain(reason).status };
}

function fault(reason: OriginFault): Answer {
  return { response: errorResponse(reason), outcome: 'fault', reason };
}

/**
 * Answers a request whose identity headers cannot be made. The request is not forwarded without them, because the
 * origin would read a missing header as a *no*.
 */
export function unidentified({ reason, detail }: IdentificationFault): Answer {
  const response = errorResponse(reason);
  return { response, outcome: 'fault', reason, ...(detail !== undefined && { detail }) };
}

/** Names, for the operator's log, the headers that did not fit the size limit. */
export function omissionsOf({ omitted }: Identification): { detail?: string } {
  return omitted.length === 0 ? {} : { detail: `omitted ${omitted.join(', ')}` };
}

/**
 * The cookies to set with a pass: for a signed-in user, those of the store. An anonymous request that passes has its
 * dead cookies cleared, so that they are not looked up again at every request. A request that passes with another
 * credential clears no cookie.
 */
export function sessionCookiesOf(
  { resolution, deadCookies }: Judgment,
  { publicUrl }: Pick<GateOptions, 'publicUrl'>,
): readonly string[] {
  if (resolution?.outcome === 'signed-in') return resolution.setCookies;
  // A browser refuses a cookie of a __Host- or __Secure- name without Secure, even an empty one.
  const secure = publicUrl.startsWith('https:') ? '; Secure' : '';
  return deadCookies.map((name) => `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax${secure}`);
}

/** Adds `Cache-Status` for the look-up of the session. `Age` is left out: it would be about the origin's content. */
export function addCacheStatus(response: Response, { provenance }: Resolution): void {
  const status = cacheStatusOf(provenance);
  if (status === undefined || response.webSocket !== null) return;
  response.headers.append('cache-status', status);
}
