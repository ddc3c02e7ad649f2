/** Runs every check on an environment of a wrangler file. */
import type { Config } from '../../src/config/config.ts';
import { readAssetFiles } from '../asset-files.ts';
import { findAssetProblems } from '../asset-problems.ts';
import { findIdleSettings } from '../idle-settings.ts';
import type { WranglerEnvironment } from '../wrangler/environment.ts';
import { checkAddresses } from './addresses.ts';
import { error, type Finding, warning } from './finding.ts';
import { checkIdentity } from './identity.ts';
import { checkPlaces } from './places.ts';
import { checkPlatform, checkShape } from './platform.ts';
import { checkRules } from './rules.ts';
import { checkSettings } from './settings.ts';

/** Returns all findings, and the configuration if the Worker would serve. Call `loadConditionLanguage` and `loadSignIn` before. */
export function check(environment: WranglerEnvironment): {
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
} {
  const shape = checkShape(environment);
  // The other checks rely on the shape of the file.
  if (shape.some(({ severity }) => severity === 'error'))
    return { config: undefined, findings: shape };
  const settings = checkSettings(environment);
  const found = [
    ...shape,
    ...settings.findings,
    ...checkPlatform(environment, settings.config),
    ...checkAddresses(environment, settings.config),
    ...checkAssets(environment, settings.config),
    ...checkIdentity(environment, settings.config),
    ...(settings.config === undefined ? [] : checkConfig(environment, settings.config)),
  ];
  return { config: settings.config, findings: found };
}

function checkConfig(environment: WranglerEnvironment, settings: Config): Finding[] {
  return [
    ...checkRules(settings),
    ...checkPlaces(environment, settings),
    ...findIdleSettings(settings, namesIn(environment)).map((text) => warning(text)),
  ];
}

/** The names of all settings and bindings of the file. */
function namesIn({ environment, bindings }: WranglerEnvironment): ReadonlySet<string> {
  return new Set([...Object.keys(environment), ...bindings.map(({ name }) => name)]);
}

/** Static assets that the platform would serve past the gate, or past the rule written for them. */
function checkAssets(
  { fields, config: file }: WranglerEnvironment,
  settings: Config | undefined,
): Finding[] {
  const { assets } = fields;
  if (assets === undefined) return [];
  return findAssetProblems(assets, readAssetFiles(assets, file), settings).map((text) =>
    text.startsWith('assets')
      ? error(text, text.slice(0, text.search(/[: ]/)).split('.'))
      : error(text),
  );
}
