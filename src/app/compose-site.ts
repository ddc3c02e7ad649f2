import type { Config } from '../config/config.ts';
import { Assertions } from '../forwarding/assertion.ts';
import { Identifier } from '../forwarding/identification.ts';
import { DEFAULT_METHODS } from '../http/methods.ts';
import { SiteHosts } from '../http/site-hosts.ts';
import type { DenialOptions } from '../refusals/denial.ts';
import { LoginLoopGuard } from '../refusals/login-loop-guard.ts';
import type { AuthorizationOptions } from '../routes/gate/authorize.ts';
import { Rules } from '../rules/rules.ts';

/**
 * Options for a decision about a request for the site. The gate, forward-auth and `npm run explain` use the same
 * ones.
 */
export interface SiteOptions extends AuthorizationOptions, DenialOptions {
  /** Names of all cookies that may hold a credential. These cookies never reach the origin. */
  readonly cookieNames: readonly string[];
  readonly identifier: Identifier;
}

/** Makes the options from the configuration. */
export function createSiteOptions(
  config: Config,
  services: Pick<
    AuthorizationOptions,
    'sessions' | 'tokens' | 'readCredentials' | 'revocation' | 'now'
  > &
    Pick<DenialOptions, 'resourceMetadataUrl'>,
): SiteOptions {
  const cookieNames = [...config.SESSION_COOKIE_NAMES, ...config.TOKEN_COOKIE_NAMES];
  return {
    rules: new Rules(config.RULES, config.FORWARDED_HEADERS),
    methods: new Set<string>([...DEFAULT_METHODS, ...config.FURTHER_METHODS]),
    hosts: new SiteHosts(config.PUBLIC_URL, config.HOSTS),
    allowedForms: new Set(config.ALLOWED_PATH_FORMS),
    ...services,
    cookieNames,
    loopGuard: new LoginLoopGuard({
      publicUrl: config.PUBLIC_URL,
      credentialCookies: cookieNames,
      now: services.now,
    }),
    publicUrl: config.PUBLIC_URL,
    loginUrl: config.LOGIN_URL,
    kratosBrowserUrl: config.KRATOS_BROWSER_URL,
    kratosPublicUrl: config.KRATOS_PUBLIC_URL,
    identifier: new Identifier({
      mapping: config.IDENTITY_HEADERS,
      maxBytes: config.IDENTITY_HEADERS_MAX_BYTES,
      assertions: createAssertions(config, services.now),
    }),
  };
}

function createAssertions(config: Config, now: () => number): Assertions | undefined {
  const [key, ...others] = config.ASSERTION_KEYS ?? [];
  if (key === undefined) return undefined;
  const keys = [key, ...others] as const;
  return new Assertions({ issuer: config.PUBLIC_URL, keys, claims: config.ASSERTION_CLAIMS, now });
}
