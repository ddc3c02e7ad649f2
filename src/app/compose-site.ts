import type { Config } from '../config/config.ts';
import { identityHeaderNames } from '../config/identity-header-settings.ts';
import type { NamedOrigin } from '../config/origin-settings.ts';
import { partNames } from '../credentials/split-cookie.ts';
import { Assertions } from '../forwarding/assertion.ts';
import { HeaderFilter } from '../forwarding/header-filter.ts';
import { Identifier } from '../forwarding/identification.ts';
import { createOriginAddress } from '../forwarding/origin-address.ts';
import { reservedCookies } from '../forwarding/origin-cookies.ts';
import type { Authority } from '../http/authority.ts';
import { DEFAULT_METHODS } from '../http/methods.ts';
import { SiteHosts } from '../http/site-hosts.ts';
import type { DenialOptions } from '../refusals/denial.ts';
import { LoginLoopGuard } from '../refusals/login-loop-guard.ts';
import type { AuthorizationOptions } from '../routes/gate/authorize.ts';
import type { ForwardingOptions, GateOptions } from '../routes/gate/gate.ts';
import { type Rule, Rules } from '../rules/rules.ts';
import { SIGN_IN_PATH } from '../sign-in/paths.ts';
import { signInCookies } from '../sign-in/sign-in-cookies.ts';
import { createTokenClassifier } from '../tokens/token-classifier.ts';
import type { Dependencies } from './dependencies.ts';
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
  /** Returns the origin of `ORIGINS` for a rule's requests; `undefined` for the origin of the whole site. */
  readonly namedOrigin: (rule: Pick<Rule, 'origin'>, host: Authority) => NamedOrigin | undefined;
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
      names: identityHeaderNames(config.IDENTITY_HEADERS, config.RULES),
      maxBytes: config.IDENTITY_HEADERS_MAX_BYTES,
      assertions: createAssertions(config, now),
    }),
    namedOrigin: createOriginChoice(config),
    credentialCookies,
  };
}

/** Makes the terms on which every origin gets requests for a site. */
function createForwarding(
  config: Config,
  { denial: { hosts }, identifier, credentialCookies }: Site,
): Omit<ForwardingOptions, 'origin' | 'address' | 'audience'> {
  return {
    hosts,
    filter: new HeaderFilter(identifier.headerNames),
    withheld: {
      credentialCookies,
      gatewaySecrets: gatewaySecrets(config),
      tokenClassifier: createTokenClassifier(config.ISSUERS),
    },
    identifier,
    reservedCookies: reservedCookies(credentialCookies),
  };
}

type OriginFetchers = Pick<Dependencies, 'fetchOrigin' | 'fetchNamedOrigin'>;

/** Makes the gate's options. */
export function createGateOptions(
  config: Config,
  site: Site,
  {
    fetchOrigin,
    fetchNamedOrigin,
    ...services
  }: OriginFetchers & Pick<GateOptions, 'reporting' | 'exchangedTokens'>,
): GateOptions {
  const { authorization, denial } = site;
  const { hosts } = denial;
  const { ORIGIN_URL: originUrl, PUBLIC_URL, ORIGINS } = config;
  const shared = createForwarding(config, site);
  const forwarding = {
    ...shared,
    address: createOriginAddress({ originUrl, hosts }),
    audience: originUrl ?? PUBLIC_URL,
    origin: { fetch: fetchOrigin, timeoutMs: config.ORIGIN_TIMEOUT_MS },
  };
  const named = new Map<NamedOrigin | undefined, ForwardingOptions>();
  for (const [name, each] of ORIGINS) {
    const { url, prefix, audience, timeoutMs } = each;
    const address = createOriginAddress({ originUrl: url, hosts, prefix: prefix?.text });
    const origin = { fetch: fetchNamedOrigin?.(each), timeoutMs };
    named.set(each, { ...shared, name, address, prefix, audience, origin });
  }
  const namedForwarding: GateOptions['namedForwarding'] = (rule, host) =>
    named.get(site.namedOrigin(rule, host));
  return { authorization, denial, forwarding, namedForwarding, ...services };
}

/** Returns a function that finds the origin of `ORIGINS` for a rule's requests: that of the rule, else that of the host. */
export function createOriginChoice({ ORIGINS }: Pick<Config, 'ORIGINS'>): Site['namedOrigin'] {
  const all = [...ORIGINS.values()];
  const byHost = new Map(all.flatMap((each) => each.hosts.map((host) => [host, each] as const)));
  return ({ origin }, host) => (origin === undefined ? byHost.get(host) : ORIGINS.get(origin));
}

function createAssertions(config: Config, now: () => number): Assertions | undefined {
  const [key, ...others] = config.ASSERTION_KEYS ?? [];
  if (key === undefined) return undefined;
  const keys = [key, ...others] as const;
  return new Assertions({ issuer: config.PUBLIC_URL, keys, claims: config.ASSERTION_CLAIMS, now });
}
