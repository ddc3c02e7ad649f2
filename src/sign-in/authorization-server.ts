import * as oauth from 'oauth4webapi';
import { MAX_TOKEN_RESPONSE_BYTES } from '../http/body-limits.ts';
import { readWholeText } from '../http/read-bounded-text.ts';
import type { JsonObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';

/** An authorization server, and the client that the site is there. */
export interface AuthorizationServer {
  /** The metadata (RFC 8414 section 2). Its `issuer` was compared with the configured one. */
  readonly metadata: JsonObject & { readonly issuer: string };
  readonly clientId: string;
  /** `undefined`: a public client. */
  readonly clientSecret: string | undefined;
  /** The deadline of one call, in milliseconds. */
  readonly timeoutMs: number;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** The random values of one sign-in. */
export interface SignInValues {
  readonly state: string;
  readonly nonce: string;
  /** RFC 7636 section 4.1. */
  readonly codeVerifier: string;
}

/** The parameters of a sign-in that both of its requests have. */
export interface SignInRequest extends SignInValues {
  readonly redirectUri: string;
  readonly scopes: readonly string[];
  /** RFC 8707; `undefined` if the audience is no URI. */
  readonly resource: string | undefined;
  /** `login`: the person has to prove again who they are (OpenID Connect Core section 3.1.2.1). */
  readonly prompt?: 'login' | undefined;
}

/** The tokens of a sign-in or a refresh. */
export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
}

/**
 * The reason why the authorization server gave no tokens.
 *
 * - `not-valid`: a response fails a check, or the code is not good. The browser's sign-in is over.
 * - `error`: the server refused, with an error code of RFC 6749 section 4.1.2.1 or 5.2.
 * - `unavailable`: the server did not answer, or not in the form that RFC 6749 asks for.
 */
export type ServerFailure =
  | { readonly kind: 'not-valid'; readonly detail: string }
  | { readonly kind: 'error'; readonly code: string }
  | { readonly kind: 'unavailable'; readonly detail: string };

type Failed = Result<never, ServerFailure>;

/** Makes the random values of a sign-in. Each has 256 bits (RFC 6749 section 10.10). */
export function createSignInValues(): SignInValues {
  return {
    state: oauth.generateRandomState(),
    nonce: oauth.generateRandomNonce(),
    codeVerifier: oauth.generateRandomCodeVerifier(),
  };
}

/** Returns the URL of the authorization request (RFC 6749 section 4.1.1), with PKCE S256 (RFC 7636 section 4.3). */
export async function authorizationUrl(
  server: AuthorizationServer,
  { redirectUri, scopes, state, nonce, codeVerifier, resource, prompt }: SignInRequest,
): Promise<Result<string, ServerFailure>> {
  try {
    const url = authorizationEndpoint(server);
    if (url === undefined) {
      return failed({ kind: 'unavailable', detail: oauth.MISSING_SERVER_METADATA });
    }
    const challenge = await oauth.calculatePKCECodeChallenge(codeVerifier);
    const parameters = {
      response_type: 'code',
      client_id: server.clientId,
      redirect_uri: redirectUri,
      ...(scopes.length > 0 && { scope: scopes.join(' ') }),
      state,
      ...(asksForIdToken(scopes) && { nonce }),
      code_challenge: challenge,
      code_challenge_method: 'S256',
      ...(resource !== undefined && { resource }),
      ...(prompt !== undefined && { prompt }),
    };
    for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
    return success(url.href);
  } catch (error) {
    return failureOf(error);
  }
}

/**
 * Checks the authorization response (`state`, `iss` of RFC 9207, `error`), exchanges its code, and checks the ID token
 * with its nonce (OpenID Connect Core section 3.1.3.7). The access token is not verified yet.
 */
export async function redeemCode(
  server: AuthorizationServer,
  parameters: URLSearchParams,
  { redirectUri, scopes, state, nonce, codeVerifier, resource }: SignInRequest,
): Promise<Result<Tokens, ServerFailure>> {
  const as = metadataOf(server);
  const client = { client_id: server.clientId };
  try {
    const checked = oauth.validateAuthResponse(as, client, parameters, state);
    const response = await oauth.authorizationCodeGrantRequest(
      as,
      client,
      authentication(server),
      checked,
      redirectUri,
      codeVerifier,
      { ...requestOptions(server), additionalParameters: resourceParameter(resource) },
    );
    const isOpenId = asksForIdToken(scopes);
    const options = isOpenId ? { expectedNonce: nonce, requireIdToken: true } : {};
    return success(
      tokensOf(await oauth.processAuthorizationCodeResponse(as, client, response, options)),
    );
  } catch (error) {
    return failureOf(error);
  }
}

/** Exchanges a refresh token (RFC 6749 section 6). The new access token is not verified yet. */
export async function refreshTokens(
  server: AuthorizationServer,
  { refreshToken, resource }: { refreshToken: string; resource: string | undefined },
): Promise<Result<Tokens, ServerFailure>> {
  const as = metadataOf(server);
  const client = { client_id: server.clientId };
  try {
    const response = await oauth.refreshTokenGrantRequest(
      as,
      client,
      authentication(server),
      refreshToken,
      { ...requestOptions(server), additionalParameters: resourceParameter(resource) },
    );
    const tokens = tokensOf(await oauth.processRefreshTokenResponse(as, client, response));
    // A server that issues no new refresh token lets the client keep the old one (RFC 6749 section 6).
    return success({ ...tokens, refreshToken: tokens.refreshToken ?? refreshToken });
  } catch (error) {
    return failureOf(error);
  }
}

/** Revokes a refresh token (RFC 7009). A server without a revocation endpoint leaves it as it is. */
export async function revokeToken(
  server: AuthorizationServer,
  refreshToken: string,
): Promise<Result<'revoked' | 'no-endpoint', ServerFailure>> {
  const as = metadataOf(server);
  if (typeof as.revocation_endpoint !== 'string') return success('no-endpoint');
  const client = { client_id: server.clientId };
  try {
    const response = await oauth.revocationRequest(
      as,
      client,
      authentication(server),
      refreshToken,
      {
        ...requestOptions(server),
        additionalParameters: { token_type_hint: 'refresh_token' },
      },
    );
    await oauth.processRevocationResponse(response);
    return success('revoked');
  } catch (error) {
    return failureOf(error);
  }
}

function metadataOf({ metadata }: AuthorizationServer): oauth.AuthorizationServer {
  return metadata as oauth.AuthorizationServer; // oauth4webapi checks the form of each member that it uses
}

/** Returns the authorization endpoint, unless it is missing or is no https URL. */
function authorizationEndpoint(server: AuthorizationServer): URL | undefined {
  const { authorization_endpoint: text } = server.metadata;
  const url = typeof text === 'string' ? URL.parse(text) : null;
  const isSecure = url?.protocol === 'https:' || (url?.protocol === 'http:' && isLocal(server));
  return url !== null && isSecure ? url : undefined;
}

/** Whether the issuer is a server on this machine. `ISSUERS` takes http for no other. */
function isLocal({ metadata }: AuthorizationServer): boolean {
  return metadata.issuer.startsWith('http:');
}

/** Chooses the method of client authentication. RFC 8414 section 2: `client_secret_basic` if the metadata has none. */
function authentication({ metadata, clientSecret }: AuthorizationServer): oauth.ClientAuth {
  if (clientSecret === undefined) return oauth.None();
  const methods = metadata.token_endpoint_auth_methods_supported;
  const isPostOnly =
    Array.isArray(methods) &&
    methods.includes('client_secret_post') &&
    !methods.includes('client_secret_basic');
  return isPostOnly ? oauth.ClientSecretPost(clientSecret) : oauth.ClientSecretBasic(clientSecret);
}

function requestOptions(server: AuthorizationServer) {
  return {
    [oauth.customFetch]: (url: string, init: oauth.CustomFetchOptions<'POST', URLSearchParams>) =>
      send(url, init, server),
    [oauth.allowInsecureRequests]: isLocal(server),
  };
}

/** Sends a request once, under one deadline. A failure of the network is a response with status 503. */
async function send(
  url: string,
  { method, headers, body }: oauth.CustomFetchOptions<'POST', URLSearchParams>,
  { fetch, timeoutMs }: AuthorizationServer,
): Promise<Response> {
  const signal = AbortSignal.timeout(timeoutMs);
  const init = { method, headers, body: body.toString(), redirect: 'manual' as const, signal };
  try {
    const response = await fetch(new Request(url, init));
    const text = await readWholeText(response, MAX_TOKEN_RESPONSE_BYTES);
    const { status, headers: received } = response;
    return text === undefined || status < 200
      ? new Response(null, { status: 502 })
      : new Response(status === 204 || status === 304 ? null : text, { status, headers: received });
  } catch {
    return new Response(null, { status: 503 }); // only the network can fail here
  }
}

function resourceParameter(resource: string | undefined): Record<string, string> {
  return resource === undefined ? {} : { resource };
}

function asksForIdToken(scopes: readonly string[]): boolean {
  return scopes.includes('openid');
}

function tokensOf({
  access_token,
  refresh_token,
  token_type,
}: oauth.TokenEndpointResponse): Tokens {
  if (token_type !== 'bearer') {
    throw new oauth.UnsupportedOperationError('the token is no bearer token');
  }
  return { accessToken: access_token, refreshToken: refresh_token };
}

/** Codes of oauth4webapi for a response that was read and fails a check. */
const FAILED_CHECKS: readonly unknown[] = [
  oauth.INVALID_RESPONSE,
  oauth.JWT_TIMESTAMP_CHECK,
  oauth.JWT_CLAIM_COMPARISON,
  oauth.JSON_ATTRIBUTE_COMPARISON,
];
/** Error codes of a server that cannot answer now (RFC 6749 section 4.1.2.1). */
const TEMPORARY = ['server_error', 'temporarily_unavailable', 'slow_down'];
const ERROR_CODE = /^[\x20-\x21\x23-\x5b\x5d-\x7e]{1,64}$/; // RFC 6749 section 5.2

/** Reads a failure from an error of oauth4webapi. Any other error is a bug, and is thrown. */
function failureOf(error: unknown): Failed {
  if (
    error instanceof oauth.AuthorizationResponseError ||
    error instanceof oauth.ResponseBodyError
  ) {
    const isBusy = 'status' in error && (error.status === 429 || error.status >= 500);
    if (isBusy || TEMPORARY.includes(error.error)) {
      return failed({ kind: 'unavailable', detail: codeIn(error.error) });
    }
    return failed({ kind: 'error', code: codeIn(error.error) });
  }
  // A client whose authentication fails gets 401 with a challenge (RFC 6749 section 5.2).
  if (error instanceof oauth.WWWAuthenticateChallengeError) {
    return failed({ kind: 'error', code: 'invalid_client' });
  }
  if (error instanceof oauth.OperationProcessingError) {
    const detail = error.code ?? 'unknown';
    return failed({ kind: FAILED_CHECKS.includes(detail) ? 'not-valid' : 'unavailable', detail });
  }
  if (error instanceof oauth.UnsupportedOperationError) {
    return failed({ kind: 'not-valid', detail: error.code });
  }
  throw error;
}

/** Returns an error code for the log, unless it is none. */
function codeIn(code: string): string {
  return ERROR_CODE.test(code) ? code : 'unknown_error';
}
