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
  /**
   * Authorises again with the same credential, for a stream or WebSocket that outlives its answer. The result relies
   * on no older data than {@link recheckMaxAgeMs} allows. The stream ends with the session that opened it: another
   * credential of the request does not keep it open.
   */
  readonly recheck: () => Promise<SessionDecision>;
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
  if (rule.session === 'none') {
    const unseen: SessionDecision = { resolution: undefined, verdict: PASS_UNSEEN };
    const recheck = async () => unseen;
    return success({ match, chosen: undefined, tried: [], deadCookies: [], ...unseen, recheck });
  }
  if (!isWebSocketOriginGood(headers, rule.crossOrigins, accepted.hosts)) {
    return failed('origin_not_allowed');
  }
  const termsSince = (since: number, wantsProof = false): LookUpTerms => {
    const minCheckedAt = rule.freshness === 'strict' ? now() : since;
    const requirement = { minCheckedAt, onlyIfCached: false, wantsProof };
    return { requirement, host: target.host, waitUntil };
  };
  const find = (resolution: Resolution): SessionDecision => ({
    resolution,
    verdict: decide(rule, resolution, now()),
  });
  // If anonymous requests pass, a dead cookie is cleared. That takes a proof that the cookie is dead.
  const wantsProof = rule.session === 'optional';
  const presented = lookUp.readCredentials(headers);
  return andThen(resolveCredentials(presented, lookUp, termsSince(0, wantsProof)), (found) => {
    if (!found.ok) return found;
    const { resolution, chosen, tried, deadCookies } = found.value;
    const first = find(resolution);
    const look = async (since: number): Promise<SessionDecision> => {
      const current = chosen && renewed(chosen, resolution);
      if (current === undefined) return first;
      const terms = { ...termsSince(since), isRecheck: true };
      return find((await resolvePresented(current, lookUp, terms)).resolution);
    };
    const recheck = () => recheckBy(look, waitUntil, options);
    const { verdict } = first;
    return success({ match, chosen, tried, deadCookies, resolution, verdict, recheck });
  });
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
 * Authorises again with a view of the revocation log that is young enough ({@link recheckMaxAgeMs}). If the log cannot be
 * read, the store is asked. If the store does not answer either, a cached session counts if a new request could use it.
 */
async function recheckBy(
  look: (since: number) => Promise<SessionDecision>,
  waitUntil: WaitUntil,
  { revocation, now }: Pick<AuthorizationOptions, 'revocation' | 'now'>,
): Promise<SessionDecision> {
  const maxAgeMs = recheckMaxAgeMs(revocation.lagMs);
  await revocation.refresh(now(), waitUntil, maxAgeMs);
  const since = revocation.trustedSince(now(), maxAgeMs);
  const finding = await look(since);
  return since > 0 && finding.verdict.kind === 'cannot-tell' ? look(0) : finding;
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
