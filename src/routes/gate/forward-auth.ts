import { VARY } from '../../credentials/credential.ts';
import { errorResponse } from '../../errors/error-response.ts';
import type { Reason, RefusalReason } from '../../errors/reasons.ts';
import type { Identifier } from '../../forwarding/identification.ts';
import type { AdmittedTarget } from '../../http/admit.ts';
import { PRIVATE_NO_STORE } from '../../http/cache-control.ts';
import type { DecisionLog } from '../../observability/decision-log.ts';
import { describeResolution } from '../../observability/describe-resolution.ts';
import { type Answer, answerDenial, type DenialOptions, toldOf } from '../../refusals/denial.ts';
import { shown } from '../../refusals/error-page.ts';
import { letRead } from '../../refusals/readable-denial.ts';
import type { Verdict } from '../../rules/verdict.ts';
import { failed, type Result } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import type { Anchor } from '../../runtime/single-flight.ts';
import { isPreflight, type JudgeOptions, type Judgment, judge } from './authorize.ts';
import {
  addCacheStatus,
  answerUnknown,
  omissionsOf,
  sessionCookiesOf,
  unidentified,
} from './gate.ts';
import { PROXY_KINDS, type ProxyKind, readOriginalRequest } from './original-request.ts';

export interface ForwardAuthOptions extends JudgeOptions, DenialOptions {
  /** Any of which a proxy proves itself with. */
  readonly secrets: readonly string[];
  readonly identifier: Identifier;
  readonly cookieNames: readonly string[];
  readonly log: DecisionLog;
}

export type ForwardAuth = (
  request: Request,
  target: AdmittedTarget,
  anchor: Anchor,
) => Promise<Response>;

const SECRET_HEADER = 'postern-proxy-secret';

/**
 * Answers a request that `/.postern/auth/nginx` has just refused: `auth_request` of nginx drops a refusal's body and all
 * but a few of its headers, so nginx asks here for what the client is to read.
 */
const NGINX_ANSWER_PATH = '/.postern/auth/nginx/answer';

/**
 * `/.postern/auth/…`: the gate's verdict for a proxy that keeps its own routing. The answer begins as a refusal, and
 * one line alone makes a 200 of it: a pass, of the original request as admitted, asked by a proxy that has
 * proven itself. The request's body is never read.
 */
export function createForwardAuth(options: ForwardAuthOptions): ForwardAuth {
  return async function forwardAuth(request, target, anchor) {
    const startedAt = options.now();
    const kind = readKind(target);
    if (kind === undefined) return errorResponse('not_found');
    const original = await readTrusted(kind, request, target, options);
    const judged: JudgedAnswer = original.ok
      ? await answerOriginal(request, original.value, anchor, options)
      : refusal(original.failure);
    const isForClient = target.path === NGINX_ANSWER_PATH;
    const answer = await asShown(isForClient ? neverPassed(judged) : judged, request);
    const { resolution } = answer;
    if (original.ok && answer.outcome !== 'pass') {
      letRead(answer.response, request, options.rules.match(original.value).rule.crossOrigins);
    }
    const response = isForClient ? answer.response : asProxyTakesIt(kind, answer.response, options);
    if (resolution !== undefined) addCacheStatus(response, resolution);
    options.log(() => ({
      route: 'forward-auth',
      ...(resolution !== undefined && describeResolution(resolution)),
      ...(answer.rule !== undefined && { rule: answer.rule }),
      ...toldOf({ ...answer, response }),
      method: original.ok ? original.value.method : request.method,
      ...(original.ok && { path: original.value.path }),
      durationMs: options.now() - startedAt,
    }));
    return response;
  };
}

interface JudgedAnswer extends Answer {
  readonly resolution?: Judgment['resolution'];
  readonly rule?: string;
}

function readKind({ path }: AdmittedTarget): ProxyKind | undefined {
  if (path === NGINX_ANSWER_PATH) return 'nginx';
  return PROXY_KINDS.find((kind) => {
    const own = `/.postern/auth/${kind}`;
    return path === own || (kind === 'envoy' && path.startsWith(`${own}/`));
  });
}

/** The original request, from a proxy that may speak of it, for one of our hosts. */
async function readTrusted(
  kind: ProxyKind,
  request: Request,
  target: AdmittedTarget,
  options: ForwardAuthOptions,
): Promise<Result<AdmittedTarget, RefusalReason>> {
  const isTrusted = await matchesSecret(request.headers.get(SECRET_HEADER) ?? '', options.secrets);
  if (!isTrusted) return failed('proxy_not_trusted');
  const original = readOriginalRequest(kind, request, target, options);
  if (!original.ok) return original;
  const isOurs = options.hosts.originOf(original.value.host) !== undefined;
  return isOurs ? original : failed('host_unknown');
}

async function answerOriginal(
  request: Request,
  target: AdmittedTarget,
  anchor: Anchor,
  options: ForwardAuthOptions,
): Promise<JudgedAnswer> {
  const { headers } = request;
  const judged = await judge({ headers, target, anchor }, options);
  if (!judged.ok) return refusal(judged.failure);
  if (isPreflight(judged.value)) {
    // Only the origin behind the proxy can answer it there; nobody is identified by it.
    const empty = options.identifier.headerNames.map((name) => [name, ''] as const);
    return { ...allowed(empty, []), rule: judged.value.rule.name, detail: 'preflight' };
  }
  const { verdict, resolution, match } = judged.value;
  const found = { resolution, rule: match.rule.name };
  switch (verdict.kind) {
    case 'pass':
      return { ...(await pass(verdict, judged.value, target, options)), ...found };
    case 'deny':
      return {
        ...(await answerDenial(verdict, { headers, target, rule: match.rule }, options)),
        ...found,
      };
    case 'cannot-tell':
      return { ...answerUnknown(verdict), ...found };
  }
}

async function pass(
  { session }: Extract<Verdict, { kind: 'pass' }>,
  judgment: Judgment,
  target: AdmittedTarget,
  options: ForwardAuthOptions,
): Promise<Answer> {
  const audience = options.hosts.originOf(target.host) ?? options.publicUrl;
  const identified = await options.identifier.identify(session, audience);
  if (!identified.ok) return unidentified(identified.failure);
  const empty = options.identifier.headerNames.map((name) => [name, ''] as const);
  return {
    ...allowed([...empty, ...identified.value.headers], sessionCookiesOf(judgment, options)),
    ...omissionsOf(identified.value),
  };
}

/**
 * The one place where a 200 is made. It names every header that may tell of an identity, empty where there is
 * nothing to tell, so that no copy of the client's stays behind in the proxy.
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

function refusal(reason: Reason): Answer {
  return { response: errorResponse(reason), outcome: 'refuse', reason };
}

/** A pass here has no site behind it: the verdict is another one than a moment ago, and the client has to ask again. */
function neverPassed(answer: JudgedAnswer): JudgedAnswer {
  if (answer.outcome !== 'pass') return answer;
  const reason = 'verdict_changed';
  return { ...answer, response: errorResponse(reason), outcome: 'fault', reason };
}

/** A refusal or fault as the client can read it, for proxies pass it on; a denial is made so. */
async function asShown(answer: JudgedAnswer, request: Request): Promise<JudgedAnswer> {
  const { outcome, reason, response } = answer;
  if (reason === undefined || (outcome !== 'refuse' && outcome !== 'fault')) return answer;
  return { ...answer, response: await shown(response, reason, request) };
}

/**
 * nginx takes 2xx, 401 and 403 from `auth_request`, and makes 500 of everything else. So what the client did wrong
 * is 403 there, and a challenge is 401 with its `Location`; a fault stays one, and is closed.
 */
function asProxyTakesIt(
  kind: ProxyKind,
  response: Response,
  { cookieNames }: Pick<ForwardAuthOptions, 'cookieNames'>,
): Response {
  if (kind !== 'nginx') return response;
  const { status, headers } = response;
  if (status === 200) keepOneCookie(headers, cookieNames);
  if (status === 200 || status === 401 || status >= 500) return response;
  const isRedirect = headers.has('location');
  return new Response(null, { status: isRedirect ? 401 : 403, headers });
}

/** nginx takes one `Set-Cookie` from a pass; since 1.23 it joins several into a header that browsers misread. */
function keepOneCookie(headers: Headers, cookieNames: readonly string[]): void {
  const cookies = headers.getSetCookie();
  const isSessions = (cookie: string) => cookieNames.some((name) => cookie.startsWith(`${name}=`));
  const kept = cookies.find(isSessions) ?? cookies[0];
  if (kept !== undefined) headers.set('set-cookie', kept);
}
