import type { Authority } from '../../http/authority.ts';
import type { RouteRequest } from '../../http/routes.ts';
import type { SiteHosts } from '../../http/site-hosts.ts';
import type { Reporting } from '../../observability/reporting.ts';
import type { Answer } from '../../refusals/denial.ts';
import type { Resolvers } from '../../sessions/resolve-credentials.ts';
import type { Tokens } from '../../sign-in/authorization-server.ts';
import type { IssuerClient } from '../../sign-in/issuer-client.ts';
import { CALLBACK_PATH } from '../../sign-in/paths.ts';
import type { PendingSignIns } from '../../sign-in/pending-sign-ins.ts';
import type { SealedSignIns } from '../../sign-in/sealed-sign-ins.ts';
import { readClaims } from '../../sign-in/sign-in.ts';
import { answerSignIn, redirect, refused, serverFailed } from './answers.ts';
import { readReturnTo } from './return-to.ts';

/** The services of the routes with which browsers sign in at an issuer. */
export interface SignInOptions {
  readonly client: IssuerClient;
  readonly pending: PendingSignIns;
  readonly sealed: SealedSignIns;
  readonly tokens: Resolvers['tokens'];
  readonly hosts: SiteHosts;
  readonly reporting: Pick<Reporting, 'log' | 'now'>;
}

/**
 * Begins a sign-in: redirects the browser to the issuer, and keeps the values of this sign-in in a cookie of the
 * browser. `return_to` is a URL of the site, or a path on the host that was asked. `refresh=true` asks the person to sign
 * in anew, for a rule with `authenticated_within`.
 */
export function signIn(received: RouteRequest, options: SignInOptions): Promise<Response> {
  return answerSignIn(received, options.reporting, () => begin(received, options));
}

/**
 * Completes a sign-in: the issuer sent the browser back with a code. The session is set only in the browser that began
 * this sign-in, and only if the access token counts as a session at the host. A refused callback sets no cookie.
 */
export function signInCallback(received: RouteRequest, options: SignInOptions): Promise<Response> {
  return answerSignIn(received, options.reporting, () => complete(received, options));
}

async function begin(
  { request, target, waitUntil }: RouteRequest,
  { client, pending, hosts, reporting }: SignInOptions,
): Promise<Answer> {
  const { host } = target;
  if (!client.serves(host)) return refused('not_found');
  const query = new URLSearchParams(target.search);
  const returnTo = readReturnTo(query, host, hosts);
  if (returnTo === undefined) return refused('parameter_not_valid');
  const values = await client.createValues();
  const prompt = query.get('refresh') === 'true' ? ('login' as const) : undefined;
  const at = { ...values, host, redirectUri: redirectUri(host, hosts), prompt };
  const url = await client.authorizationUrl(at, waitUntil);
  if (!url.ok) return serverFailed(url.failure);
  const started = { ...values, returnTo, startedAt: reporting.now() };
  const cookies = await pending.begin(started, host, request.headers);
  return { ...redirect(url.value, cookies), outcome: 'challenge' };
}

async function complete(
  received: RouteRequest,
  { client, pending, hosts, ...options }: SignInOptions,
): Promise<Answer> {
  const { request, target, waitUntil } = received;
  const { host } = target;
  if (!client.serves(host)) return refused('not_found');
  const parameters = new URLSearchParams(target.search);
  const state = parameters.get('state') ?? undefined;
  const begun = await pending.find(state, host, request.headers);
  if (begun === undefined) return refused('sign_in_not_valid', 'state');
  const at = { ...begun, host, redirectUri: redirectUri(host, hosts) };
  const redeemed = await client.redeemCode(parameters, at, waitUntil);
  if (!redeemed.ok) return serverFailed(redeemed.failure);
  const session = await establish(redeemed.value, received, { client, ...options });
  if (!('cookies' in session)) return session;
  return redirect(begun.returnTo, [...session.cookies, pending.end(begun)]);
}

/** Verifies the access token as a bearer is verified, and seals the tokens into cookies. */
async function establish(
  tokens: Tokens,
  { target: { host }, waitUntil }: RouteRequest,
  {
    client,
    tokens: tokenSessions,
    sealed,
    reporting,
  }: Pick<SignInOptions, 'client' | 'tokens' | 'sealed' | 'reporting'>,
): Promise<{ readonly cookies: readonly string[] } | Answer> {
  const { accessToken } = tokens;
  // A token of another trusted issuer would be good as a session too. But the person signed in at this one.
  const claims = readClaims(accessToken);
  if (claims?.issuer !== client.issuer) {
    return refused('sign_in_failed', 'the access token is no JWT of the issuer');
  }
  const resolution = await tokenSessions.resolve({ value: accessToken }, { host, waitUntil });
  if (resolution.outcome === 'not-signed-in') return refused('sign_in_failed', resolution.reason);
  if (resolution.outcome !== 'signed-in') return refused('sign_in_unavailable');
  // A mark may be made while the code is exchanged. If it ends the token, it ends the sign-in too.
  const signedInAt = Math.min(claims.issuedAt, reporting.now());
  const signIn = { ...tokens, id: crypto.randomUUID(), signedInAt };
  const cookies = await sealed.seal(signIn, host);
  return cookies === undefined ? refused('sign_in_too_large') : { cookies };
}

function redirectUri(host: Authority, hosts: SiteHosts): string {
  return hosts.siteOf(host) + CALLBACK_PATH;
}
