/** Checks the settings by the Worker's own reader. */
import { generateKeyPairSync } from 'node:crypto';
import { type Config, NAMES, readConfig } from '../../src/config/config.ts';
import { meantName } from '../../src/config/misspelt-names.ts';
import { SECRETS } from '../../src/config/secrets.ts';
import { SETTINGS } from '../../src/config/settings.ts';
import { didYouMean } from '../spelling.ts';
import type { WranglerEnvironment } from '../wrangler/environment.ts';
import type { Path } from '../wrangler/positioned-document.ts';
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
  const first = readConfig(withSecrets(environment, required ?? []));
  if (first.ok) return { config: first.value, findings: nearNames(wrangler) };
  const assumed = required === undefined ? assumeSecrets(environment, first) : first;
  const remaining = assumed.ok ? [] : assumed.failure;
  const findings = [...new Set([...first.failure, ...remaining])].map((problem) => {
    const path = pathOf(problem, wrangler);
    return remaining.includes(problem)
      ? error(withValue(problem, wrangler), path)
      : warning(
          `${problem} This file does not say whether the Worker has the secret. List the secrets in [secrets] required = ["…"], and they are checked too.`,
          path,
        );
  });
  return {
    config: assumed.ok ? assumed.value : undefined,
    findings: [...findings, ...nearNames(wrangler)],
  };
}

/**
 * Warns of names that are spelled nearly as Postern's, although their values are none of that setting. The Worker takes
 * them for names of the site's own.
 */
function nearNames({ environment, fields, bindings }: WranglerEnvironment): Finding[] {
  const isBound = (name: string) => bindings.some((binding) => binding.name === name);
  const required = fields.secrets?.required ?? [];
  const names = [...Object.keys(environment), ...required].filter((name) => !NAMES.includes(name));
  return names.flatMap((name) => {
    const meant = isBound(name) ? undefined : meantName(name, NAMES, () => true);
    if (meant === undefined) return [];
    const place = required.includes(name) ? ['secrets', 'required'] : ['vars', name];
    return warning(
      `${name}: Postern does not read this name. Did you mean "${meant}"? A name of the site’s own may stay.`,
      place,
    );
  });
}

/** Reads the settings as if the Worker had each secret that a problem asks for. */
function assumeSecrets(
  environment: Readonly<Record<string, unknown>>,
  first: ReturnType<typeof readConfig>,
): ReturnType<typeof readConfig> {
  let read = first;
  const assumed = new Set<string>();
  while (!read.ok) {
    const asked = read.failure.filter(isAboutNothing);
    const named = SECRET_NAMES.filter((name) => asked.some((problem) => problem.includes(name)));
    const added = named.filter((name) => environment[name] === undefined && !assumed.has(name));
    if (added.length === 0) return read;
    for (const name of added) assumed.add(name);
    read = readConfig(withSecrets(environment, [...assumed]));
  }
  return read;
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
  const samples = missing.map((name) => [name, sampleOf(name, environment)]);
  return { ...environment, ...Object.fromEntries(samples) };
}

/** Returns a value that the schema of a secret accepts. */
function sampleOf(name: string, environment: Readonly<Record<string, unknown>>): unknown {
  const text = 'sample-'.repeat(8);
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const key = { ...privateKey.export({ format: 'jwk' }), kid: 'sample', alg: 'ES256' };
  const issuers = Array.from({ length: 32 }, (_, index) =>
    resolvePath(environment, ['ISSUERS', index, 'issuer']),
  ).filter((issuer) => typeof issuer === 'string');
  const byIssuer = Object.fromEntries(issuers.map((issuer) => [issuer, text]));
  return [text, [text], { keys: [key] }, byIssuer].find((value) => {
    const read = readConfig({ [name]: value });
    return read.ok || !read.failure.some((problem) => new RegExp(`^${name}[.:]`).test(problem));
  });
}

/** Returns the place of the setting or binding that a problem names first. */
function pathOf(problem: string, { environment, bindings }: WranglerEnvironment): Path {
  const [, dotted = ''] = /^([A-Za-z_][^\s:]*): /.exec(problem) ?? [];
  const bound = bindings.find(({ name }) => name === dotted);
  return bound === undefined ? ['vars', ...splitPath(dotted, environment)] : bound.path;
}

const SHAPE = /; got [^;]*\.$/;

/** Adds the value, unless it may be a secret, and a name that is spelled nearly the same. */
function withValue(problem: string, { environment, bindings }: WranglerEnvironment): string {
  const [, setting = '', member = ''] = /^([A-Za-z_]\w*)([^\s:]*): /.exec(problem) ?? [];
  if (problem.includes(': there is no such setting or binding.')) return problem;
  const path = splitPath(`${setting}${member}`, environment);
  const value = resolvePath(environment, path);
  const shown = mayShow(path, value)
    ? problem.replace(SHAPE, () => `; got ${JSON.stringify(value)}.`)
    : problem;
  return `${shown}${nearChoice(problem, path, value)}${nearName(path, value, bindings)}`;
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

/** Suggests a binding or a host for one that an origin names and that does not exist. */
function nearName(
  [setting, , member]: Path,
  value: unknown,
  bindings: WranglerEnvironment['bindings'],
): string {
  const isBinding = setting === 'ORIGINS' && member === 'binding' && typeof value === 'string';
  return isBinding
    ? didYouMean(
        value,
        bindings.map(({ name }) => name),
      )
    : '';
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
