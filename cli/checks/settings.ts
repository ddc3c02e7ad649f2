/** Checks the settings by the Worker's own reader. */
import { generateKeyPairSync } from 'node:crypto';
import { BINDINGS } from '../../src/config/bindings.ts';
import { type Config, readConfig } from '../../src/config/config.ts';
import { SECRETS } from '../../src/config/secrets.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { didYouMean } from '../spelling.ts';
import type { WranglerEnvironment } from '../wrangler/environment.ts';
import { error, type Finding, warning } from './finding.ts';
import { resolvePath, splitPath } from './setting-path.ts';

/** The configuration as the Worker would read it, and what is wrong with it. */
export interface CheckedSettings {
  /** `undefined` if the Worker would not serve. */
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
}

const SETTING_NAMES: readonly string[] = Object.values(SETTINGS).flatMap((each) =>
  Object.keys(each),
);
const SECRET_NAMES: readonly string[] = SECRETS;

/**
 * Reads the settings of an environment. The file does not have the secrets, so each secret that `[secrets]` requires has a sample
 * value. In a file without that list any secret may exist: if only a secret is missing, the finding is a warning.
 */
export function checkSettings(wrangler: WranglerEnvironment): CheckedSettings {
  const { environment, fields } = wrangler;
  const required = fields.secrets?.required;
  const known = withSecrets(environment, required ?? []);
  const first = readConfig(known);
  if (first.ok) return { config: first.value, findings: [] };
  const assumed = required === undefined ? readConfig(withSecrets(known, SECRET_NAMES)) : first;
  const remaining = assumed.ok ? [] : assumed.failure;
  const findings = first.failure.map((problem) =>
    remaining.includes(problem) || !isAboutNothing(problem)
      ? error(withValue(problem, environment), pathOf(problem, environment))
      : warning(
          `${problem} This file does not say whether the Worker has the secret. List the secrets in [secrets] required = ["…"], and they are checked too.`,
          pathOf(problem, environment),
        ),
  );
  return { config: assumed.ok ? assumed.value : undefined, findings };
}

/** Tells whether the Worker has a secret or a variable of this name: `undefined` if the file does not say. */
export function hasSetting(
  { environment, fields }: WranglerEnvironment,
  name: string,
): boolean | undefined {
  if (environment[name] !== undefined) return true;
  const required = fields.secrets?.required;
  if (required !== undefined) return required.includes(name);
  return SECRET_NAMES.includes(name) ? undefined : false;
}

function isAboutNothing(problem: string): boolean {
  return /got (?:nothing|none)\./.test(problem);
}

/** Adds a sample value for each secret that has none. */
function withSecrets(
  environment: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Readonly<Record<string, unknown>> {
  const missing = names.filter((name) => environment[name] === undefined);
  return { ...environment, ...Object.fromEntries(missing.map((name) => [name, sampleOf(name)])) };
}

/** Returns a value that the schema of a secret accepts; a secret of another kind stays without one. */
function sampleOf(name: string): unknown {
  const text = 'sample-'.repeat(8);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'sample', alg: 'ES256' };
  return [text, [text], { keys: [key] }].find((value) => {
    const read = readConfig({ [name]: value });
    return (
      read.ok ||
      !read.failure.some(
        (problem) =>
          (problem.startsWith(`${name}: `) && !isAboutNothing(problem)) ||
          problem.startsWith(`${name}.`),
      )
    );
  });
}

function pathOf(problem: string, environment: Readonly<Record<string, unknown>>) {
  const [, dotted = ''] = /^([A-Za-z_][^\s:]*): /.exec(problem) ?? [];
  return ['vars', ...splitPath(dotted, environment)];
}

const SHAPE = /; got [^;]*\.$/;

/** Adds the value, unless it may be a secret, and a name that is spelled nearly the same. */
function withValue(problem: string, environment: Readonly<Record<string, unknown>>): string {
  const [, setting = '', member = ''] = /^([A-Za-z_]\w*)([^\s:]*): /.exec(problem) ?? [];
  if (/: there is no such setting or binding\./.test(problem)) {
    const near = didYouMean(setting, [...SETTING_NAMES, ...Object.keys(BINDINGS)]);
    return problem.replace(
      /(such setting or binding\.).*/s,
      `$1${near || ' Check the spelling, or remove it.'}`,
    );
  }
  const path = splitPath(`${setting}${member}`, environment);
  const value = resolvePath(environment, path);
  const shown = mayShow(path, value)
    ? problem.replace(SHAPE, () => `; got ${JSON.stringify(value)}.`)
    : problem;
  return `${shown}${nearChoice(problem, path, value)}`;
}

/** A value of a setting that is no secret. A long text without structure may be a secret in the wrong place. */
function mayShow(
  [setting = '', ...members]: readonly (string | number)[],
  value: unknown,
): boolean {
  if (SECRET_NAMES.includes(String(setting)) || !SETTING_NAMES.includes(String(setting)))
    return false;
  if (members.includes('keys')) return false;
  if (typeof value === 'number' || typeof value === 'boolean') return true;
  if (typeof value !== 'string' || value.length > 200) return false;
  return !/^[\w~+/=-]{24,}$/.test(value) && !/\/\/[^/]*@/.test(value);
}

/** Suggests one of the choices that the message lists. */
function nearChoice(problem: string, path: readonly (string | number)[], value: unknown): string {
  const [, list = ''] =
    /: expected (?:one of|no such member; an? \w+ has) (.*); got /.exec(problem) ?? [];
  if (list === '') return '';
  const choices = list.split(', ').map((choice) => choice.replaceAll('"', ''));
  const isName = problem.includes('no such member');
  return isName
    ? didYouMean(String(path.at(-1)), choices)
    : typeof value === 'string'
      ? didYouMean(value, choices)
      : '';
}
