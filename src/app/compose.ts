import type { Config } from '../config/config.ts';
import { mayNameByExternalId } from '../config/issuer-settings.ts';
import { readCredentials } from '../credentials/read-credentials.ts';
import type { ExchangedTokens } from '../exchange/exchanged-tokens.ts';
import { LOOP_HEADER } from '../http/loop-detection.ts';
import { hostOf } from '../http/site-hosts.ts';
import { createBugReport } from '../observability/bug-report.ts';
import { createDecisionLog } from '../observability/decision-log.ts';
import { createMetrics } from '../observability/metrics.ts';
import type { Reporting } from '../observability/reporting.ts';
import { SitePages } from '../pages/site-pages.ts';
import { type IsolateCounts, noCounts } from '../revocation/isolate-counts.ts';
import { createSumsSender } from '../revocation/isolate-sums.ts';
import type { Revocation } from '../revocation/revocation.ts';
import type { Guard } from '../routes/session-api/guard.ts';
import type { ReadNames } from '../session/identity-names.ts';
import { ChangeMaker } from '../session-changes/change-maker.ts';
import { NO_SESSIONS } from '../sessions/no-sessions.ts';
import type { SessionLookUp } from '../sessions/resolve-credentials.ts';
import type { Sessions } from '../sessions/sessions.ts';
import { signInCookies } from '../sign-in/sign-in-cookies.ts';
import { TokenSessions } from '../tokens/token-sessions.ts';
import type { TrustedIssuer } from '../tokens/trusted-issuer.ts';
import { appearanceOf } from './appearance.ts';
import type { SignInServices } from './browser-sign-in.ts';
import { createExchangedTokens } from './compose-exchange.ts';
import { createGuard } from './compose-guard.ts';
import { createKeycard, type Keycard } from './compose-keycard.ts';
import { createKratos, type Kratos } from './compose-kratos.ts';
import { createSampledHits } from './compose-operator-status.ts';
import { createConfiguredRevocation, tokenLifeWithoutLogSeconds } from './compose-revocation.ts';
import { createSignIn } from './compose-sign-in.ts';
import { createSharedPlaces } from './compose-tiers.ts';
import { type ConfiguredIssuers, createConfiguredIssuers } from './compose-tokens.ts';
import type { Dependencies, Fetch, Fetchers } from './dependencies.ts';
import { gatewaySecrets } from './gateway-secrets.ts';

/** The services of a gateway, as configured. */
export interface Services {
  /** `undefined` if Kratos is not configured. */
  readonly kratos: Kratos | undefined;
  /** `undefined` if Keycard is not configured. */
  readonly keycard: Keycard | undefined;
  readonly revocation: Revocation;
  readonly issuers: readonly TrustedIssuer[];
  readonly issuerMetadata: ConfiguredIssuers['metadata'];
  readonly exchangedTokens: ExchangedTokens;
  readonly lookUp: SessionLookUp & {
    readonly sessions: Pick<Sessions, 'resolve' | 'resolveUnstored'>;
    readonly tokens: Pick<TokenSessions, 'resolve' | 'isReady'>;
  };
  readonly counts: IsolateCounts;
  /** The sign-in for browsers; `undefined` if no issuer has one. */
  readonly signIn: SignInServices | undefined;
  readonly changes: ChangeMaker;
  /** `undefined` if every token names its person by the identity's id, or if Kratos's admin API is not configured. */
  readonly readNames: ReadNames | undefined;
  /** `undefined` if no proof of an operator is configured. */
  readonly guard: Guard | undefined;
  readonly reporting: Reporting;
  /** The pages for people. */
  readonly pages: SitePages;
}

/** Makes the services, each after those that it needs. */
export function createServices(config: Config, dependencies: Dependencies): Services {
  const { fetchers, openLog, kv, now, random, report } = dependencies;
  const places = createSharedPlaces(config, dependencies);
  const issuerDependencies = { places, fetch: fetchers.keys, now, random, report };
  const counts = noCounts();
  const sums = createSumsSender({ counts, location: dependencies.location ?? '-', random, now });
  const revocation = createConfiguredRevocation(config, { openLog, sums, now, report });
  const { view: revocations, tokenView } = revocation;
  const sampledHits = createSampledHits(config, { ...dependencies, counts });
  const kratos = createKratos(config, {
    fetchers,
    places,
    revocation: revocations,
    sampledHits,
    counts,
    now,
    report,
  });
  const { issuers, metadata } = createConfiguredIssuers(config, issuerDependencies);
  const isNamed = revocation.writer !== undefined && config.ISSUERS.some(mayNameByExternalId);
  const sessions = kratos?.sessions ?? NO_SESSIONS;
  const maxAgeWithoutLogMs = tokenLifeWithoutLogSeconds(config) * 1000;
  const reporting = createReporting(config, dependencies);
  const tokens = new TokenSessions({ issuers, revocation: tokenView, maxAgeWithoutLogMs, now });
  const changes = new ChangeMaker({ writer: revocation.writer, report });
  const pages = new SitePages(appearanceOf(config), { reportBug: createBugReport(report), now });
  const signIn = createSignIn(config, {
    metadata,
    tokens,
    revocation: tokenView,
    fetch: fetchers.keys,
    openLeases: dependencies.openRefreshLeases,
    report,
    reporting,
  });
  const guard = createGuard(config, { ...issuerDependencies, kv });
  return {
    kratos,
    keycard: createKeycard(config, { guard, fetch: fetchers.keycard, now }),
    revocation,
    issuers,
    issuerMetadata: metadata,
    exchangedTokens: createExchangedTokens(config, metadata, issuerDependencies),
    lookUp: {
      sessions,
      tokens,
      signIns: signIn?.sessions,
      readCredentials: createReader(config),
      counts,
    },
    counts,
    signIn,
    changes,
    readNames: isNamed ? kratos?.admin?.identities.readNames : undefined,
    guard,
    reporting,
    pages,
  };
}

function createReporting(
  config: Config,
  { report, metrics, now }: Pick<Dependencies, 'report' | 'metrics' | 'now'>,
): Reporting {
  const count = metrics && createMetrics(metrics);
  const log = createDecisionLog(config.DECISION_LOG, report, count);
  return { log, showsTiming: config.SERVER_TIMING, now };
}

/**
 * Adds this gate's host to every call to a store, an API or an issuer, so that a misconfigured loop is detected at
 * once.
 */
export function detectingLoops(fetchers: Fetchers, { PUBLIC_URL }: Config): Fetchers {
  const host = hostOf(PUBLIC_URL);
  const marking = (fetch: Fetch) => (request: Request) => {
    request.headers.set(LOOP_HEADER, host);
    return fetch(request);
  };
  return {
    kratos: marking(fetchers.kratos),
    kratosAdmin: marking(fetchers.kratosAdmin),
    keycard: marking(fetchers.keycard),
    keys: marking(fetchers.keys),
  };
}

/** Makes the credential reader of whoami, the gate and the sessions page. */
function createReader(config: Config): SessionLookUp['readCredentials'] {
  const settings = {
    sessionCookieNames: config.KRATOS === undefined ? undefined : config.SESSION_COOKIE_NAMES,
    tokenCookieNames: config.ISSUERS.length === 0 ? undefined : config.TOKEN_COOKIE_NAMES,
    gatewaySecrets: gatewaySecrets(config),
    signInCookieName: config.SIGN_IN && signInCookies(config.PUBLIC_URL).name,
  };
  return (headers) => readCredentials(headers, settings);
}
