/**
 * Checks a wrangler file without deploying. The settings are checked by the Worker's own code. The check also finds
 * lines of the file that the platform accepts silently although they open a way around the gate.
 *
 *   npm run check-config [-- --config path/to/wrangler.toml] [--env name] [--rules]
 *
 * With --rules it prints a request for each rule, to which that rule applies.
 */

import { loadSignIn } from '../src/app/compose-sign-in.ts';
import type { Config } from '../src/config/config.ts';
import { loadConditionLanguage } from '../src/rules/compile-condition.ts';
import { check } from './checks/check.ts';
import { formatFinding } from './checks/finding.ts';
import { exampleRequests } from './checks/rules.ts';
import { readCommandLine, refuseCall } from './command-line.ts';
import { readWranglerEnvironment } from './wrangler/environment.ts';

const USAGE =
  'usage: npm run check-config [-- --config path/to/wrangler.toml] [--env name] [--rules]';

const { values } = readCommandLine(USAGE, {
  options: {
    config: { type: 'string', default: 'wrangler.toml' },
    env: { type: 'string' },
    rules: { type: 'boolean', default: false },
  },
});
const read = readWranglerEnvironment(values);
if (!read.ok) refuseCall(...read.failure);
await Promise.all([loadConditionLanguage(), loadSignIn()]);
const wrangler = read.value;
const { config, findings } = check(wrangler);

for (const severity of ['error', 'warning', 'note'] as const) {
  const lines = findings
    .filter((each) => each.severity === severity)
    .map((each) => formatFinding(each, wrangler));
  for (const line of new Set(lines)) console.error(line);
}
if (values.rules && config !== undefined) printRules(config);
const errors = findings.filter(({ severity }) => severity === 'error').length;
const warnings = findings.filter(({ severity }) => severity === 'warning').length;
if (errors > 0) {
  console.error(`\n${values.config} is not ready: ${counted(errors, 'error')}.`);
  process.exit(1);
}
console.log(
  warnings > 0
    ? `${values.config}: no errors, ${counted(warnings, 'warning')}.`
    : `${values.config}: every setting is good.`,
);

function printRules(settings: Config): void {
  for (const [index, request] of exampleRequests(settings).entries()) {
    const { path } = settings.RULES[index] ?? {};
    console.log(
      `RULES.${index} (${JSON.stringify(path?.source)}) applies to ${request ?? 'no request'}`,
    );
  }
}

function counted(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
