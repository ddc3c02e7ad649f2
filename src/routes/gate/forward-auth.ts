import { VARY } from '../../credentials/credential.ts';
import type { ErrorShape } from '../../errors/error-response.ts';
import type { Reason, RefusalReason } from '../../errors/reasons.ts';
import type { Identifier } from '../../forwarding/identification.ts';
import { isGatewayCookie } from '../../forwarding/origin-cookies.ts';
import type { AdmittedTarget } from '../../http/admit.ts';
import type { Authority } from '../../http/authority.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';
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
import { failed, type Result } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import {
  type Authorization,
  type AuthorizationOptions,
  authorize,
  isPreflight,
} from './authorize.ts';
import { answerUnknown, unidentified } from './fault-answers.ts';
import { addCacheStatus, omissionsOf } from './gate.ts';
import { PROXY_KINDS, type ProxyKind, readOriginalRequest } from './original-request.ts';
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

/**
 * Serves `/.postern/auth/…`: the gate's verdict for a proxy that keeps its own routing. Only {@link allowed} makes a
 * 200. That takes a proxy that has proven itself, an original request that was admitted, and a pass. The request's body
 * is never read.
 */
export async function forwardAuth(
  request: Request,
  target: AdmittedTarget,
  waitUntil: WaitUntil,
  options: ForwardAuthOptions,
): Promise<Response> {
  const { reporting, credentialCookies, authorization, denial } = options;
  const { errorShape } = denial;
  const startedAt = reporting.now();
  const kind = readKind(target);
  if (kind === undefined) return errorPageOrJson(errorShape('not_found'), request, denial.pages);
  const original = await readTrusted(kind, request, target, options);
  const authorized: AuthorizedAnswer = original.ok
    ? await answerOriginal(request, original.value, waitUntil, options)
    : refusal(original.failure, errorShape);
  const isForClient = target.path === NGINX_ANSWER_PATH;
  const { headers, cf } = request;
  const asker = { method: original.ok ? original.value.method : request.method, headers, cf };
  const answer = await asPageOrJson(
    isForClient ? neverPassed(authorized, errorShape) : authorized,
    asker,
    denial.pages,
  );
  const { resolution } = answer;
  if (original.ok && answer.outcome !== 'pass') {
    const { rule } = authorization.rules.match(original.value);
    makeReadable(answer.response, request, rule.crossOrigins);
  }
  const response = isForClient
    ? answer.response
    : asProxyTakesIt(kind, answer.response, credentialCookies);
  if (resolution !== undefined) addCacheStatus(response, resolution);
  reporting.log(request, () => ({
    route: 'forward-auth',
    ...(resolution !== undefined && describeResolution(resolution)),
    ...(answer.rule !== undefined && { rule: answer.rule }),
    ...logFieldsOf({ ...answer, response }),
    method: asker.method,
    ...(original.ok && { path: original.value.path }),
    durationMs: reporting.now() - startedAt,
  }));
  return response;
}

interface AuthorizedAnswer extends Answer {
  readonly resolution?: Authorization['resolution'];
  readonly rule?: string;
}

function readKind({ path }: AdmittedTarget): ProxyKind | undefined {
  if (path === NGINX_ANSWER_PATH) return 'nginx';
  return PROXY_KINDS.find((kind) => {
    const own = `/.postern/auth/${kind}`;
    return path === own || (kind === 'envoy' && path.startsWith(`${own}/`));
  });
}

/** Reads the original request. The proxy has to prove itself, and the request has to be for a host of the site. */
async function readTrusted(
  kind: ProxyKind,
  request: Request,
  target: AdmittedTarget,
  { secrets, authorization }: ForwardAuthOptions,
): Promise<Result<AdmittedTarget, RefusalReason>> {
  const { accepted } = authorization;
  const isTrusted = await matchesSecret(request.headers.get(SECRET_HEADER) ?? '', secrets);
  if (!isTrusted) return failed('proxy_not_trusted');
  const original = readOriginalRequest(kind, request, target, accepted);
  if (!original.ok) return original;
  const isOurs = accepted.hosts.originOf(original.value.host) !== undefined;
  return isOurs ? original : failed('host_unknown');
}

async function answerOriginal(
  request: Request,
  target: AdmittedTarget,
  waitUntil: WaitUntil,
  options: ForwardAuthOptions,
): Promise<AuthorizedAnswer> {
  const { headers, cf } = request;
  const { errorShape } = options.denial;
  const authorized = await authorize({ headers, target, waitUntil }, options.authorization);
  if (!authorized.ok) return refusal(authorized.failure, errorShape);
  if (isPreflight(authorized.value)) {
    // Only the origin behind the proxy can answer a preflight. A preflight identifies no session.
    const empty = options.identifier.headerNames.map((name) => [name, ''] as const);
    return { ...allowed(empty, []), rule: authorized.value.rule.name, detail: 'preflight' };
  }
  const { verdict, resolution, match } = authorized.value;
  const found = { resolution, rule: match.rule.name };
  switch (verdict.kind) {
    case 'pass':
      if (match.rule.exchange.size > 0) return { ...unexchanged(errorShape), ...found };
      return { ...(await pass(verdict, authorized.value, target, options)), ...found };
    case 'deny': {
      const asker = { method: target.method, headers, cf };
      const denied = { asker, target, rule: match.rule, resolution };
      const answer = await answerDenial(verdict, denied, options.denial);
      return { ...withSignInCookies(answer, authorized.value, options.denial.hosts), ...found };
    }
    case 'cannot-tell':
      return { ...answerUnknown(verdict, errorShape), ...found };
  }
}

async function pass(
  { session }: Extract<Verdict, { kind: 'pass' }>,
  authorization: Authorization,
  target: AdmittedTarget,
  { identifier, namedOrigin, denial: { hosts, errorShape } }: ForwardAuthOptions,
): Promise<Answer> {
  const { match } = authorization;
  if (!isForOneOrigin(match)) return refusal('path_not_canonical', errorShape);
  const { rule } = match;
  const { audience = hosts.siteOf(target.host) } = namedOrigin(rule, target.host) ?? {};
  const identified = await identifier.identify(session, audience, rule.identityHeaders);
  if (!identified.ok) return unidentified(identified.failure, errorShape);
  const empty = identifier.headerNames.map((name) => [name, ''] as const);
  return {
    ...allowed([...empty, ...identified.value.headers], sessionCookiesOf(authorization, hosts)),
    ...omissionsOf(identified.value),
  };
}

/**
 * Makes the 200; no other code does. It names every header that may carry an identity, with an empty value if there is
 * no identity. So the proxy overwrites every such header that the client sent.
 */
function allowed(
  identity: readonly (readonly [name: string, value: string])[],
  setCookies: readonly string[],
): Answer {
  const headers = new Headers({ 'cache-control': PRIVATE_NO_STORE, vary: VARY });
  for (const [name, value] of identity) headers.set(name, value);
  for (const cookie of setCookies) headers.append('set-cookie', cookie);
  return {
    response: new Response(null, { status: 200, headers }),
    outcome: 'pass',
    reason: undefined,
  };
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
async function asPageOrJson(
  answer: AuthorizedAnswer,
  asker: Asker,
  pages: SitePages,
): Promise<AuthorizedAnswer> {
  const { outcome, reason, response } = answer;
  if (reason === undefined || (outcome !== 'refuse' && outcome !== 'fault')) return answer;
  return { ...answer, response: await errorPageOrJson(response, asker, pages) };
}

/**
 * Changes an answer's status for nginx. `auth_request` takes 2xx, 401 and 403, and makes 500 of every other status. So
 * an error of the client becomes 403, and a redirect becomes 401 with its `Location`. A fault keeps its status: nginx
 * answers 500, and the request does not pass.
 */
function asProxyTakesIt(
  kind: ProxyKind,
  response: Response,
  credentialCookies: readonly string[],
): Response {
  if (kind !== 'nginx') return response;
  const { status, headers } = response;
  if (status === 200) keepOneCookie(headers, credentialCookies);
  if (status === 200 || status === 401 || status >= 500) return response;
  const isRedirect = headers.has('location');
  return new Response(null, { status: isRedirect ? 401 : 403, headers });
}

/**
 * Keeps one `Set-Cookie`, the session's if there is one. nginx takes one from a pass; since 1.23 it joins several into
 * a header that browsers misread. A sign-in in several cookies is kept back: one of them alone would spoil the others.
 */
function keepOneCookie(headers: Headers, cookieNames: readonly string[]): void {
  const cookies = headers.getSetCookie();
  const parts = cookies.filter((each) => isGatewayCookie(each) && !each.includes('Max-Age=0'));
  const isSessions = (cookie: string) => cookieNames.some((name) => cookie.startsWith(`${name}=`));
  const kept = parts.length > 1 ? undefined : (cookies.find(isSessions) ?? cookies[0]);
  headers.delete('set-cookie');
  if (kept !== undefined) headers.set('set-cookie', kept);
}
