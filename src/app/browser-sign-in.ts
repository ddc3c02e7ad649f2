/** The sign-in of browsers at an issuer. A module of its own, which `compose-sign-in.ts` loads on demand. */
import type { Config } from '../config/config.ts';
import type { Handler, RouteRequest } from '../http/routes.ts';
import { SiteHosts } from '../http/site-hosts.ts';
import type { Reporting } from '../observability/reporting.ts';
import type { RefreshLeaseStub } from '../revocation/refresh-leases.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import type { SignInEnd } from '../routes/sign-in/endings.ts';
import { type SignInOptions, signIn, signInCallback } from '../routes/sign-in/sign-in.ts';
import type { Report } from '../runtime/report.ts';
import { IssuerClient } from '../sign-in/issuer-client.ts';
import { CALLBACK_PATH, SIGN_IN_PATH } from '../sign-in/paths.ts';
import { PendingSignIns } from '../sign-in/pending-sign-ins.ts';
import { SealedSignIns } from '../sign-in/sealed-sign-ins.ts';
import { Seals } from '../sign-in/seals.ts';
import { signInCookies } from '../sign-in/sign-in-cookies.ts';
import { SignInSessions } from '../sign-in/sign-in-sessions.ts';
import { TokenRefresh } from '../sign-in/token-refresh.ts';
import type { TokenSessions } from '../tokens/token-sessions.ts';
import type { ConfiguredIssuers } from './compose-tokens.ts';
import type { Fetch } from './dependencies.ts';
import { onlyMethods } from './only-methods.ts';

type AddRoute = (path: string, handle: Handler<RouteRequest>) => void;

export interface SignInDependencies {
  readonly metadata: ConfiguredIssuers['metadata'];
  readonly tokens: TokenSessions;
  readonly revocation: RevocationView;
  readonly fetch: Fetch;
  readonly openLeases: (() => RefreshLeaseStub) | undefined;
  readonly report: Report;
  readonly reporting: Reporting;
}

/** The sign-in of browsers at an issuer: its sessions, its cookies, and its routes. */
export interface SignInServices {
  readonly sessions: Pick<SignInSessions, 'resolve'>;
  /** Ends a sign-in, for a sign-out. */
  readonly end: SignInEnd;
  readonly addRoutes: (add: AddRoute) => void;
}

/** Makes the sign-in for browsers; `undefined` if the issuer has no metadata. */
export function createBrowserSignIn(
  settings: NonNullable<Config['SIGN_IN']>,
  { PUBLIC_URL, HOSTS, KEYS_TIMEOUT_MS: timeoutMs }: Config,
  { metadata, tokens, revocation, fetch, openLeases, report, reporting }: SignInDependencies,
): SignInServices | undefined {
  const known = metadata.get(settings.issuer);
  if (known === undefined) return undefined;
  const { issuer, secrets } = settings;
  const client = new IssuerClient({
    ...settings,
    readMetadata: (waitUntil) => known.read(waitUntil),
    timeoutMs,
    fetch,
  });
  const seals = new Seals(secrets);
  const cookies = signInCookies(PUBLIC_URL);
  const { now } = reporting;
  const pending = new PendingSignIns({ issuer, seals, cookies, now });
  const sealed = new SealedSignIns({ issuer, seals, cookies });
  const hosts = new SiteHosts(PUBLIC_URL, HOSTS);
  const refresh = new TokenRefresh({ client, openLeases, timeoutMs, now });
  const maxIdleMs = settings.maxIdleSeconds * 1000;
  const options = {
    client,
    pending,
    sealed,
    tokens,
    hosts,
    reporting,
  };
  return {
    sessions: new SignInSessions({
      issuer,
      sealed,
      tokens,
      refresh,
      revocation,
      maxIdleMs,
      timeoutMs,
      now,
      report,
    }),
    end: { sealed, client, cookieName: cookies.name },
    addRoutes: (add) => addSignInRoutes(add, options),
  };
}

function addSignInRoutes(addRoute: AddRoute, options: SignInOptions): void {
  const add = (path: string, handle: typeof signIn) =>
    addRoute(
      path,
      onlyMethods(['GET'], (received) => handle(received, options)),
    );
  add(SIGN_IN_PATH, signIn);
  add(CALLBACK_PATH, signInCallback);
}
