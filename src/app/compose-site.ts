import type { Config } from '../config/config.ts';
import { partNames } from '../credentials/split-cookie.ts';
import { Assertions } from '../forwarding/assertion.ts';
import { HeaderFilter } from '../forwarding/header-filter.ts';
import { Identifier } from '../forwarding/identification.ts';
import type { FetchSite } from '../forwarding/origin.ts';
import { createOriginAddress } from '../forwarding/origin-address.ts';
import { reservedCookies } from '../forwarding/origin-cookies.ts';
import type { Authority } from '../http/authority.ts';
import { DEFAULT_METHODS } from '../http/methods.ts';
import { SiteHosts } from '../http/site-hosts.ts';
import type { DenialOptions } from '../refusals/denial.ts';
import { LoginLoopGuard } from '../refusals/login-loop-guard.ts';
import type { AuthorizationOptions } from '../routes/gate/authorize.ts';
import type { ForwardingOptions, GateOptions } from '../routes/gate/gate.ts';
import { Rules } from '../rules/rules.ts';
import { SIGN_IN_PATH } from '../sign-in/paths.ts';
import { signInCookies } from '../sign-in/sign-in-cookies.ts';
import { createTokenClassifier } from '../tokens/token-classifier.ts';
import { errorShapeOf } from './error-shape.ts';
import { gatewaySecrets } from './gateway-secrets.ts';

/**
 * The parts that decide about a request for the site. The gate, forward-auth and `npm run explain` use the same
 * ones.
 */
export interface Site {
  readonly authorization: AuthorizationOptions;
  readonly denial: DenialOptions;
  readonly identifier: Identifier;
  /** Names of all cookies that may hold a credential. These cookies never reach the origin. */
  readonly credentialCookies: readonly string[];
}

/** The services that a site needs. */
export type SiteServices = Pick<AuthorizationOptions, 'lookUp' | 'revocation' | 'now'> &
  Pick<DenialOptions, 'resources' | 'pages'>;

/** Makes the site from the configuration. */
export function createSite(
  config: Config,
  { lookUp, revocation, resources, pages, now }: SiteServices,
): Site {
  const { PUBLIC_URL: publicUrl, SIGN_IN: signIn } = config;
  const signInNames = signIn === undefined ? [] : partNames(signInCookies(publicUrl).name);
  const credentialCookies = [
    ...config.SESSION_COOKIE_NAMES,
    ...config.TOKEN_COOKIE_NAMES,
    ...signInNames,
  ];
  const hosts = new SiteHosts(publicUrl, config.HOSTS);
  return {
    authorization: {
      rules: new Rules(config.RULES, config.FORWARDED_HEADERS),
      accepted: {
        hosts,
        methods: new Set<string>([...DEFAULT_METHODS, ...config.FURTHER_METHODS]),
        allowedForms: new Set(config.ALLOWED_PATH_FORMS),
      },
      lookUp,
      revocation,
      now,
    },
    denial: {
      hosts,
      signIn: {
        loginUrl: config.LOGIN_URL,
        kratos: config.KRATOS,
        ...(signIn?.isLoginPage && {
          ownPage: (host: Authority) =>
            signIn.resources.has(host) ? `${hosts.siteOf(host)}${SIGN_IN_PATH}` : undefined,
        }),
      },
      errorShape: errorShapeOf(config),
      loopGuard: new LoginLoopGuard({ publicUrl, credentialCookies, now }),
      resources,
      pages,
    },
    identifier: new Identifier({
      mapping: config.IDENTITY_HEADERS,
      maxBytes: config.IDENTITY_HEADERS_MAX_BYTES,
      assertions: createAssertions(config, now),
    }),
    credentialCookies,
  };
}

/** Makes the terms on which the origin gets requests for a site. */
export function createForwarding(
  config: Config,
  { denial: { hosts }, identifier, credentialCookies }: Site,
): Omit<ForwardingOptions, 'origin'> {
  return {
    address: createOriginAddress({ originUrl: config.ORIGIN_URL, hosts }),
    hosts,
    filter: new HeaderFilter(identifier.headerNames),
    withheld: {
      credentialCookies,
      gatewaySecrets: gatewaySecrets(config),
      tokenClassifier: createTokenClassifier(config.ISSUERS),
    },
    identifier,
    audience: config.ORIGIN_URL ?? config.PUBLIC_URL,
    reservedCookies: reservedCookies(credentialCookies),
  };
}

/** Makes the gate's options. */
export function createGateOptions(
  config: Config,
  site: Site,
  {
    fetchOrigin,
    ...services
  }: { readonly fetchOrigin: FetchSite } & Pick<GateOptions, 'reporting' | 'exchangedTokens'>,
): GateOptions {
  const { authorization, denial } = site;
  const origin = { fetch: fetchOrigin, timeoutMs: config.ORIGIN_TIMEOUT_MS };
  const forwarding = { ...createForwarding(config, site), origin };
  return { authorization, denial, forwarding, ...services };
}

function createAssertions(config: Config, now: () => number): Assertions | undefined {
  const [key, ...others] = config.ASSERTION_KEYS ?? [];
  if (key === undefined) return undefined;
  const keys = [key, ...others] as const;
  return new Assertions({ issuer: config.PUBLIC_URL, keys, claims: config.ASSERTION_CLAIMS, now });
}
