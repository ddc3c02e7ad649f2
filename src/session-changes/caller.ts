import type { Credential, PresentedCredentials } from '../credentials/credential.ts';
import type { GatewaySecrets } from '../credentials/read-credentials.ts';
import { readCredentials } from '../credentials/read-credentials.ts';
import type { DenialReason, FaultReason } from '../errors/reasons.ts';
import { tracingHeaders } from '../http/request-headers.ts';
import type { RouteRequest } from '../http/routes.ts';
import { isCrossSite } from '../http/same-origin.ts';
import { credentialHeaders } from '../providers/kratos/credential-headers.ts';
import { passThrough } from '../providers/pass-through.ts';
import type { Upstream, UpstreamCall } from '../providers/upstream.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { Session } from '../session/session.ts';
import { NO_REQUIREMENT } from '../sessions/freshness.ts';
import type { Resolution } from '../sessions/resolution.ts';
import { resolveCredentials, type TokenTerms } from '../sessions/resolve-credentials.ts';
import type { Sessions } from '../sessions/sessions.ts';
import type { ApiAnswer } from './api-route.ts';

export interface CallerOptions {
  readonly sessions: Pick<Sessions, 'resolve'>;
  readonly cookieNames: readonly string[];
  readonly secrets: GatewaySecrets;
  /** Origins whose pages may make changes with a cookie. */
  readonly allowedOrigins: readonly string[];
}

export type CallerRefusal =
  | Extract<
      DenialReason,
      'credential_missing' | 'credential_malformed' | 'credential_ambiguous' | 'session_inactive'
    >
  | Extract<FaultReason, 'store_unavailable'>
  | 'credential_conflicting'
  | 'cross_site_change';

/** The credential that a call is made with. */
export interface Chosen {
  readonly credential: Credential;
  /** The result of the look-up; `undefined` when no look-up was needed to choose the credential. */
  readonly resolution: Resolution | undefined;
}

/**
 * Chooses the one credential of a request, for a call that goes to the store in any case. Among several credentials it
 * chooses as whoami does. If each of them is refused, it chooses the first one that was looked up, and the store then
 * refuses that one itself.
 *
 * @param isChange the call changes sessions: with a cookie it is then refused if a page of another site made it, unless
 *   `allowedOrigins` has that site. Kratos exempts its session routes from its own check (`session/handler.go`,
 *   `IgnoreGlobs`).
 */
export async function chooseCredential(
  { request: { headers }, target: { host }, waitUntil }: RouteRequest,
  options: CallerOptions,
  { isChange }: { readonly isChange: boolean },
): Promise<Result<Chosen, CallerRefusal>> {
  // Token cookies are not read. A JWT is no credential at Kratos, which treats it like any other value.
  const settings = {
    sessionCookieNames: options.cookieNames,
    tokenCookieNames: undefined,
    gatewaySecrets: options.secrets,
  };
  const presented = [...readCredentials(headers, settings)];
  const only = onlyCredential(presented);
  const chosen =
    only === undefined
      ? await chooseOne(presented, { host, waitUntil }, options.sessions)
      : success({ credential: only, resolution: undefined });
  if (!chosen.ok) return chosen;
  const isByCookie = chosen.value.credential.carrier.kind === 'cookie';
  return isChange && isByCookie && isCrossSite(headers, options.allowedOrigins)
    ? failed('cross_site_change')
    : chosen;
}

/** Returns the only credential of a request, which is chosen without a look-up; `undefined` when there is a choice. */
function onlyCredential(presented: readonly PresentedCredentials[]): Credential | undefined {
  const isConflicting = presented.some(
    (one) => one.kind === 'unusable' && one.reason === 'credential_conflicting',
  );
  const credentials = presented.flatMap((one) => (one.kind === 'candidates' ? one.candidates : []));
  return isConflicting || credentials.length > 1 ? undefined : credentials[0];
}

/** Unreachable, because no token is read from such a call. */
const NO_TOKENS = {
  resolve: () => Promise.reject(new Error('a token was read where none is sought')),
};

async function chooseOne(
  presented: readonly PresentedCredentials[],
  terms: TokenTerms,
  sessions: Pick<Sessions, 'resolve'>,
): Promise<Result<Chosen, CallerRefusal>> {
  const resolvers = { sessions, tokens: NO_TOKENS };
  const requirement = NO_REQUIREMENT;
  const found = await resolveCredentials(presented, resolvers, { ...terms, requirement });
  if (!found.ok) return found;
  const { resolution, chosen } = found.value;
  if (resolution.outcome === 'unknown') return failed('store_unavailable');
  if (chosen?.kind === 'candidates') {
    return success({ credential: chosen.candidates[0], resolution });
  }
  return failed(
    resolution.outcome === 'not-signed-in' ? refusalOf(resolution.reason) : 'store_unavailable',
  );
}

function refusalOf(reason: DenialReason): CallerRefusal {
  switch (reason) {
    case 'credential_missing':
    case 'credential_ambiguous':
      return reason;
    default:
      return 'credential_malformed';
  }
}

/**
 * The caller, as far as the store says:
 * - `known`: the credential has a valid session;
 * - `below`: the session is below the assurance level that the store asks for, so the store does not say whose it is;
 * - `nobody`: the credential has no session, or its session has ended;
 * - `unknown`: the store did not say.
 */
export type Caller =
  | { readonly kind: 'known'; readonly session: Session }
  | { readonly kind: 'below'; readonly body: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'unknown' };

export async function identifyCaller(
  { credential, resolution }: Chosen,
  waitUntil: WaitUntil,
  sessions: Pick<Sessions, 'resolve'>,
): Promise<Caller> {
  const found = resolution ?? (await sessions.resolve(credential, NO_REQUIREMENT, waitUntil));
  switch (found.outcome) {
    case 'signed-in':
      return { kind: 'known', session: found.session };
    case 'insufficient':
      return { kind: 'below', body: found.body };
    case 'not-signed-in':
      return { kind: 'nobody' };
    default:
      return { kind: 'unknown' };
  }
}

/** Calls Kratos with the caller's one credential. Of the caller's other headers, only those for tracing are sent. */
export async function sendAsCaller(
  kratos: Upstream,
  call: Pick<UpstreamCall, 'method' | 'segments' | 'query'>,
  { request, credential }: { readonly request: Request; readonly credential: Credential },
): Promise<ApiAnswer> {
  const headers = {
    accept: 'application/json',
    ...tracingHeaders(request.headers),
    ...credentialHeaders(credential),
  };
  const sent = await kratos.send({ ...call, headers });
  return sent.ok ? passThrough(sent.value) : sent;
}
