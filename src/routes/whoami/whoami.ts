import { VARY } from '../../credentials/credential.ts';
import { errorHeaders, errorResponse } from '../../errors/error-response.ts';
import type { RefusalReason } from '../../errors/reasons.ts';
import { isTokenReason } from '../../errors/token-reasons.ts';
import type { AdmittedTarget } from '../../http/admit.ts';
import {
  PRIVATE_NO_STORE,
  type RequestCacheControl,
  readRequestCacheControl,
} from '../../http/cache-control.ts';
import { describeResolution } from '../../observability/describe-resolution.ts';
import { addServerTiming, type Reporting } from '../../observability/reporting.ts';
import {
  kratosErrorId,
  whoami401Body,
  withRequestId,
} from '../../providers/kratos/kratos-errors.ts';
import { bearerChallenge } from '../../refusals/bearer-challenge.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import { type CacheRequirement, NO_REQUIREMENT } from '../../sessions/freshness.ts';
import { setProvenance } from '../../sessions/provenance-headers.ts';
import type { Resolution } from '../../sessions/resolution.ts';
import {
  type Resolvers,
  resolveCredentials,
  type SessionLookUp,
} from '../../sessions/resolve-credentials.ts';
import type { Sessions } from '../../sessions/sessions.ts';
import type { ProtectedResources } from '../../tokens/protected-resources.ts';

export interface WhoamiOptions {
  readonly lookUp: SessionLookUp & {
    readonly sessions: Pick<Sessions, 'resolve' | 'resolveUnstored'>;
  };
  readonly resources: Pick<ProtectedResources, 'metadataUrlFor'>;
  readonly reporting: Reporting;
}

const TOKENIZED_ALREADY =
  '{"error":{"code":400,"status":"Bad Request","reason":"The session is a token already and cannot be tokenized.","message":"The request was malformed or contained invalid parameters"}}\n';

/** Headers of every answer with a session. A copy costs half as much as new ones. */
const SESSION_HEADERS = new Headers({
  'content-type': 'application/json; charset=utf-8',
  'cache-control': PRIVATE_NO_STORE,
  'x-content-type-options': 'nosniff',
  vary: VARY,
});

/** The methods of Kratos's whoami (`session/handler.go`, `RegisterPublicRoutes`), in the order of its `Allow`. */
const METHODS = 'CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE'.split(', ');

/**
 * Answers `/sessions/whoami` as Kratos does (`session/handler.go`), for each of its methods: the store's bytes and headers,
 * its 401 without `error.id`, its 403 with `redirect_browser_to`. Postern adds `Age`, `Cache-Status` (RFC 9211) and
 * `Postern-Reason`, and answers 503 if it has no answer of Kratos to give.
 */
export async function whoami(
  request: Request,
  target: AdmittedTarget,
  waitUntil: WaitUntil,
  { lookUp, resources, reporting }: WhoamiOptions,
): Promise<Response> {
  const startedAt = reporting.now();
  const { method, path } = target;
  const refuse = (reason: RefusalReason) => {
    const response = errorResponse(reason, { allowedMethods: METHODS });
    const { status } = response;
    const outcome = 'refuse';
    const logged = { outcome, status, method, path, reason, durationMs: 0 } as const;
    reporting.log(() => ({ route: 'whoami', ...logged }));
    return response;
  };
  if (!METHODS.includes(method)) return refuse('method_not_allowed');
  const presented = lookUp.readCredentials(request.headers);
  const asked = readRequestCacheControl(request.headers.get('cache-control'));
  const { host } = target;
  const terms = { requirement: readRequirement(asked, startedAt), host, waitUntil };
  const resolvers = resolversAsAsked(asked, target, lookUp);
  const found = await resolveCredentials(presented, resolvers, terms);
  if (!found.ok) return refuse(found.failure);
  const { resolution } = found.value;
  const response = whoamiResponse(resolution, request.headers);
  setChallenge(response.headers, resolution, resources.metadataUrlFor(target));
  addServerTiming(response, { session: reporting.now() - startedAt }, reporting);
  reporting.log(() => ({
    route: 'whoami',
    status: response.status,
    method,
    path,
    ...describeResolution(resolution),
    durationMs: reporting.now() - startedAt,
  }));
  return response;
}

/** Returns the resolvers for a request: past every cache if the request asks for a token or forbids storing. */
function resolversAsAsked(
  { noStore }: RequestCacheControl,
  { search }: AdmittedTarget,
  { sessions, tokens, signIns }: WhoamiOptions['lookUp'],
): Resolvers {
  const tokenizeAs = search === '' ? '' : (new URLSearchParams(search).get('tokenize_as') ?? '');
  const isTokenized = tokenizeAs !== '';
  if (!isTokenized && !noStore) return { sessions, tokens, signIns };
  const options = isTokenized ? { tokenizeAs } : {};
  const asAsked = (resolution: Resolution) =>
    isTokenized ? refuseTokenizing(resolution) : resolution;
  return {
    sessions: {
      resolve: (credential, _, waitUntil) =>
        sessions.resolveUnstored(credential, waitUntil, options),
    },
    tokens: {
      resolve: async (token, terms) => asAsked(await tokens.resolve(token, terms)),
    },
    signIns: signIns && {
      resolve: async (signIn, terms) => asAsked(await signIns.resolve(signIn, terms)),
    },
  };
}

/** Refuses `tokenize_as` for a session that is a JWT already, as Kratos refuses a template that it does not know. */
function refuseTokenizing(resolution: Resolution): Resolution {
  if (resolution.outcome !== 'signed-in') return resolution;
  const { provenance } = resolution;
  return { outcome: 'rejected', status: 400, body: TOKENIZED_ALREADY, provenance };
}

function readRequirement(
  { noCache, maxAgeSeconds, onlyIfCached }: RequestCacheControl,
  now: number,
): CacheRequirement {
  if (noCache) return { minCheckedAt: now, onlyIfCached };
  const minCheckedAt =
    maxAgeSeconds === undefined ? NO_REQUIREMENT.minCheckedAt : now - maxAgeSeconds * 1000;
  return { minCheckedAt, onlyIfCached };
}

function whoamiResponse(resolution: Resolution, received: Headers): Response {
  const response =
    resolution.outcome === 'signed-in'
      ? sessionResponse(resolution)
      : refusalResponse(resolution, received.get('x-request-id'));
  setProvenance(response.headers, resolution.provenance);
  return response;
}

function sessionResponse({
  body,
  session,
  cacheForSeconds,
  setCookies,
}: Extract<Resolution, { outcome: 'signed-in' }>): Response {
  const response = new Response(body, { headers: SESSION_HEADERS });
  const { headers } = response;
  headers.set('x-kratos-authenticated-identity-id', session.identity.id);
  setCacheFor(headers, cacheForSeconds);
  for (const cookie of setCookies) headers.append('set-cookie', cookie);
  return response;
}

function setCacheFor(headers: Headers, seconds: number | undefined): void {
  if (seconds !== undefined) headers.set('ory-session-cache-for', String(seconds));
}

/** Sets `WWW-Authenticate`, which Kratos's 401 lacks: for a refused token, or if there is metadata to name. */
function setChallenge(
  headers: Headers,
  resolution: Resolution,
  resourceMetadataUrl: string | undefined,
): void {
  if (resolution.outcome !== 'not-signed-in') return;
  const { reason } = resolution;
  if (!isTokenReason(reason) && resourceMetadataUrl === undefined) return;
  const challenge = bearerChallenge(reason, { resourceMetadataUrl });
  if (challenge !== undefined) headers.set('www-authenticate', challenge);
}

function refusalResponse(
  resolution: Exclude<Resolution, { outcome: 'signed-in' }>,
  requestId: string | null,
): Response {
  switch (resolution.outcome) {
    case 'not-signed-in': {
      if (isTokenReason(resolution.reason)) return errorResponse(resolution.reason);
      const headers = errorHeaders(resolution.reason);
      headers.set('ory-error-id', '');
      setCacheFor(headers, resolution.cacheForSeconds);
      return new Response(whoami401Body(resolution.body, requestId), { status: 401, headers });
    }
    case 'insufficient': {
      const headers = errorHeaders('session_aal2_required');
      headers.set('ory-error-id', 'session_aal2_required');
      return new Response(withRequestId(resolution.body, requestId), { status: 403, headers });
    }
    case 'rejected': {
      const headers = new Headers({
        'content-type': 'application/json',
        'cache-control': PRIVATE_NO_STORE,
        vary: VARY,
        'ory-error-id': kratosErrorId(resolution.body),
      });
      const { status, body } = resolution;
      return new Response(withRequestId(body, requestId), { status, headers });
    }
    case 'not-cached':
      return errorResponse('not_cached');
    case 'unknown': {
      const { reason, retryAfterSeconds } = resolution;
      return errorResponse(reason, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
    }
  }
}
