import { digestName } from '../../credentials/credential-name.ts';
import { keycardErrorResponse } from '../../errors/error-response.ts';
import { readBearer } from '../../http/bearer.ts';
import { tracingHeaders } from '../../http/request-headers.ts';
import type { RouteRequest } from '../../http/routes.ts';
import type {
  ServiceAccount,
  ServiceAccountFailure,
} from '../../providers/keycard/service-account.ts';
import type { Upstream, UpstreamCall, UpstreamFault } from '../../providers/upstream.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import type { ApiCall } from '../../session-changes/api-route.ts';
import { openToken } from '../../tokens/compact-jws.ts';
import type { Guard, GuardFailure } from './guard.ts';
import type { BearerRefusal, OwnBearerCheck } from './own-bearer.ts';

export interface KeycardCall extends Pick<UpstreamCall, 'method' | 'segments' | 'query'> {
  /** A string, because a call whose token had expired is sent again. */
  readonly body?: string;
}

/** A caller of Keycard's routes, with the bearer token to send to Keycard. */
export interface KeycardCaller {
  /** Whether the caller passed Postern's guard. Otherwise the caller has a bearer token, which Keycard checks. */
  readonly isGuarded: boolean;
  /**
   * Tells the caller's requests from those of other callers in the log, even if the bearer is renewed in between. The
   * name is made from the bearer's claims, which only Keycard verifies. A request that Keycard refused proves no fact
   * about the caller.
   */
  readonly name: string;
  /** The subject of the caller's bearer, by its claims; `undefined` for the guard, and for a bearer without claims. */
  readonly principal: { readonly issuer: string; readonly subject: string } | undefined;
  send(call: KeycardCall): Promise<Result<Response, UpstreamFault>>;
}

/** Keycard's API, and the ways in which callers may use it. */
export interface KeycardAccess {
  readonly keycard: Upstream;
  /** `undefined`: there is no service account, and callers bring their own bearer. */
  readonly serviceAccount: { readonly account: ServiceAccount; readonly guard: Guard } | undefined;
  /** Decides which bearers are sent to Keycard. */
  readonly isOwn: OwnBearerCheck;
}

/**
 * Identifies the caller of a Keycard route. A caller who passes the guard is served by the service account, if there is
 * one. Any other caller has to bring a bearer of their own, which goes to Keycard unchanged.
 */
export async function identifyKeycardCaller(
  call: ApiCall,
  { keycard, serviceAccount, isOwn }: KeycardAccess,
): Promise<Result<KeycardCaller, GuardFailure | BearerRefusal>> {
  const guarded = await serviceAccount?.guard.check(call);
  if (serviceAccount !== undefined && guarded?.ok) {
    return success(callerByServiceAccount(serviceAccount.account, call, keycard));
  }
  const bearer = readBearer(call.request.headers.get('authorization'));
  if (bearer === undefined)
    return guarded?.ok === false ? guarded : failed('caller_not_authorized');
  const checked = await isOwn(bearer, call.waitUntil);
  return checked.ok ? success(await callerWithBearer(bearer, call, keycard)) : checked;
}

async function callerWithBearer(
  bearer: string,
  { request }: ApiCall,
  keycard: Upstream,
): Promise<KeycardCaller> {
  const principal = principalOf(bearer);
  return {
    isGuarded: false,
    name: await digestName('v1t', principal ? [principal.issuer, principal.subject] : [bearer]),
    principal,
    send: (call) => keycard.send(withBearer(call, bearer, request)),
  };
}

/**
 * Makes the caller of a person who is signed in: by the service account, or else with the person's own token. It passed no
 * guard, so it ends only what Keycard shows to be the person's. `undefined` if Postern has neither.
 */
export async function callerOfPerson(
  received: RouteRequest,
  {
    principal,
    bearer,
  }: {
    readonly principal: NonNullable<KeycardCaller['principal']>;
    readonly bearer: string | undefined;
  },
  { keycard, serviceAccount }: KeycardAccess,
): Promise<KeycardCaller | undefined> {
  const name = await digestName('v1t', [principal.issuer, principal.subject]);
  const person = { isGuarded: false, name, principal };
  if (serviceAccount !== undefined) {
    const { send } = callerByServiceAccount(serviceAccount.account, received, keycard);
    return { ...person, send };
  }
  if (bearer === undefined) return undefined;
  return { ...person, send: (call) => keycard.send(withBearer(call, bearer, received.request)) };
}

function principalOf(bearer: string): KeycardCaller['principal'] {
  const opened = openToken(bearer);
  const { iss, sub } = opened.ok ? opened.value.claims : {};
  return typeof iss === 'string' && typeof sub === 'string'
    ? { issuer: iss, subject: sub }
    : undefined;
}

function callerByServiceAccount(
  account: ServiceAccount,
  { request, waitUntil }: RouteRequest,
  keycard: Upstream,
): KeycardCaller {
  return {
    isGuarded: true,
    name: 'guarded',
    principal: undefined,
    async send(call) {
      const kept = await account.readToken(waitUntil);
      if (!kept.ok) return withoutToken(kept.failure);
      const answer = await keycard.send(withBearer(call, kept.value.value, request));
      if (!answer.ok || answer.value.status !== 401) return answer;
      // The token may have been revoked, or its key changed. A 401 changes nothing: try once more with a newer token.
      const renewed = await account.readToken(waitUntil, kept.value);
      await answer.value.body?.cancel();
      if (!renewed.ok) return withoutToken(renewed.failure);
      const again = await keycard.send(withBearer(call, renewed.value.value, request));
      // Keycard refused Postern's service account, which is no verdict on the caller.
      return again.ok && again.value.status === 401 ? failed('upstream_not_valid') : again;
    },
  };
}

/** Answers for a token endpoint that gave no token. If it is busy, the client learns when to try again. */
function withoutToken(failure: ServiceAccountFailure): Result<Response, UpstreamFault> {
  if (typeof failure === 'string') return failed(failure);
  const { status, headers } = failure;
  const response = keycardErrorResponse(
    status === 429 ? 'upstream_rate_limited' : 'store_unavailable',
  );
  for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
  return success(response);
}

function withBearer(
  { body, ...call }: KeycardCall,
  bearer: string,
  request: Request,
): UpstreamCall {
  const headers = {
    accept: call.method === 'DELETE' ? '*/*' : 'application/json',
    authorization: `Bearer ${bearer}`,
    ...tracingHeaders(request.headers),
    ...(body !== undefined && { 'content-type': 'application/json' }),
  };
  return { ...call, headers, ...(body !== undefined && { body }) };
}
