import type { Credential, Presentation } from '../../credentials/credential.ts';
import type { ErrorResponseOptions } from '../../errors/error-response.ts';
import type { Reason } from '../../errors/reasons.ts';
import type { RouteRequest } from '../../http/routes.ts';
import { isCrossSite } from '../../http/same-origin.ts';
import type { SiteHosts } from '../../http/site-hosts.ts';
import { readRetryAfterSeconds } from '../../providers/kratos/kratos-store.ts';
import type { DenialOptions } from '../../refusals/denial.ts';
import type { Verdict } from '../../rules/verdict.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import type { ApiAnswer } from '../../session-changes/api-route.ts';
import { NO_DEMAND } from '../../sessions/demand.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import { resolvePresentations } from '../../sessions/resolve-presentation.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { TokenSessions } from '../../tokens/token-sessions.ts';

export interface VisitorOptions {
  readonly sessions: Pick<Sessions, 'resolve'>;
  /** The site's settings for reading credentials, and for answering a request without a session. */
  readonly site: DenialOptions & {
    readonly hosts: SiteHosts;
    readonly readCredentials: (headers: Headers) => Iterable<Presentation>;
    readonly tokens: Pick<TokenSessions, 'resolve'>;
  };
  readonly now: () => number;
}

/** A request by a person who is signed in at Kratos, and who reads the page or sends its form. */
export interface Visitor extends RouteRequest {
  readonly credential: Credential;
  readonly resolution: Extract<Resolution, { outcome: 'signed-in' }>;
}

type Denial = Extract<Verdict, { kind: 'deny' }>;
/** The reason why a request gets no page. `refuse`: the request or a failure is the reason, not the session. */
export type Obstacle =
  | Denial
  | {
      readonly kind: 'refuse';
      readonly reason: Reason;
      readonly wait: Pick<ErrorResponseOptions, 'retryAfterSeconds'>;
    };

/** An obstacle, with the latest look-up of the session. The look-up is logged, and its cookies are passed on. */
export interface Setback {
  readonly obstacle: Obstacle;
  readonly resolution?: Resolution | undefined;
}

export const VISIT_METHODS = ['GET', 'HEAD', 'POST'];

/**
 * Identifies the signed-in person. A form counts only from a page of the host that it is sent to, even if other origins
 * are allowed elsewhere. A request that is signed in by a JWT is refused: JWT sessions are not in Kratos's list.
 */
export async function identify(
  visit: RouteRequest,
  options: VisitorOptions,
): Promise<Result<Visitor, Setback>> {
  const { request, target, anchor } = visit;
  const { site, sessions } = options;
  if (!VISIT_METHODS.includes(target.method)) {
    return failed({ obstacle: refusal('method_not_allowed') });
  }
  const found = await resolvePresentations(site.readCredentials(request.headers), {
    session: (credential) => sessions.resolve(credential, NO_DEMAND, anchor),
    token: (token) => site.tokens.resolve(token, anchor),
  });
  if (!found.ok) return failed({ obstacle: refusal(found.failure) });
  const { resolution, chosen } = found.value;
  if (resolution.outcome !== 'signed-in' || chosen === undefined) {
    return failed({ obstacle: obstacleTo(resolution), resolution });
  }
  if (chosen.kind === 'tokens') {
    return failed({ obstacle: refusal('session_not_listed'), resolution });
  }
  const [credential] = chosen.candidates;
  const ownOrigin = site.hosts.originOf(target.host) ?? site.publicUrl;
  const isFormByCookie = target.method === 'POST' && credential.carrier.kind === 'cookie';
  return isFormByCookie && isCrossSite(request.headers, [ownOrigin])
    ? failed({ obstacle: refusal('cross_site_change') })
    : success({ ...visit, credential, resolution });
}

function obstacleTo(resolution: Resolution): Obstacle {
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

/** Reads the obstacle from an answer of Kratos that is not a success. */
export async function setbackIn(
  answer: ApiAnswer,
  { credential, anchor }: Visitor,
  { sessions, now }: VisitorOptions,
): Promise<Setback> {
  if (!answer.ok) return { obstacle: refusal(answer.failure) };
  const { status, headers, body } = answer.value;
  await body?.cancel();
  if (status === 401 || status === 403) {
    // Kratos also answers so while its database fails. The look-up of the session confirms a refusal.
    const resolution = await sessions.resolve(
      credential,
      { asOf: now(), onlyIfCached: false },
      anchor,
    );
    const isSignedIn = resolution.outcome === 'signed-in';
    const obstacle = isSignedIn ? refusal('store_unavailable') : obstacleTo(resolution);
    return { obstacle, resolution };
  }
  const isDown = status === 429 || status >= 500;
  const obstacle = isDown
    ? refusal('store_unavailable', readRetryAfterSeconds(headers))
    : refusal('upstream_not_valid');
  return { obstacle };
}

function denied(reason: Denial['reason'], storeBody?: string): Denial {
  return { kind: 'deny', reason, storeBody, detail: undefined };
}

export function refusal(reason: Reason, retryAfterSeconds?: number): Obstacle {
  const wait = retryAfterSeconds === undefined ? {} : { retryAfterSeconds };
  return { kind: 'refuse', reason, wait };
}
