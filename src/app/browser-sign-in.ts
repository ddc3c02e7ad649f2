import type { Config } from '../config/config.ts';
import { SiteHosts } from '../http/site-hosts.ts';
import type { Reporting } from '../observability/reporting.ts';
import type { RefreshLeaseStub } from '../revocation/refresh-leases.ts';
import type { RevocationView } from '../revocation/revocation-view.ts';
import type { SignOutOptions } from '../routes/sign-in/sign-out.ts';
import type { Report } from '../runtime/report.ts';
import type { ChangeMaker } from '../session-changes/change-maker.ts';
import { IssuerClient } from '../sign-in/issuer-client.ts';
import { PendingSignIns } from '../sign-in/pending-sign-ins.ts';
import { SealedSignIns } from '../sign-in/sealed-sign-ins.ts';
import { Seals } from '../sign-in/seals.ts';
import { signInCookies } from '../sign-in/sign-in-cookies.ts';
import { SignInSessions } from '../sign-in/sign-in-sessions.ts';
import { TokenRefresh } from '../sign-in/token-refresh.ts';
import type { TokenSessions } from '../tokens/token-sessions.ts';
import type { ConfiguredIssuers } from './compose-tokens.ts';
import type { Fetch } from './dependencies.ts';

export interface SignInDependencies {
  readonly metadata: ConfiguredIssuers['metadata'];
  readonly tokens: TokenSessions;
  readonly revocation: RevocationView;
  readonly fetch: Fetch;
  readonly openLeases: (() => RefreshLeaseStub) | undefined;
  readonly changes: ChangeMaker;
  readonly report: Report;
  readonly reporting: Reporting;
}

/** The sign-in of browsers at an issuer: its sessions, and the services of its routes. */
export interface SignInServices {
  readonly sessions: SignInSessions;
  readonly routes: SignOutOptions;
}

/** Makes the sign-in for browsers; `undefined` if no issuer has one. */
export function createSignIn(
  { SIGN_IN: signIn, PUBLIC_URL, HOSTS, KEYS_TIMEOUT_MS: timeoutMs }: Config,
  {
    metadata,
    tokens,
    revocation,
    fetch,
    openLeases,
    changes,
    report,
    reporting,
  }: SignInDependencies,
): SignInServices | undefined {
  const known = signIn && metadata.get(signIn.issuer);
  if (signIn === undefined || known === undefined) return undefined;
  const { issuer, secrets } = signIn;
  const client = new IssuerClient({
    ...signIn,
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
  const maxIdleMs = signIn.maxIdleSeconds * 1000;
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
    routes: { client, pending, sealed, cookies, tokens, hosts, changes, report, reporting },
  };
}
