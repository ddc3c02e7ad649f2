import type { Credential, Presentation, TokenCredential } from '../credentials/credential.ts';
import { bearerChallenge } from '../errors/bearer-challenge.ts';
import { errorHeaders, errorResponse } from '../errors/error-response.ts';
import type { Reason, RefusalReason } from '../errors/reasons.ts';
import { clientResponse } from '../forwarding/client-response.ts';
import type { HeaderFilter } from '../forwarding/header-filter.ts';
import { identityHeaders } from '../forwarding/identity-headers.ts';
import type { Origin } from '../forwarding/origin.ts';
import { originRequest } from '../forwarding/origin-request.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import { readCookies } from '../http/cookies.ts';
import type { Decision, DecisionLog } from '../observability/decision-log.ts';
import { describeResolution } from '../observability/describe-resolution.ts';
import { setProvenanceHeaders } from '../whoami/provenance-headers.ts';
import type { Resolution } from '../whoami/resolution.ts';
import { resolvePresentation } from '../whoami/resolve-presentation.ts';
import type { Sessions } from '../whoami/sessions.ts';
import type { Anchor } from '../whoami/single-flight.ts';
import type { TokenResolver } from '../whoami/token-resolver.ts';
import { VARY } from '../whoami/whoami.ts';
import { type ChallengeOptions, isNavigation, loginLocation, stepUpLocation } from './challenge.ts';
import type { Rule, Rules } from './rules.ts';
import { decide, PASS_UNSEEN, type Verdict } from './verdict.ts';

export interface GateOptions extends ChallengeOptions {
  readonly rules: Rules;
  readonly sessions: Sessions;
  readonly tokens: TokenResolver;
  readonly readCredential: (headers: Headers) => Presentation;
  readonly origin: Origin;
  readonly originUrl: string;
  /** Of every cookie that may hold a credential: none of them reaches the origin. */
  readonly cookieNames: readonly string[];
  /** Header name to place in the session. */
  readonly identityHeaders: Readonly<Record<string, string>>;
  readonly filter: HeaderFilter;
  /** Where the metadata of RFC 9728 is; `undefined` when there is none. */
  readonly resourceMetadataUrl: string | undefined;
  readonly log: DecisionLog;
  readonly now: () => number;
}

const METHODS: ReadonlySet<string> = new Set([
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
]);

interface Visit {
  readonly request: Request;
  readonly target: AdmittedTarget;
  readonly anchor: Anchor;
  readonly rule: Rule;
  readonly startedAt: number;
  /** `undefined` when the rule looks at no session. */
  readonly resolution: Resolution | undefined;
}

/**
 * Lets a request through to the site when its session, as the path's rule asks for it, is proven; else says
 * why not. A fault is never a verdict: 503, not 401.
 */
export async function gate(
  request: Request,
  target: AdmittedTarget,
  anchor: Anchor,
  options: GateOptions,
): Promise<Response> {
  const startedAt = options.now();
  if (!METHODS.has(target.method)) return refuse('method_not_allowed', target, options);
  const rule = options.rules.match(target);
  const isSessionRead = rule.session !== 'none';
  const presentation = options.readCredential(request.headers);
  if (
    isSessionRead &&
    presentation.kind === 'unusable' &&
    presentation.reason === 'credential_conflicting'
  ) {
    return refuse('credential_conflicting', target, options);
  }
  const demand = { asOf: rule.freshness === 'strict' ? startedAt : 0, onlyIfCached: false };
  const resolve = (credential: Credential) => options.sessions.resolve(credential, demand, anchor);
  const resolveToken = (token: TokenCredential) => options.tokens.resolve(token, anchor);
  const resolution = isSessionRead
    ? await resolvePresentation(presentation, resolve, resolveToken)
    : undefined;
  const verdict = resolution === undefined ? PASS_UNSEEN : decide(rule, resolution);
  const visit: Visit = { request, target, anchor, rule, startedAt, resolution };
  const answer = await answerVerdict(verdict, visit, options);
  if (resolution !== undefined) addSessionHeaders(answer.response, resolution);
  options.log(describe(visit, answer, options.now()));
  return answer.response;
}

/** The request itself is at fault: no rule is asked and nothing looked up. */
function refuse(
  reason: RefusalReason,
  { method, path }: AdmittedTarget,
  { log }: GateOptions,
): Response {
  const response = errorResponse(reason);
  const { status } = response;
  log({ route: 'gate', outcome: 'refuse', status, method, path, reason, durationMs: 0 });
  return response;
}

interface Answer {
  readonly response: Response;
  readonly outcome: Decision['outcome'];
  readonly reason: Reason | undefined;
}

function answerVerdict(
  verdict: Verdict,
  visit: Visit,
  options: GateOptions,
): Answer | Promise<Answer> {
  switch (verdict.kind) {
    case 'pass':
      return forward(verdict, visit, options);
    case 'deny':
      return challengeOrDeny(verdict, visit, options);
    case 'cannot-tell': {
      const { reason, retryAfterSeconds } = verdict;
      const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
      return { response: errorResponse(reason, wait), outcome: 'fault', reason };
    }
  }
}

async function forward(
  { session, deadCookie }: Extract<Verdict, { kind: 'pass' }>,
  { request, target, rule, resolution }: Visit,
  options: GateOptions,
): Promise<Answer> {
  const identification = {
    identityHeaders: session === undefined ? [] : identityHeaders(session, options.identityHeaders),
    isSessionRead: resolution !== undefined,
  };
  const sent = await options.origin.fetch(originRequest(request, target, identification, options));
  if (!sent.ok) {
    return { response: errorResponse(sent.failure), outcome: 'fault', reason: sent.failure };
  }
  const renewed = resolution?.outcome === 'signed-in' ? resolution.setCookies : [];
  const response = clientResponse(sent.value, {
    filter: options.filter,
    cookieNames: options.cookieNames,
    keepsCacheControl: rule.cacheControl === 'origin',
    setCookies: deadCookie ? clearedCookies(request, options.cookieNames) : renewed,
  });
  return { response, outcome: 'pass', reason: undefined };
}

function challengeOrDeny(
  { reason, storeBody }: Extract<Verdict, { kind: 'deny' }>,
  { request, target }: Visit,
  options: GateOptions,
): Answer {
  if (!isNavigation(request.headers)) {
    const challenge = bearerChallenge(reason, options.resourceMetadataUrl);
    const headers = { 'www-authenticate': challenge };
    if (reason !== 'session_aal2_required') {
      return { response: errorResponse(reason, { headers }), outcome: 'deny', reason };
    }
    const response = new Response(storeBody, { status: 403, headers: errorHeaders(reason) });
    return { response, outcome: 'deny', reason };
  }
  const location =
    reason === 'session_aal2_required'
      ? stepUpLocation(target, storeBody, options)
      : loginLocation(target, options);
  const headers = errorHeaders(reason);
  headers.delete('content-type');
  headers.set('location', location);
  const isSafe = target.method === 'GET' || target.method === 'HEAD';
  const response = new Response(null, { status: isSafe ? 302 : 303, headers });
  return { response, outcome: 'challenge', reason };
}

/** Clears a cookie that is nobody's, so that it is not presented and looked up again for ever. */
function clearedCookies({ headers }: Request, cookieNames: readonly string[]): string[] {
  if (headers.get('x-session-token')) return []; // it came first: no cookie was looked at
  const presented = new Set(readCookies(headers.get('cookie')).map(({ name }) => name));
  return cookieNames
    .filter((name) => presented.has(name))
    .map((name) => `${name}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax`);
}

function addSessionHeaders(response: Response, resolution: Resolution): void {
  if (response.webSocket !== null) return;
  const provenance = new Headers();
  setProvenanceHeaders(provenance, resolution.provenance);
  const status = provenance.get('cache-status');
  // Age would speak of the content, which is the origin's.
  if (status !== null) response.headers.append('cache-status', status);
  response.headers.append('vary', VARY);
}

function describe(
  { target, rule, resolution, startedAt }: Visit,
  { response, outcome, reason }: Answer,
  now: number,
): Decision {
  return {
    route: 'gate',
    ...(resolution !== undefined && describeResolution(resolution)),
    outcome,
    status: response.status,
    method: target.method,
    path: target.path,
    rule: rule.name,
    durationMs: now - startedAt,
    ...(reason !== undefined && { reason }),
  };
}
