// Pure: no I/O, no clock.
import * as v from 'valibot';
import {
  combineMappings,
  type IdentityMapping,
  withIssuer,
} from '../forwarding/identity-presets.ts';
import { SiteHosts } from '../http/site-hosts.ts';
import { zoneOfIssuer } from '../providers/keycard/keycard-zone.ts';
import type { RuleSettings } from '../rules/rules.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { hostsOfAudience } from '../tokens/audience.ts';
import { BINDINGS } from './bindings.ts';
import { exchangeProblems } from './exchange-settings.ts';
import { identityProblems } from './identity-header-settings.ts';
import {
  type KratosConfig,
  missingSource,
  promisesWithoutKratos,
  readKratos,
} from './kratos-config.ts';
import { meantName } from './misspelt-names.ts';
import {
  type NamedOrigin,
  originBindings,
  readOrigins,
  unboundOrigins,
} from './origin-settings.ts';
import { readRules } from './rule-settings.ts';
import { SESSION_API_COMPANIONS } from './session-api-settings.ts';
import { SETTINGS } from './settings.ts';
import { readSignIn, type SignInConfig, signInProblems } from './sign-in-settings.ts';

const SCHEMA = v.object({
  ...SETTINGS.Addresses,
  ...SETTINGS.Credentials,
  ...SETTINGS.Tokens,
  ...SETTINGS.Freshness,
  ...SETTINGS.Revocation,
  ...SETTINGS.Tiers,
  ...SETTINGS.Deadlines,
  ...SETTINGS.Gate,
  ...SETTINGS['Session API'],
  ...SETTINGS['Sign-in'],
  ...SETTINGS.Identity,
  ...SETTINGS['Forward-auth'],
  ...SETTINGS.Pages,
  ...SETTINGS.Observability,
});

/** Astro's adapter binds its KV namespace under this name, which is one letter from `SESSIONS`. */
const FOREIGN = 'SESSION';
/** The names of all settings and bindings. */
export const NAMES = [...Object.keys(SCHEMA.entries), ...Object.keys(BINDINGS)];

/** The settings as the operator named them, each checked and with its default. */
export type Settings = v.InferOutput<typeof SCHEMA>;
/** One issuer of `ISSUERS`. */
export type IssuerSettings = Settings['ISSUERS'][number];

/** Postern's whole configuration, read once per isolate. */
export interface Config
  extends Omit<
    Settings,
    | 'IDENTITY_HEADERS'
    | 'ORIGINS'
    | 'RULES'
    | 'KRATOS_PUBLIC_URL'
    | 'KRATOS_BROWSER_URL'
    | 'TOLD_FRESH_SECONDS'
  > {
  readonly RULES: readonly RuleSettings[];
  readonly ORIGINS: ReadonlyMap<string, NamedOrigin>;
  /** `undefined`: there is no session store, and only tokens are sessions. */
  readonly KRATOS: KratosConfig | undefined;
  /** `undefined`: the store does not tell of its changes, because there is no binding `KRATOS_DB`. */
  readonly TOLD_FRESH_SECONDS: number | undefined;
  /** `undefined`: there is no page at which a browser could sign in. */
  readonly LOGIN_URL: string | undefined;
  /** The sign-in for browsers at an issuer; `undefined` if no issuer has one. */
  readonly SIGN_IN: SignInConfig | undefined;
  /** The headers of presets and of `IDENTITY_HEADERS` together, and the issuer if there are several. */
  readonly IDENTITY_HEADERS: IdentityMapping;
}

/**
 * Reads the settings from a Worker's environment.
 *
 * @returns the configuration, or one line per wrong setting. A line has the name of the setting, the expected value,
 *   and the *shape* of the actual value. The value itself is never repeated, because it may be a secret in the wrong
 *   place.
 */
export function readConfig(
  environment: Readonly<Record<string, unknown>>,
): Result<Config, string[]> {
  const parsed = v.safeParse(SCHEMA, environment);
  const problems = [
    ...misspeltNames(environment),
    ...(parsed.success ? missingCompanions(environment) : []),
    ...(parsed.issues ?? []).map(describeIssue),
    ...missingLog(environment),
    ...unreadDatabase(environment),
    ...unboundOrigins(environment),
    ...missingSource(environment, parsed.success ? parsed.output.ISSUERS : environment.ISSUERS),
  ];
  if (!parsed.success || problems.length > 0) return failed(problems);
  const settings = parsed.output;
  const kratos = readKratos(settings);
  const withItsIssuer = (mapping: IdentityMapping) =>
    withIssuer(mapping, sessionIssuers({ ...settings, KRATOS: kratos }));
  const identityHeaders = withItsIssuer(
    combineMappings(settings.IDENTITY_PRESETS, settings.IDENTITY_HEADERS),
  );
  const { rules, unservedHosts } = readRules(settings, withItsIssuer);
  const { origins, problems: originProblems } = readOrigins(settings, environment);
  const contradictions = [
    ...promisesWithoutKratos(settings),
    ...(kratos === undefined ? [] : sharedCookieNames(settings)),
    ...unservedHosts,
    ...originProblems,
    ...unservedIssuers(settings),
    ...identityProblems({ ...settings, RULES: rules }, identityHeaders),
    ...unnamedZones(settings),
    ...unguardedAccount(settings),
    ...signInProblems(settings),
    ...exchangeProblems(settings),
  ];
  if (contradictions.length > 0) return failed(contradictions);
  const {
    KRATOS_PUBLIC_URL: _publicUrl,
    KRATOS_BROWSER_URL: _browserUrl,
    TOLD_FRESH_SECONDS,
    ...others
  } = settings;
  return success(
    Object.freeze({
      ...others,
      TOLD_FRESH_SECONDS: environment.KRATOS_DB === undefined ? undefined : TOLD_FRESH_SECONDS,
      RULES: rules,
      ORIGINS: origins,
      IDENTITY_HEADERS: identityHeaders,
      KRATOS: kratos,
      SIGN_IN: readSignIn(settings),
      SESSION_COOKIE_NAMES: kratos === undefined ? [] : settings.SESSION_COOKIE_NAMES,
      LOGIN_URL:
        settings.LOGIN_URL ?? (kratos && `${kratos.browserUrl}/self-service/login/browser`),
    }),
  );
}

/** Returns every issuer whose sessions count. */
export function sessionIssuers({
  ISSUERS,
  KRATOS,
}: Pick<Config, 'ISSUERS' | 'KRATOS'>): ReadonlySet<string> {
  const store = KRATOS === undefined ? [] : [KRATOS.issuer];
  return new Set([...store, ...ISSUERS.map(({ issuer }) => issuer)]);
}

/** Reports the hosts of an issuer that the site does not have, and audiences that are good on none of the issuer's hosts. */
function unservedIssuers({ PUBLIC_URL, HOSTS, ISSUERS }: Settings): string[] {
  const site = new SiteHosts(PUBLIC_URL, HOSTS);
  return ISSUERS.flatMap(({ audience, hosts }, index) => {
    const isServed = (text: string) => site.authorities.some((host) => host === site.read(text));
    if (hosts !== undefined && !hosts.every(isServed)) {
      return `ISSUERS.${index}.hosts: expected hosts of PUBLIC_URL and HOSTS only; got another.`;
    }
    const names = audience === false ? [] : audience;
    return names.every((name) => hostsOfAudience(name, { hosts }, site).size > 0)
      ? []
      : `ISSUERS.${index}.audience: expected URLs at the hosts of this issuer (hosts) only, because the URL of a host is good on that host alone; got another. Add its host to hosts, or remove the audience.`;
  });
}

/** Requires zones to be named. Otherwise strangers could revoke in zones of their own through this gate. */
function unnamedZones({ KEYCARD_API_URL, KEYCARD_ZONES, ISSUERS }: Settings): string[] {
  const isNamed =
    KEYCARD_ZONES !== undefined ||
    ISSUERS.some(({ preset, issuer }) => preset === 'keycard' && zoneOfIssuer(issuer));
  return KEYCARD_API_URL === undefined || isNamed
    ? []
    : [
        'KEYCARD_ZONES: expected the ids of the zones that may be asked about, because KEYCARD_API_URL is set and ISSUERS names no https://<zone>.keycard.cloud; got nothing.',
      ];
}

/** Requires a guard for the service account. Without one, no caller may use it, and it would be idle unnoticed. */
function unguardedAccount({
  KEYCARD_CLIENT_ID,
  ADMIN_SECRETS = [],
  ACCESS_TEAM_DOMAIN,
}: Settings): string[] {
  const isGuarded = ADMIN_SECRETS.length > 0 || ACCESS_TEAM_DOMAIN !== undefined;
  return KEYCARD_CLIENT_ID === undefined || isGuarded
    ? []
    : [
        'KEYCARD_CLIENT_ID: expected a guard for the callers who may use the service account: ADMIN_SECRETS, or ACCESS_TEAM_DOMAIN with ACCESS_AUDIENCE; got none. Set one, or remove the service account, and callers bring their own bearer.',
      ];
}

function sharedCookieNames({ TOKEN_COOKIE_NAMES, SESSION_COOKIE_NAMES }: Settings): string[] {
  return TOKEN_COOKIE_NAMES.some((name) => SESSION_COOKIE_NAMES.includes(name))
    ? ['TOKEN_COOKIE_NAMES: expected names that are not in SESSION_COOKIE_NAMES.']
    : [];
}

/**
 * Reports misspelt names. Otherwise a misspelt setting would silently keep its default. All other names that are not
 * Postern's are the site's own.
 */
function misspeltNames(environment: Readonly<Record<string, unknown>>): string[] {
  const ofOrigins = originBindings(environment).map(([, binding]) => binding);
  return Object.keys(environment)
    .filter((name) => ![...NAMES, ...ofOrigins, FOREIGN].includes(name))
    .flatMap((name) => {
      const meant = meantName(name, NAMES, (known) => takes(known, environment[name]));
      return meant === undefined
        ? []
        : `${name}: there is no such setting or binding. Did you mean "${meant}"? Correct the spelling, or give a variable of the site’s own another name.`;
    });
}

function takes(name: string, value: unknown): boolean {
  const schema: v.GenericSchema | undefined = Reflect.get(SCHEMA.entries, name);
  // A binding is an object of the platform.
  return schema === undefined ? typeof value === 'object' : v.is(schema, value);
}

function missingCompanions(environment: Readonly<Record<string, unknown>>): string[] {
  return SESSION_API_COMPANIONS.filter(
    ([name, needed]) => environment[name] !== undefined && environment[needed] === undefined,
  ).map(([name, needed]) => `${needed}: expected a value, ${name} needs it; got nothing.`);
}

/**
 * Requires the log's binding if `REVOCATION` is `log`. Without it, the setting would promise a revocation that never
 * happens.
 */
function missingLog({
  REVOCATION = 'log',
  REVOCATIONS,
}: Readonly<Record<string, unknown>>): string[] {
  if (REVOCATION !== 'log' || REVOCATIONS !== undefined) return [];
  return [
    'REVOCATIONS: expected a Durable Object binding to the class RevocationLog, because REVOCATION is "log"; got nothing. Bind it, or set REVOCATION to "off".',
  ];
}

/** Requires the reader of the database and the sessions that it is about. Otherwise the binding would do nothing. */
function unreadDatabase(environment: Readonly<Record<string, unknown>>): string[] {
  const { KRATOS_DB, REVOCATION = 'log', KRATOS_PUBLIC_URL } = environment;
  if (KRATOS_DB === undefined) return [];
  const expected =
    REVOCATION !== 'log'
      ? 'REVOCATION to be "log", because the revocation log reads the outbox of changes'
      : KRATOS_PUBLIC_URL === undefined
        ? 'KRATOS_PUBLIC_URL, because the outbox is about the sessions of Kratos'
        : undefined;
  return expected === undefined
    ? []
    : [`KRATOS_DB: expected ${expected}; got none. Set it, or remove the binding.`];
}

/** Describes a wrong value: its place, the expected value and the shape of the actual one. */
export function describeIssue(issue: v.BaseIssue<unknown>): string {
  const path = v.getDotPath(issue) ?? 'environment';
  const isMissing = issue.input === undefined && issue.received === 'undefined';
  const expected = isMissing && !path.includes('.') ? 'a value, it is required' : issue.message;
  return `${path}: expected ${expected}; got ${shapeOf(issue.input)}.`;
}

function shapeOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (typeof value === 'string') return `text of ${value.length} characters`;
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'number') return 'a number';
  return typeof value === 'object' ? 'a table' : `a ${typeof value}`;
}
