import type { Config } from '../config/config.ts';
import { zoneOfIssuer } from '../providers/keycard/keycard-zone.ts';
import { ServiceAccount } from '../providers/keycard/service-account.ts';
import { createUpstream } from '../providers/upstream.ts';
import type { Guard } from '../routes/session-api/guard.ts';
import type { KeycardAccess } from '../routes/session-api/keycard-caller.ts';
import { createOwnBearerCheck } from '../routes/session-api/own-bearer.ts';
import type { Fetch } from './dependencies.ts';
import { gatewaySecrets } from './gateway-secrets.ts';

/** Keycard's API, and the zones that may be asked about, each with its trusted issuers. */
export interface Keycard {
  readonly access: KeycardAccess;
  readonly zones: ReadonlyMap<string, readonly string[]>;
}

export interface KeycardDependencies {
  readonly guard: Guard | undefined;
  readonly fetch: Fetch;
  readonly now: () => number;
}

/** Makes the access to Keycard; `undefined` if Keycard is not configured. */
export function createKeycard(
  config: Config,
  { guard, fetch, now }: KeycardDependencies,
): Keycard | undefined {
  const { KEYCARD_API_URL: baseUrl, STORE_TIMEOUT_MS: timeoutMs } = config;
  if (baseUrl === undefined) return undefined;
  const keycard = createUpstream({ baseUrl, fetch, timeoutMs });
  const account = createServiceAccount(config, { baseUrl, fetch, now });
  const serviceAccount = guard && account && { guard, account };
  const zones = keycardZones(config);
  const isOwn = createOwnBearerCheck({
    secrets: [...gatewaySecrets(config)],
    guard,
    isKeycardIssuer: (issuer) => isKeycardIssuer(issuer, zones, baseUrl),
  });
  return { access: { keycard, serviceAccount, isOwn }, zones };
}

/** Keycard's own hosts. Its API issues the tokens of service accounts. */
const KEYCARD_HOST = /^(?:[a-z0-9-]+\.)*keycard\.ai$/;

/** Whether Keycard issues tokens under this `iss`: a configured issuer, the URL of a configured zone, or Keycard's API. */
function isKeycardIssuer(
  issuer: string,
  zones: ReadonlyMap<string, readonly string[]>,
  baseUrl: string,
): boolean {
  if ([...zones.values()].some((issuers) => issuers.includes(issuer))) return true;
  const url = URL.parse(issuer);
  if (url === null) return false;
  if (url.origin === new URL(baseUrl).origin) return true;
  const isKeycards = KEYCARD_HOST.test(url.hostname) || zones.has(zoneOfIssuer(issuer) ?? '');
  return url.protocol === 'https:' && isKeycards;
}

/**
 * Returns the zones that callers may ask about, each with its trusted issuers. These are the zones in
 * `KEYCARD_ZONES`, by default those of the `keycard` issuers. An issuer whose URL names no zone belongs to every
 * zone in `KEYCARD_ZONES`.
 */
function keycardZones({ KEYCARD_ZONES: named, ISSUERS }: Config): Map<string, string[]> {
  const issuers = ISSUERS.filter(({ preset }) => preset === 'keycard').map(({ issuer }) => issuer);
  const believed = issuers.map(zoneOfIssuer).filter((zone) => zone !== undefined);
  const issuersOf = (zone: string) =>
    issuers.filter((issuer) => {
      const own = zoneOfIssuer(issuer);
      return own === undefined ? named !== undefined : own === zone;
    });
  return new Map((named ?? believed).map((zone) => [zone, issuersOf(zone)]));
}

function createServiceAccount(
  config: Config,
  {
    baseUrl,
    fetch,
    now,
  }: { readonly baseUrl: string; readonly fetch: Fetch; readonly now: () => number },
): ServiceAccount | undefined {
  const { KEYCARD_CLIENT_ID: clientId, KEYCARD_CLIENT_SECRET: clientSecret } = config;
  if (clientId === undefined || clientSecret === undefined) return undefined;
  const tokenUrl = config.KEYCARD_TOKEN_URL ?? `${baseUrl}/service-account-token`;
  const timeoutMs = config.STORE_TIMEOUT_MS;
  return new ServiceAccount({ tokenUrl, clientId, clientSecret, timeoutMs, fetch, now });
}
