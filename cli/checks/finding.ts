// Pure: no I/O, no clock.
import type { WranglerEnvironment } from '../wrangler/environment.ts';
import type { Path } from '../wrangler/positioned-document.ts';
import { resolvePath } from './setting-path.ts';

/** An `error` must be mended before a deployment; a `warning` is legal and doubtful; a `note` is good to know. */
export type Severity = 'error' | 'warning' | 'note';

/** One result of the check. */
export interface Finding {
  readonly severity: Severity;
  /** The problem, what was expected, and what to do. */
  readonly text: string;
  /** The place within the environment. Default: that of the first setting that the text names. */
  readonly path?: Path;
}

export function error(text: string, path?: Path): Finding {
  return { severity: 'error', text, ...(path !== undefined && { path }) };
}

export function warning(text: string, path?: Path): Finding {
  return { severity: 'warning', text, ...(path !== undefined && { path }) };
}

export function note(text: string, path?: Path): Finding {
  return { severity: 'note', text, ...(path !== undefined && { path }) };
}

const SETTING = /\b[A-Z][A-Z_]{3,}(?:\.(?:\d+|[A-Za-z_][\w-]*))*/g;
const RULE = /\bRULES\.(\d+)((?:\.[\w-]+)*)/g;

/** Returns a finding as one line: severity, file with line and column, and text. A rule gets its path beside its number. */
export function formatFinding(
  { severity, text, path }: Finding,
  wrangler: WranglerEnvironment,
): string {
  const where = path ?? settingNamedIn(text, wrangler.environment);
  const position = where === undefined ? undefined : wrangler.positionOf(where);
  const place = position === undefined ? '' : `:${position.line}:${position.column}`;
  const { RULES: rules } = wrangler.environment;
  const withPaths = text.replace(RULE, (name, index: string, rest: string) => {
    const rule = resolvePath(rules, [Number(index), 'path']);
    return typeof rule === 'string' ? `RULES.${index}${rest} (${JSON.stringify(rule)})` : name;
  });
  return `${severity.padEnd(8)} ${wrangler.config}${place}: ${withPaths}`;
}

/** Returns the place of the first setting in a text that the environment has. */
function settingNamedIn(
  text: string,
  environment: Readonly<Record<string, unknown>>,
): Path | undefined {
  for (const [name] of text.matchAll(SETTING)) {
    const [setting = '', ...rest] = name.split('.');
    if (Object.hasOwn(environment, setting)) return ['vars', setting, ...rest.map(toIndex)];
  }
  return undefined;
}

function toIndex(name: string): string | number {
  return /^\d+$/.test(name) ? Number(name) : name;
}
