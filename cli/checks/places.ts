// Pure: no I/O, no clock.
import { type ASTNode, Environment } from '@marcbachmann/cel-js';
import type { Config } from '../../src/config/config.ts';
import type { WranglerEnvironment } from '../wrangler/environment.ts';
import { error, type Finding, warning } from './finding.ts';
import { describeImpossible, followPlace, type Shape, sessionShape } from './session-places.ts';
import { resolvePath } from './setting-path.ts';

/**
 * Checks the places in the session that headers, claims and conditions name. With tokens of Kratos a place may come from a
 * `session` claim that a mapper of the operator wrote, so an unknown place is only doubtful then.
 */
export function checkPlaces(wrangler: WranglerEnvironment, config: Config): Finding[] {
  const shape = sessionShape(config);
  const report = config.ISSUERS.some(({ preset }) => preset === 'kratos') ? warning : error;
  const ofRules = config.RULES.map((_, index) => ['RULES', index, 'identity_headers'] as const);
  const tables = [['IDENTITY_HEADERS'], ['ASSERTION_CLAIMS'], ...ofRules];
  const written = tables.flatMap((setting) => {
    const table = resolvePath(wrangler.environment, setting);
    return Object.entries(parsedTable(table)).flatMap(([name, place]) => {
      const names = place.replace(/^session\./, '').split('.');
      const found = followPlace(shape, names);
      if ('shape' in found) return [];
      const text = `${setting.join('.')}.${name}: expected a place in the session; got ${JSON.stringify(place)}; ${describeImpossible(found.impossible)}`;
      return [report(text, ['vars', ...setting, name])];
    });
  });
  const conditions = config.RULES.flatMap(({ allow }, index) =>
    allow === undefined
      ? []
      : checkCondition(allow.source, shape).map(({ text, isCertain }) =>
          (isCertain ? report : warning)(`RULES.${index}.allow: ${text}`, [
            'vars',
            'RULES',
            index,
            'allow',
          ]),
        ),
  );
  return [...written, ...conditions];
}

function parsedTable(value: unknown): Readonly<Record<string, string>> {
  const table: unknown = typeof value === 'string' ? JSON.parse(value) : value;
  return typeof table === 'object' && table !== null ? (table as Record<string, string>) : {}; // the schema checked it
}

interface ConditionProblem {
  readonly text: string;
  readonly isCertain: boolean;
}

const environment = new Environment().registerVariable('session', 'map');

/** Checks the places that a condition names, and whether it can be true. */
export function checkCondition(source: string, shape: Shape): ConditionProblem[] {
  const { ast } = environment.parse(source);
  const places = placesIn(ast).flatMap((node) => {
    const names = placeOf(node) ?? [];
    const found = followPlace(shape, names);
    if ('shape' in found) return [];
    const place = `session.${names.join('.')}`;
    const text = `the condition names ${place}; ${describeImpossible(found.impossible, 'session')} So the condition cannot read it.`;
    return [{ text, isCertain: true }];
  });
  return [...places, ...truthValuesIn(ast).flatMap((node) => checkTruth(node, shape))];
}

/** A place that is used as true or false has to be a boolean. */
function checkTruth(node: ASTNode, shape: Shape): ConditionProblem[] {
  const names = placeOf(node);
  if (names === undefined) return [];
  const found = followPlace(shape, names);
  if (!('shape' in found) || found.shape === 'boolean') return [];
  const place = `session${names.map((name) => `.${name}`).join('')}`;
  if (found.shape !== 'anything') {
    const text = `expected a condition that is true or false; ${place} is ${typeof found.shape === 'string' ? found.shape : Array.isArray(found.shape) ? 'a list' : 'a table'}. Compare it, as in ${place} == "…". Now every request gets 403.`;
    return [{ text, isCertain: true }];
  }
  const text = `${place} is used as true or false. If its value is not a boolean, every request gets 403. Compare it, as in ${place} == true, if you are not sure.`;
  return [{ text, isCertain: false }];
}

/** Returns the expressions that have to be true or false: the condition, and what `!`, `&&`, `||` and `?` join. */
function truthValuesIn(node: ASTNode): ASTNode[] {
  const op: string = node.op;
  const parts = childrenOf(node);
  if (op === '!_') return parts.flatMap(truthValuesIn);
  if (op === '&&' || op === '||') return parts.flatMap(truthValuesIn);
  if (op === '?:') return [...parts.slice(0, 1), ...parts.slice(1)].flatMap(truthValuesIn);
  return [node];
}

/** Returns the longest places in an expression. */
function placesIn(node: ASTNode): ASTNode[] {
  return placeOf(node) === undefined ? childrenOf(node).flatMap(placesIn) : [node];
}

/** Returns the names after `session` in `session.a["b"][0]`; `undefined` for any other expression. */
function placeOf(node: ASTNode): readonly (string | number)[] | undefined {
  if (node.op === 'id') return node.args === 'session' ? [] : undefined;
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [object, member] = node.args;
  const within = placeOf(object);
  if (within === undefined) return undefined;
  if (typeof member === 'string') return [...within, member];
  if (member.op !== 'value') return undefined;
  const { args: value } = member;
  return typeof value === 'string' ? [...within, value] : [...within, Number(value)];
}

function childrenOf({ args }: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  const collect = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(collect);
    else if (typeof part === 'object' && part !== null && 'op' in part) found.push(part as ASTNode); // only nodes have `op`
  };
  collect(args);
  return found;
}
