// Pure: no I/O, no clock.
import * as v from 'valibot';
import { failed, type Result, success } from '../errors/result.ts';
import { SESSION_API_COMPANIONS } from './session-api-settings.ts';
import { SETTINGS } from './settings.ts';

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
  ...SETTINGS.Observability,
});

/** Names in the Worker's environment that are bindings and not settings. */
export const BINDING_NAMES = [
  'SESSIONS',
  'KRATOS',
  'KRATOS_ADMIN',
  'KEYCARD',
  'ORIGIN',
  'REVOCATIONS',
] as const;

/** The settings as the operator named them, each checked and with its default. */
export type Settings = v.InferOutput<typeof SCHEMA>;
/** One rule of `RULES`. */
export type RuleSettings = Settings['RULES'][number];
/** One issuer of `ISSUERS`. */
export type IssuerSettings = Settings['ISSUERS'][number];

/** Everything Postern is configured with, read once per isolate. */
export interface Config extends Settings {
  /** Where Kratos itself says that it is. */
  readonly KRATOS_BASE_URL: string;
  /** Where browsers reach Kratos's flows: Postern itself, when it answers them. */
  readonly KRATOS_BROWSER_URL: string;
  readonly LOGIN_URL: string;
}

/**
 * Reads the settings out of a Worker's environment.
 *
 * @returns the configuration, or one line per wrong setting: its name, what was expected, and the *shape*
 *   of what was found. Values are never repeated, because a secret may have been put in the wrong place.
 */
export function readConfig(
  environment: Readonly<Record<string, unknown>>,
): Result<Config, string[]> {
  const parsed = v.safeParse(SCHEMA, environment);
  const problems = [
    ...unknownNames(environment),
    ...(parsed.success ? missingCompanions(environment) : []),
    ...(parsed.issues ?? []).map(describeIssue),
    ...missingLog(environment, parsed.success && parsed.output.REVOCATION),
  ];
  if (!parsed.success || problems.length > 0) return failed(problems);
  const settings = parsed.output;
  if (settings.TOKEN_COOKIE_NAMES.some((name) => settings.SESSION_COOKIE_NAMES.includes(name))) {
    return failed(['TOKEN_COOKIE_NAMES: expected names that are not in SESSION_COOKIE_NAMES.']);
  }
  const kratosUrl = settings.KRATOS_BROWSER_URL ?? settings.KRATOS_PUBLIC_URL;
  const mountUrl = `${settings.PUBLIC_URL}${settings.SESSION_API_PATH ?? ''}`;
  const browserUrl = settings.SELF_SERVICE ? mountUrl : kratosUrl;
  return success(
    Object.freeze({
      ...settings,
      KRATOS_BASE_URL: kratosUrl,
      KRATOS_BROWSER_URL: browserUrl,
      LOGIN_URL: settings.LOGIN_URL ?? `${browserUrl}/self-service/login/browser`,
    }),
  );
}

/** A misspelt setting would otherwise be a silent default. */
function unknownNames(environment: Readonly<Record<string, unknown>>): string[] {
  const known = new Set<string>([...Object.keys(SCHEMA.entries), ...BINDING_NAMES]);
  return Object.keys(environment)
    .filter((name) => !known.has(name))
    .map(
      (name) => `${name}: there is no such setting or binding. Check the spelling, or remove it.`,
    );
}

function missingCompanions(environment: Readonly<Record<string, unknown>>): string[] {
  return SESSION_API_COMPANIONS.filter(
    ([name, needed]) => environment[name] !== undefined && environment[needed] === undefined,
  ).map(([name, needed]) => `${needed}: expected a value, ${name} needs it; got nothing.`);
}

/** A promise to forget revoked sessions that nobody keeps is worse than none. */
function missingLog(
  environment: Readonly<Record<string, unknown>>,
  revocation: Settings['REVOCATION'] | false,
): string[] {
  if (revocation !== 'log' || environment.REVOCATIONS !== undefined) return [];
  return [
    'REVOCATIONS: expected a Durable Object binding to the class RevocationLog, because REVOCATION is "log"; got nothing. Bind it, or set REVOCATION to "off".',
  ];
}

function describeIssue(issue: v.BaseIssue<unknown>): string {
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
