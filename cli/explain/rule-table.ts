// No I/O, no clock.
import type { Config } from '../../src/config/config.ts';
import type { AdmittedTarget } from '../../src/http/admit.ts';
import { segmentsOf } from '../../src/http/path-readings.ts';
import { PathTree } from '../../src/rules/path-tree.ts';
import { type RuleMatch, type RuleSettings, Rules } from '../../src/rules/rules.ts';
import { decide } from '../../src/rules/verdict.ts';
import type { Resolution } from '../../src/sessions/resolution.ts';

/** `may`: it depends on the reading of the path, or on a session that is not given. */
type Fit = 'hit' | 'miss' | 'may' | '-';

/** The request and the session of the table. */
export interface TableRequest {
  readonly target: AdmittedTarget;
  readonly method: string;
  /** `undefined` if no session is given. */
  readonly resolution: Resolution | undefined;
  readonly now: number;
}

/** Returns a line for each rule: whether host, method, path and session fit. `*` marks each rule that applies. */
export function ruleTable({ RULES }: Config, match: RuleMatch, request: TableRequest): string[] {
  if (RULES.length === 0) return [];
  const applying = new Set(match.byReading.map(({ rule }) => rule.name));
  const width = `RULES.${RULES.length - 1}`.length;
  const line = (mark: string, name: string, fits: readonly string[], path: string) =>
    `${mark} ${name.padEnd(width)}  ${fits.map((fit) => fit.padEnd(6)).join('  ')}  ${path}`.trimEnd();
  return [
    line(' ', 'Rules', ['host', 'method', 'path', 'session'], ''),
    ...RULES.map((rule, index) => {
      const name = `RULES.${index}`;
      const mark = applying.has(name) ? '*' : ' ';
      return line(mark, name, fitsOf(rule, request), rule.path.source);
    }),
  ];
}

function fitsOf(rule: RuleSettings, request: TableRequest): readonly Fit[] {
  const { target, method } = request;
  const hasMethod = rule.methods?.some(
    (each) => each === method || (each === 'GET' && method === 'HEAD'),
  );
  const path = pathFit(rule, target);
  return [
    rule.host === undefined || rule.host === target.host ? 'hit' : 'miss',
    (hasMethod ?? true) ? 'hit' : 'miss',
    path,
    path === 'miss' ? '-' : sessionFit(rule, request),
  ];
}

function pathFit({ path }: RuleSettings, { readings }: AdmittedTarget): Fit {
  const tree = new PathTree([path]);
  const matching = readings.filter((reading) => tree.find(segmentsOf(reading)).length > 0);
  if (matching.length === 0) return 'miss';
  return matching.length === readings.length ? 'hit' : 'may';
}

/** Tells whether the session passes the rule, as the gate decides. */
function sessionFit(rule: RuleSettings, { target, resolution, now }: TableRequest): Fit {
  if (rule.session !== 'required') return 'hit';
  if (resolution === undefined) return 'may';
  const everyRequest = { ...rule, host: undefined, methods: undefined };
  const found = new Rules([everyRequest])
    .match(target)
    .byReading.find((each) => each.rule.name === 'RULES.0');
  if (found === undefined) return '-';
  return decide(found.rule, resolution, now).kind === 'pass' ? 'hit' : 'miss';
}
