// Pure: no I/O, no clock.
import { NAMES } from '../config/config.ts';
import { originBindings } from '../config/origin-settings.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { Environment } from './start-gateway.ts';

/** The sources of settings and bindings, when code gives some of them. */
export interface EnvironmentSources {
  /** Settings in code. They take the place of those in the environment. */
  readonly settings?: object | undefined;
  /** Bindings in code. They take the place of those in the environment. */
  readonly bindings?: object | undefined;
  readonly prefix?: string | undefined;
  readonly pick?: readonly string[] | undefined;
}

/**
 * Returns the names of an environment that are Postern's, and what code gives. A name behind a prefix, in `pick` or in
 * code is meant for Postern, so an unknown one is a problem. Otherwise only a misspelt name is one (`readConfig`).
 */
export function readEnvironment(
  environment: object,
  { settings = {}, bindings = {}, prefix = '', pick, ...unknown }: EnvironmentSources,
): Result<Environment, string[]> {
  const named = Object.entries(environment)
    .filter(([name]) => name.startsWith(prefix))
    .map(([name, value]) => [name.slice(prefix.length), value] as const)
    .filter(([name]) => pick === undefined || pick.includes(name));
  const given = [...Object.entries(settings), ...Object.entries(bindings)];
  const meant = [
    ...(prefix === '' ? [] : named.map(([name]) => [name, `${prefix}${name}`] as const)),
    ...(pick ?? []).map((name) => [name, `${name} in pick`] as const),
    ...given.map(([name]) => [name, name] as const),
  ];
  const unknownOptions = Object.keys(unknown).map(
    (name) =>
      `${name}: there is no such option. Expected settings, bindings, prefix or pick; a setting belongs into settings.`,
  );
  const unknownNames = meant
    .filter(([name]) => !NAMES.includes(name))
    .map(([, shown]) => `${shown}: there is no such setting or binding. Correct or remove it.`);
  const problems = [...unknownOptions, ...unknownNames];
  if (problems.length > 0) return failed(problems);
  const present = [...named, ...given].filter(([, value]) => value !== undefined);
  // The bindings of further origins have names of the operator's choice, which ORIGINS says.
  const origins = originBindings(Object.fromEntries(present)).map(
    ([, name]) => [name, Reflect.get(environment, name)] as const,
  );
  // The platform makes the bindings, or the type of the options holds for them. `readConfig` checks everything else.
  return success(Object.fromEntries([...origins, ...present]) as Environment);
}
