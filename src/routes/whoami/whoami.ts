import type { RefusalReason } from '../../errors/reasons.ts';
import { isTokenReason } from '../../errors/token-reasons.ts';
import type { AdmittedTarget } from '../../http/admit.ts';
import { type RequestCacheControl, readRequestCacheControl } from '../../http/cache-control.ts';
import { describeResolution } from '../../observability/describe-resolution.ts';
import { addServerTiming, type Reporting } from '../../observability/reporting.ts';
import { bearerChallenge } from '../../refusals/bearer-challenge.ts';
import { type Awaitable, andThen } from '../../runtime/awaitable.ts';
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
import type { WhoamiAnswers } from './whoami-answers.ts';

export interface WhoamiOptions {
  readonly lookUp: SessionLookUp & {
    readonly sessions: Pick<Sessions, 'resolve' | 'resolveUnstored'>;
  };
  readonly resources: Pick<ProtectedResources, 'metadataUrlFor'>;
  readonly answers: WhoamiAnswers;
  readonly reporting: Reporting;
}

const TOKENIZED_ALREADY =
  '{"error":{"code":400,"status":"Bad Request","reason":"The session is a token already and cannot be tokenized.","message":"The request was malformed or contained invalid parameters"}}\n';

/** The methods of Kratos's whoami (`session/handler.go`, `RegisterPublicRoutes`), in the order of its `Allow`. */
const METHODS = 'CONNECT, DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT, TRACE'.split(', ');

/**
 * Answers `/sessions/whoami` in the shape of one provider, for each method that Kratos takes. Postern adds `Age`,
 * `Cache-Status` (RFC 9211) and `Postern-Reason`, and answers 503 if it cannot find out.
 */
export function whoami(
  request: Request,
  target: AdmittedTarget,
  waitUntil: WaitUntil,
  { lookUp, resources, answers, reporting }: WhoamiOptions,
): Awaitable<Response> {
  const startedAt = reporting.now();
  const { method, path } = target;
  const refuse = (reason: RefusalReason) => {
    const response = answers.errorShape(reason, { allowedMethods: METHODS });
    const { status } = response;
    const outcome = 'refuse';
    const logged = { outcome, status, method, path, reason, durationMs: 0 } as const;
    reporting.log(request, () => ({ route: 'whoami', ...logged }));
    return response;
  };
  if (!METHODS.includes(method)) return refuse('method_not_allowed');
  const { headers } = request;
  const presented = lookUp.readCredentials(headers);
  const asked = readRequestCacheControl(headers.get('cache-control'));
  const { host } = target;
  // A server that asks with a browser's cookies would keep the new ones of a refresh to itself. Only browsers send this.
  const isRecheck = lookUp.signIns !== undefined && !headers.has('sec-fetch-site');
  const terms = { requirement: readRequirement(asked, startedAt), host, waitUntil, isRecheck };
  const resolvers = resolversAsAsked(asked, target, lookUp);
  return andThen(resolveCredentials(presented, resolvers, terms), (found) => {
    if (!found.ok) return refuse(found.failure);
    const { resolution } = found.value;
    const response = whoamiResponse(resolution, headers, answers);
    if (resolution.outcome === 'not-signed-in') {
      setChallenge(response.headers, resolution.reason, resources.metadataUrlFor(target));
    }
    addServerTiming(response, { session: reporting.now() - startedAt }, reporting);
    reporting.log(request, () => ({
      route: 'whoami',
      status: response.status,
      method,
      path,
      ...describeResolution(resolution),
      durationMs: reporting.now() - startedAt,
    }));
    return response;
  });
}

/** Returns the resolvers for a request: past every cache if the request asks for a token or forbids storing. */
function resolversAsAsked(
  { noStore }: RequestCacheControl,
  { search }: AdmittedTarget,
  { sessions, tokens, signIns, counts }: WhoamiOptions['lookUp'],
): Resolvers {
  const tokenizeAs = search === '' ? '' : (new URLSearchParams(search).get('tokenize_as') ?? '');
  const isTokenized = tokenizeAs !== '';
  if (!isTokenized && !noStore) return { sessions, tokens, signIns, counts };
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
    counts,
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

function whoamiResponse(
  resolution: Resolution,
  received: Headers,
  answers: WhoamiAnswers,
): Response {
  if (resolution.outcome === 'signed-in') return answers.session(resolution);
  const response = answers.refusal(resolution, received.get('x-request-id'));
  setProvenance(response.headers, resolution.provenance);
  return response;
}

/** Sets `WWW-Authenticate`, which Kratos's 401 lacks: for a refused token, or if there is metadata to name. */
function setChallenge(
  headers: Headers,
  reason: Extract<Resolution, { outcome: 'not-signed-in' }>['reason'],
  resourceMetadataUrl: string | undefined,
): void {
  if (!isTokenReason(reason) && resourceMetadataUrl === undefined) return;
  const challenge = bearerChallenge(reason, { resourceMetadataUrl });
  if (challenge !== undefined) headers.set('www-authenticate', challenge);
}
