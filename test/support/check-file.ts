import { check } from '../../cli/checks/check.ts';
import { formatFinding } from '../../cli/checks/finding.ts';
import { readWranglerEnvironment } from '../../cli/wrangler/environment.ts';

/** Checks a wrangler file as `check-config` does, in this process. Load the condition language before. */
export function checkFile(config: string, env = ''): string[] {
  const read = readWranglerEnvironment({ config, env });
  if (!read.ok) return [...read.failure];
  const { findings } = check(read.value);
  return [...new Set(findings.map((each) => formatFinding(each, read.value)))];
}
