import type { Authority } from '../http/authority.ts';
import type { JsonObject } from '../runtime/json.ts';
import { failed, type Result } from '../runtime/result.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type {
  AuthorizationServer,
  ServerFailure,
  SignInRequest,
  SignInValues,
  Tokens,
} from './authorization-server.ts';

export interface IssuerClientOptions {
  readonly issuer: string;
  readonly clientId: string;
  /** `undefined`: a public client. */
  readonly clientSecret: string | undefined;
  readonly scopes: readonly string[];
  /** The hosts at which the issuer's tokens are good, each with the resource to ask for. */
  readonly resources: ReadonlyMap<Authority, string | undefined>;
  /** Returns the issuer's metadata; `undefined` if it could not be fetched. */
  readonly readMetadata: (waitUntil: WaitUntil) => Promise<JsonObject | undefined>;
  /** The deadline of one call, in milliseconds. */
  readonly timeoutMs: number;
  readonly fetch: (request: Request) => Promise<Response>;
}

/** The parameters of one sign-in at one host. */
export interface SignInAt extends SignInValues {
  readonly host: Authority;
  readonly redirectUri: string;
  readonly prompt?: 'login' | undefined;
}

type OAuthClient = typeof import('./authorization-server.ts');

let client: OAuthClient | undefined;

/**
 * Loads the OAuth client. Only a sign-in, a refresh and a sign-out need it. Rejects when its module is missing or does
 * not start; the next call tries again.
 */
async function loadClient(): Promise<OAuthClient> {
  try {
    // Each request waits for its own promise. The runtime evaluates the module once for all requests.
    client ??= await import('./authorization-server.ts');
    return client;
  } catch (error) {
    throw new Error(
      `The OAuth client could not be loaded (${error}). Deploy authorization-server.js beside worker.js, as wrangler.toml does.`,
      { cause: error },
    );
  }
}

/** The site as a client of the issuer at which browsers sign in. */
export class IssuerClient {
  readonly #options: IssuerClientOptions;

  constructor(options: IssuerClientOptions) {
    this.#options = options;
  }

  get issuer(): string {
    return this.#options.issuer;
  }

  /** Whether browsers can sign in at this host: tokens of the issuer are good there. */
  serves(host: Authority): boolean {
    return this.#options.resources.has(host);
  }

  async createValues(): Promise<SignInValues> {
    return (await loadClient()).createSignInValues();
  }

  /** Returns the URL of the authorization request. */
  authorizationUrl(at: SignInAt, waitUntil: WaitUntil): Promise<Result<string, ServerFailure>> {
    return this.#call(waitUntil, (oauth, server) =>
      oauth.authorizationUrl(server, this.#request(at)),
    );
  }

  /** Checks the authorization response, and exchanges its code for tokens. */
  redeemCode(
    parameters: URLSearchParams,
    at: SignInAt,
    waitUntil: WaitUntil,
  ): Promise<Result<Tokens, ServerFailure>> {
    return this.#call(waitUntil, (oauth, server) =>
      oauth.redeemCode(server, parameters, this.#request(at)),
    );
  }

  refresh(
    refreshToken: string,
    host: Authority,
    waitUntil: WaitUntil,
  ): Promise<Result<Tokens, ServerFailure>> {
    const resource = this.#options.resources.get(host);
    return this.#call(waitUntil, (oauth, server) =>
      oauth.refreshTokens(server, { refreshToken, resource }),
    );
  }

  revoke(
    refreshToken: string,
    waitUntil: WaitUntil,
  ): Promise<Result<'revoked' | 'no-endpoint', ServerFailure>> {
    return this.#call(waitUntil, (oauth, server) => oauth.revokeToken(server, refreshToken));
  }

  /**
   * Returns the URL at which the person signs out at the issuer too (OpenID Connect RP-Initiated Logout 1.0 section 2);
   * `undefined` if the issuer has none.
   *
   * @param state the issuer sends the browser back with it
   */
  async endSessionUrl(
    { returnTo, state }: { readonly returnTo: string; readonly state?: string | undefined },
    waitUntil: WaitUntil,
  ): Promise<string | undefined> {
    const { readMetadata, clientId, issuer } = this.#options;
    const endpoint = (await readMetadata(waitUntil))?.end_session_endpoint;
    const url = typeof endpoint === 'string' ? URL.parse(endpoint) : null;
    if (url?.protocol !== 'https:' && url?.protocol !== new URL(issuer).protocol) return undefined;
    url.searchParams.set('client_id', clientId);
    url.searchParams.set('post_logout_redirect_uri', returnTo);
    if (state !== undefined) url.searchParams.set('state', state);
    return url.href;
  }

  #request({ host, ...values }: SignInAt): SignInRequest {
    const { scopes, resources } = this.#options;
    return { ...values, scopes, resource: resources.get(host) };
  }

  async #call<Value>(
    waitUntil: WaitUntil,
    call: (
      oauth: OAuthClient,
      server: AuthorizationServer,
    ) => Promise<Result<Value, ServerFailure>>,
  ): Promise<Result<Value, ServerFailure>> {
    const { issuer, clientId, clientSecret, timeoutMs, fetch, readMetadata } = this.#options;
    const document = await readMetadata(waitUntil);
    if (document === undefined) return failed({ kind: 'unavailable', detail: 'metadata' });
    const metadata = { ...document, issuer };
    const oauth = await loadClient();
    return call(oauth, { metadata, clientId, clientSecret, timeoutMs, fetch });
  }
}
