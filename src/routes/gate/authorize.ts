import type { UsableCredentials } from '../../credentials/credential.ts';
import { joinValue } from '../../credentials/split-cookie.ts';
import type { RefusalReason } from '../../errors/reasons.ts';
import { recheckMaxAgeMs } from '../../forwarding/session-watch.ts';
import type { AcceptedRequests, AdmittedTarget } from '../../http/admit.ts';
import { type Asked, readAsked } from '../../http/preflight.ts';
import type { SiteHosts } from '../../http/site-hosts.ts';
import { isWebSocketHandshake } from '../../http/web-socket.ts';
import type { RevocationView } from '../../revocation/revocation-view.ts';
import type { Rule, RuleMatch, Rules } from '../../rules/rules.ts';
import { decide, PASS_UNSEEN, type Verdict } from '../../rules/verdict.ts';
import { type Awaitable, andThen } from '../../runtime/awaitable.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import {
  type Found,
  type LookUpTerms,
  resolveCredentials,
  resolvePresented,
  type SessionLookUp,
} from '../../sessions/resolve-credentials.ts';

export interface AuthorizationOptions {
  readonly rules: Pick<Rules, 'match' | 'crossOriginsOf' | 'scopesBelow'>;
  readonly accepted: AcceptedRequests;
  readonly lookUp: SessionLookUp;
  readonly revocation: Pick<RevocationView, 'lagMs' | 'refresh' | 'trustedSince'>;
  readonly now: () => number;
}

/** The services of authorising again. */
export type RecheckOptions = Pick<AuthorizationOptions, 'lookUp' | 'revocation' | 'now'>;

/** A request to authorise, for the gate or for forward authentication. */
export interface AuthorizationRequest {
  readonly headers: Headers;
  readonly target: AdmittedTarget;
  readonly waitUntil: WaitUntil;
}

/** A CORS preflight, which a browser sends before a cross-origin request (Fetch standard, CORS-preflight request). */
export interface Preflight extends Asked {
  /** The rule of the request that is to follow. It allows this origin. */
  readonly rule: Rule;
}

/** The verdict on a request, and the session look-up that led to it. */
export interface SessionDecision {
  /** `undefined` when the rule asks for no session. */
  readonly resolution: Resolution | undefined;
  readonly verdict: Verdict;
}

/** The result of authorising a request. */
export interface Authorization extends SessionDecision {
  readonly match: RuleMatch;
  /** The credential that the resolution is about; `undefined` if it is about none or several. */
  readonly chosen: Found['chosen'];
  /** The credentials that were looked up; empty when the rule asks for no session. */
  readonly tried: Found['tried'];
  /** Names of the refused cookies that may be cleared. */
  readonly deadCookies: Found['deadCookies'];
}

export type AuthorizationRefusal = Extract<
  RefusalReason,
  'method_not_allowed' | 'credential_conflicting' | 'origin_not_allowed'
>;

/** Authorises a request. A preflight is returned as it is, and is answered without authorisation. */
export function authorize(
  { headers, target, waitUntil }: AuthorizationRequest,
  options: AuthorizationOptions,
): Awaitable<Result<Preflight | Authorization, AuthorizationRefusal>> {
  const { rules, accepted, lookUp, now } = options;
  if (!accepted.methods.has(target.method)) return failed('method_not_allowed');
  const preflight = readPreflight(headers, target, options);
  if (preflight !== undefined) return success(preflight);
  const match = rules.match(target);
  const { rule } = match;
  if (rule.session === 'none') return success({ match, ...UNSEEN });
  if (!isWebSocketOriginGood(headers, rule.crossOrigins, accepted.hosts)) {
    return failed('origin_not_allowed');
  }
  const requirement = {
    minCheckedAt: rule.freshness === 'strict' ? now() : 0,
    onlyIfCached: false,
    // If anonymous requests pass, a dead cookie is cleared. That takes a proof that the cookie is dead.
    wantsProof: rule.session === 'optional',
  };
  const terms: LookUpTerms = { requirement, host: target.host, waitUntil };
  const found = resolveCredentials(lookUp.readCredentials(headers), lookUp, terms);
  return andThen(found, judge, match, now);
}

/** The authorisation under a rule that asks for no session. */
const UNSEEN = Object.freeze({
  chosen: undefined,
  tried: [],
  deadCookies: [],
  resolution: undefined,
  verdict: PASS_UNSEEN,
});

function judge(
  found: Result<Found, 'credential_conflicting'>,
  match: RuleMatch,
  now: () => number,
): Result<Authorization, 'credential_conflicting'> {
  if (!found.ok) return found;
  const { resolution, chosen, tried, deadCookies } = found.value;
  const verdict = decide(match.rule, resolution, now());
  return success({ match, chosen, tried, deadCookies, resolution, verdict });
}

/** Returns the credential as the browser will have it: a refreshed sign-in is in the cookies that the answer sets. */
function renewed(chosen: UsableCredentials, resolution: Resolution): UsableCredentials {
  if (chosen.kind !== 'sign-in' || resolution.outcome !== 'signed-in') return chosen;
  const [candidate] = chosen.candidates;
  const pairs = resolution.setCookies.map((cookie) => cookie.split(';', 1)[0]).join('; ');
  const value = joinValue(pairs, candidate.carrier.cookieName)?.value;
  return value === undefined ? chosen : { kind: 'sign-in', candidates: [{ ...candidate, value }] };
}

/**
 * Authorises again with the same credential, for a stream or WebSocket that outlives its answer. The stream ends with the
 * session that opened it: another credential of the request does not keep it open.
 *
 * The view of the revocation log is young enough ({@link recheckMaxAgeMs}). If the log cannot be read, the store is asked.
 * If the store does not answer either, a cached session counts if a new request could use it.
 */
export async function authorizeAgain(
  first: Authorization,
  asked: Pick<AuthorizationRequest, 'target' | 'waitUntil'>,
  options: RecheckOptions,
): Promise<SessionDecision> {
  const { chosen, resolution } = first;
  const current = chosen && resolution && renewed(chosen, resolution);
  if (current === undefined) return first;
  const { revocation, now } = options;
  const maxAgeMs = recheckMaxAgeMs(revocation.lagMs);
  await revocation.refresh(now(), asked.waitUntil, maxAgeMs);
  const since = revocation.trustedSince(now(), maxAgeMs);
  const { rule } = first.match;
  const finding = await lookAgain(current, { rule, since, ...asked }, options);
  return since > 0 && finding.verdict.kind === 'cannot-tell'
    ? lookAgain(current, { rule, since: 0, ...asked }, options)
    : finding;
}

/** Looks a credential up again. */
async function lookAgain(
  credential: UsableCredentials,
  {
    rule,
    since,
    target,
    waitUntil,
  }: Pick<AuthorizationRequest, 'target' | 'waitUntil'> & {
    readonly rule: Rule;
    readonly since: number;
  },
  { lookUp, now }: RecheckOptions,
): Promise<SessionDecision> {
  const minCheckedAt = rule.freshness === 'strict' ? now() : since;
  const requirement = { minCheckedAt, onlyIfCached: false, wantsProof: false };
  const terms = { requirement, host: target.host, waitUntil, isRecheck: true };
  const { resolution } = await resolvePresented(credential, lookUp, terms);
  return { resolution, verdict: decide(rule, resolution, now()) };
}

/**
 * Reads a preflight whose origin is allowed by the rule of the request that is to follow; `undefined` for any other
 * request. Any other `OPTIONS` is authorised like every request.
 */
function readPreflight(
  headers: Headers,
  target: AdmittedTarget,
  { rules, accepted: { methods } }: AuthorizationOptions,
): Preflight | undefined {
  const asked = readAsked(target.method, headers);
  if (asked === undefined || !methods.has(asked.method)) return undefined;
  const { rule } = rules.match(target, asked.method);
  return rule.crossOrigins.has(asked.origin) ? { ...asked, rule } : undefined;
}

export function isPreflight(authorization: Preflight | Authorization): authorization is Preflight {
  return 'origin' in authorization;
}

/**
 * Returns whether a WebSocket handshake comes from an allowed page. Browsers send cookies with WebSockets to any site,
 * and CORS does not apply to WebSockets. So the page's origin has to be one of the site or of the rule (OWASP ASVS 5.0,
 * 4.4.2). A client that sends no `Origin` is not a browser.
 */
function isWebSocketOriginGood(
  headers: Headers,
  crossOrigins: ReadonlySet<string>,
  hosts: SiteHosts,
): boolean {
  const origin = headers.get('origin');
  if (origin === null || !isWebSocketHandshake(headers)) return true;
  return hosts.hasOrigin(origin) || crossOrigins.has(origin);
}
