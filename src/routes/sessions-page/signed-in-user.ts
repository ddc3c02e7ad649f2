import type { ErrorResponseOptions } from '../../errors/error-response.ts';
import type { Reason } from '../../errors/reasons.ts';
import { readRetryAfterSeconds } from '../../http/retry-after.ts';
import type { RouteRequest } from '../../http/routes.ts';
import { isCrossSite } from '../../http/same-origin.ts';
import type { SiteHosts } from '../../http/site-hosts.ts';
import type { Reporting } from '../../observability/reporting.ts';
import type { Verdict } from '../../rules/verdict.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import type { ApiAnswer } from '../../session-changes/api-route.ts';
import type { SignedInUser } from '../../session-changes/own-sessions.ts';
import { NO_REQUIREMENT } from '../../sessions/freshness.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import { resolveCredentials, type SessionLookUp } from '../../sessions/resolve-credentials.ts';

type Denial = Extract<Verdict, { kind: 'deny' }>;
/** The reason why a request gets no page. `refuse`: the request or a failure is the reason, not the session. */
export type AccessProblem =
  | Denial
  | {
      readonly kind: 'refuse';
      readonly reason: Reason;
      readonly wait: Pick<ErrorResponseOptions, 'retryAfterSeconds'>;
    };

/** An access problem, with the latest look-up of the session. The look-up is logged, and its cookies are passed on. */
export interface AccessFailure {
  readonly problem: AccessProblem;
  readonly resolution?: Resolution | undefined;
}

export const PAGE_METHODS = ['GET', 'HEAD', 'POST'];

/**
 * Identifies the signed-in person. A form counts only from a page of the host that it is sent to, even if other origins
 * are allowed elsewhere.
 */
export async function identify(
  received: RouteRequest,
  lookUp: SessionLookUp,
  hosts: SiteHosts,
): Promise<Result<SignedInUser, AccessFailure>> {
  const { request, target, waitUntil } = received;
  if (!PAGE_METHODS.includes(target.method)) {
    return failed({ problem: refusal('method_not_allowed') });
  }
  const presented = lookUp.readCredentials(request.headers);
  const terms = { requirement: NO_REQUIREMENT, host: target.host, waitUntil };
  const found = await resolveCredentials(presented, lookUp, terms);
  if (!found.ok) return failed({ problem: refusal(found.failure) });
  const { resolution, chosen } = found.value;
  if (resolution.outcome !== 'signed-in' || chosen === undefined) {
    return failed({ problem: problemOf(resolution), resolution });
  }
  const [{ carrier }] = chosen.candidates;
  const siteOrigin = hosts.siteOf(target.host);
  const isFormByCookie = target.method === 'POST' && carrier.kind === 'cookie';
  return isFormByCookie && isCrossSite(request.headers, [siteOrigin])
    ? failed({ problem: refusal('cross_site_change') })
    : success({ ...received, chosen, resolution });
}

function problemOf(resolution: Resolution): AccessProblem {
  switch (resolution.outcome) {
    case 'not-signed-in':
      return denied(resolution.reason);
    case 'insufficient':
      return denied('session_aal2_required', resolution.body);
    case 'unknown':
      return refusal(resolution.reason, resolution.retryAfterSeconds);
    default:
      return refusal('store_unavailable');
  }
}

/** The means to look a session up again. */
export interface Recheck {
  readonly lookUp: SessionLookUp;
  readonly reporting: Pick<Reporting, 'now'>;
}

/** Reads the access problem from an answer of a provider that is not a success. */
export async function failureOf(
  answer: ApiAnswer,
  { chosen, waitUntil }: SignedInUser,
  { lookUp, reporting }: Recheck,
): Promise<AccessFailure> {
  if (!answer.ok) return { problem: refusal(answer.failure) };
  const { status, headers, body } = answer.value;
  await body?.cancel();
  if (chosen.kind === 'candidates' && (status === 401 || status === 403)) {
    // Kratos also answers so while its database fails. The look-up of the session confirms a refusal, or finds a fault.
    const resolution = await lookUp.sessions.resolve(
      chosen.candidates[0],
      { minCheckedAt: reporting.now(), onlyIfCached: false },
      waitUntil,
    );
    return { problem: problemOf(resolution), resolution };
  }
  const isDown = status === 429 || status >= 500;
  const problem = isDown
    ? refusal('store_unavailable', readRetryAfterSeconds(headers))
    : refusal('upstream_not_valid');
  return { problem };
}

function denied(reason: Denial['reason'], storeBody?: string): Denial {
  return { kind: 'deny', reason, storeBody, detail: undefined };
}

export function refusal(reason: Reason, retryAfterSeconds?: number): AccessProblem {
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { kind: 'refuse', reason, wait };
}
