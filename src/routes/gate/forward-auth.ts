import type { ErrorShape } from '../../errors/error-response.ts';
import type { Reason, RefusalReason } from '../../errors/reasons.ts';
import { type Identification, type Identifier, NOBODY } from '../../forwarding/identification.ts';
import type { AdmittedTarget } from '../../http/admit.ts';
import type { Authority } from '../../http/authority.ts';
import { describeResolution } from '../../observability/describe-resolution.ts';
import type { Reporting } from '../../observability/reporting.ts';
import type { Asker } from '../../pages/page-models.ts';
import type { SitePages } from '../../pages/site-pages.ts';
import {
  type Answer,
  answerDenial,
  type DenialOptions,
  logFieldsOf,
} from '../../refusals/denial.ts';
import { errorPageOrJson } from '../../refusals/error-page.ts';
import { makeReadable } from '../../refusals/readable-denial.ts';
import { isForOneOrigin, type Rule } from '../../rules/rules.ts';
import type { Verdict } from '../../rules/verdict.ts';
import { type Awaitable, andThen } from '../../runtime/awaitable.ts';
import { failed, type Result } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import { cacheStatusOf } from '../../sessions/provenance-headers.ts';
import {
  type Authorization,
  type AuthorizationOptions,
  authorize,
  isPreflight,
} from './authorize.ts';
import { answerUnknown, unidentified } from './fault-answers.ts';
import { addCacheStatus, omissionsOf } from './gate.ts';
import { PROXY_KINDS, type ProxyKind, readOriginalRequest } from './original-request.ts';
import { PassHeaders } from './pass-headers.ts';
import { asProxyTakesIt } from './proxy-answer.ts';
import { sessionCookiesOf, withSignInCookies } from './session-cookies.ts';

export interface ForwardAuthOptions {
  /** A proxy proves itself with any one of these. */
  readonly secrets: readonly string[];
  readonly authorization: AuthorizationOptions;
  readonly denial: DenialOptions;
  readonly identifier: Identifier;
  /** Returns the origin of `ORIGINS` for a rule's requests. The proxy chooses where they go; only the audience counts. */
  readonly namedOrigin: (
    rule: Pick<Rule, 'origin'>,
    host: Authority,
  ) => { readonly audience: string } | undefined;
  /** Names of all cookies that may hold a credential. */
  readonly credentialCookies: readonly string[];
  readonly reporting: Pick<Reporting, 'log' | 'now'>;
}

const SECRET_HEADER = 'postern-proxy-secret';

/**
 * The path at which nginx asks for the answer to its client, after `/.postern/auth/nginx` has refused the request.
 * nginx's `auth_request` drops a refusal's body and all but a few of its headers.
 */
const NGINX_ANSWER_PATH = '/.postern/auth/nginx/answer';

/** Answers a request of a proxy. */
export type ForwardAuth = (
  request: Request,
  target: AdmittedTarget,
  waitUntil: WaitUntil,
) => Awaitable<Response>;

/** The options with what is kept between requests. */
interface ForwardAuthParts extends ForwardAuthOptions {
  readonly passHeaders: PassHeaders;
}

/**
 * Serves `/.postern/auth/…`: the gate's verdict for a proxy that keeps its own routing. Only {@link allowed} makes a
 * 200. That takes a proxy that has proven itself, an original request that was admitted, and a pass. The request's body
 * is never read.
 */
export function createForwardAuth(options: ForwardAuthOptions): ForwardAuth {
  const parts = { ...options, passHeaders: new PassHeaders(options.identifier.headerNames) };
  return (request, target, waitUntil) => forwardAuth(request, target, waitUntil, parts);
}

function forwardAuth(
  request: Request,
  target: AdmittedTarget,
  waitUntil: WaitUntil,
  options: ForwardAuthParts,
): Awaitable<Response> {
  const { reporting, credentialCookies, authorization, denial } = options;
  const { errorShape, pages } = denial;
  const startedAt = reporting.now();
  const kind = readKind(target);
  if (kind === undefined) return errorPageOrJson(errorShape('not_found'), request, pages);
  const original = readTrusted(kind, request, target, options);
  const authorized: Awaitable<AuthorizedAnswer> = original.ok
    ? answerOriginal(request, original.value, waitUntil, options)
    : refusal(original.failure, errorShape);
  const isForClient = target.path === NGINX_ANSWER_PATH;
  const finish = (answer: AuthorizedAnswer, method: string): Response => {
    const { resolution, outcome } = answer;
    if (original.ok && outcome !== 'pass') {
      const { rule } = authorization.rules.match(original.value);
      makeReadable(answer.response, request, rule.crossOrigins);
    }
    const response = isForClient
      ? answer.response
      : asProxyTakesIt(kind, answer.response, credentialCookies);
    // A pass has it already.
    if (resolution !== undefined && outcome !== 'pass') addCacheStatus(response, resolution);
    reporting.log(request, () => ({
      route: 'forward-auth',
      ...(resolution !== undefined && describeResolution(resolution)),
      ...(answer.rule !== undefined && { rule: answer.rule }),
      ...logFieldsOf({ ...answer, response }),
      method,
      ...(original.ok && { path: original.value.path }),
      durationMs: reporting.now() - startedAt,
    }));
    return response;
  };
  return andThen(authorized, (answer) => {
    const method = original.ok ? original.value.method : request.method;
    if (answer.outcome === 'pass' && !isForClient) return finish(answer, method);
    const { headers, cf } = request;
    const shown = isForClient ? neverPassed(answer, errorShape) : answer;
    const readable = asPageOrJson(shown, { method, headers, cf }, pages);
    return andThen(readable, (made) => finish(made, method));
  });
}

interface AuthorizedAnswer extends Answer {
  readonly resolution?: Authorization['resolution'];
  readonly rule?: string;
}

/** The kind of proxy that asks at each path. Envoy appends the original path to its own. */
const KINDS: ReadonlyMap<string, ProxyKind> = new Map([
  [NGINX_ANSWER_PATH, 'nginx'],
  ...PROXY_KINDS.map((kind) => [`/.postern/auth/${kind}`, kind] as const),
]);

function readKind({ path }: AdmittedTarget): ProxyKind | undefined {
  return KINDS.get(path) ?? (path.startsWith('/.postern/auth/envoy/') ? 'envoy' : undefined);
}

/** Reads the original request. The proxy has to prove itself, and the request has to be for a host of the site. */
function readTrusted(
  kind: ProxyKind,
  request: Request,
  target: AdmittedTarget,
  { secrets, authorization }: ForwardAuthOptions,
): Result<AdmittedTarget, RefusalReason> {
  const { accepted } = authorization;
  const isTrusted = matchesSecret(request.headers.get(SECRET_HEADER) ?? '', secrets);
  if (!isTrusted) return failed('proxy_not_trusted');
  const original = readOriginalRequest(kind, request, target, accepted);
  if (!original.ok) return original;
  const isOurs = accepted.hosts.originOf(original.value.host) !== undefined;
  return isOurs ? original : failed('host_unknown');
}

function answerOriginal(
  request: Request,
  target: AdmittedTarget,
  waitUntil: WaitUntil,
  options: ForwardAuthParts,
): Awaitable<AuthorizedAnswer> {
  const { headers } = request;
  return andThen(
    authorize({ headers, target, waitUntil }, options.authorization),
    (authorized): Awaitable<AuthorizedAnswer> => {
      if (!authorized.ok) return refusal(authorized.failure, options.denial.errorShape);
      if (!isPreflight(authorized.value)) {
        return answerVerdict(request, target, authorized.value, options);
      }
      // Only the origin behind the proxy can answer a preflight. A preflight identifies no session.
      const { rule } = authorized.value;
      const passed = { identification: NOBODY, resolution: undefined, rule, setCookies: [] };
      return { ...allowed(passed, options), detail: 'preflight' };
    },
  );
}

function answerVerdict(
  request: Request,
  target: AdmittedTarget,
  authorization: Authorization,
  options: ForwardAuthParts,
): Awaitable<AuthorizedAnswer> {
  const { errorShape, hosts } = options.denial;
  const { verdict, resolution, match } = authorization;
  const { rule } = match;
  const found = { resolution, rule: rule.name };
  switch (verdict.kind) {
    case 'pass':
      return rule.exchange.size > 0
        ? { ...unexchanged(errorShape), ...found }
        : pass(verdict, authorization, target, options);
    case 'deny': {
      const { headers, cf } = request;
      const asker = { method: target.method, headers, cf };
      const denied = { asker, target, rule, resolution };
      return andThen(answerDenial(verdict, denied, options.denial), (answer) => ({
        ...withSignInCookies(answer, authorization, hosts),
        ...found,
      }));
    }
    case 'cannot-tell':
      return { ...answerUnknown(verdict, errorShape), ...found };
  }
}

function pass(
  { session }: Extract<Verdict, { kind: 'pass' }>,
  authorization: Authorization,
  target: AdmittedTarget,
  options: ForwardAuthParts,
): Awaitable<AuthorizedAnswer> {
  const { hosts, errorShape } = options.denial;
  const { match, resolution } = authorization;
  const { rule } = match;
  const found = { resolution, rule: rule.name };
  if (!isForOneOrigin(match)) return { ...refusal('path_not_canonical', errorShape), ...found };
  const { audience = hosts.siteOf(target.host) } = options.namedOrigin(rule, target.host) ?? {};
  const identified = options.identifier.identify(session, audience, rule.identityHeaders);
  return andThen(identified, (told): AuthorizedAnswer => {
    if (!told.ok) return { ...unidentified(told.failure, errorShape), ...found };
    const setCookies = sessionCookiesOf(authorization, hosts);
    return allowed({ identification: told.value, resolution, rule, setCookies }, options);
  });
}

/** A request that may pass. */
interface Passed {
  readonly identification: Identification;
  readonly resolution: Authorization['resolution'];
  readonly rule: Rule;
  readonly setCookies: readonly string[];
}

/** Makes the 200; no other code does. */
function allowed(
  { identification, resolution, rule, setCookies }: Passed,
  { passHeaders }: ForwardAuthParts,
): AuthorizedAnswer {
  const cacheStatus = resolution && cacheStatusOf(resolution.provenance);
  const headers = passHeaders.of(identification, cacheStatus);
  const response = new Response(null, { status: 200, headers });
  for (const cookie of setCookies) response.headers.append('set-cookie', cookie);
  const passed = { response, outcome: 'pass', reason: undefined } as const;
  const answer = { ...passed, resolution, rule: rule.name };
  return identification.omitted.length === 0
    ? answer
    : { ...answer, ...omissionsOf(identification) };
}

/**
 * Answers a request under a rule with `exchange`. The proxy replaces the same headers on every path, and `Authorization`
 * is not among them. So the origin would get the caller's own token.
 */
function unexchanged(errorShape: ErrorShape): Answer {
  const reason = 'exchange_unavailable';
  return { response: errorShape(reason), outcome: 'fault', reason, detail: 'forward-auth' };
}

function refusal(reason: Reason, errorShape: ErrorShape): Answer {
  return { response: errorShape(reason), outcome: 'refuse', reason };
}

/** Makes a fault of a pass: this path has no site behind it. The verdict has just changed; the client has to retry. */
function neverPassed(answer: AuthorizedAnswer, errorShape: ErrorShape): AuthorizedAnswer {
  if (answer.outcome !== 'pass') return answer;
  const reason = 'verdict_changed';
  return { ...answer, response: errorShape(reason), outcome: 'fault', reason };
}

/** Makes a refusal or fault readable for the client, to whom the proxy passes it on. A denial is readable already. */
function asPageOrJson(
  answer: AuthorizedAnswer,
  asker: Asker,
  pages: SitePages,
): Awaitable<AuthorizedAnswer> {
  const { outcome, reason, response } = answer;
  if (reason === undefined || (outcome !== 'refuse' && outcome !== 'fault')) return answer;
  return andThen(errorPageOrJson(response, asker, pages), (shown) => ({
    ...answer,
    response: shown,
  }));
}
