import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type Argument,
  type CallExpression,
  type Expression,
  parseSync,
  type VariableDeclarator,
  Visitor,
} from 'oxc-parser';
import { inRepository } from '../support/repository.ts';

export interface Title {
  /** A title is the text of `it` or `describe`; a row is a text of a table that becomes part of a title. */
  readonly kind: 'title' | 'row';
  readonly file: string;
  readonly line: number;
  /** Without the ids at its beginning. A placeholder counts as a noun. */
  readonly text: string;
}

const TEST_FUNCTIONS = new Set(['describe', 'it', 'test']);
/** Ids of failure classes, such as `P26: ` and `P1 to P6, P13: `. */
const IDS = /^[A-Z]\d+(?:(?:, | to )[A-Z]\d+)*: /;
const PLACEHOLDER = /%[.\d]*[a-z]|\$\{[^}]*\}|\$\w+/g;

export function readTitles(): Title[] {
  const root = inRepository('test');
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .flatMap((name) => titlesOf(`test/${name}`, readFileSync(join(root, name), 'utf8')));
}

/** Reads the titles of one file, and the text cells of the tables that `it.each` and its kind take. */
export function titlesOf(file: string, source: string): Title[] {
  const { program } = parseSync(file, source);
  const constants = new Map<string, Expression>();
  const calls: CallExpression[] = [];
  new Visitor({
    VariableDeclarator: ({ id, init }: VariableDeclarator) => {
      if (id.type === 'Identifier' && init) constants.set(id.name, init);
    },
    CallExpression: (call) => {
      if (TEST_FUNCTIONS.has(functionName(call.callee) ?? '')) calls.push(call);
    },
  }).visit(program);
  return calls.flatMap((call) => {
    const [first] = call.arguments;
    const text = first && titleText(first, source);
    const rows = text === undefined ? [] : rowNames(call, text, constants);
    const titleOf = (kind: Title['kind'], { start }: { start: number }, written: string) => {
      const line = source.slice(0, start).split('\n').length;
      return { kind, file, line, text: plainTitle(written) };
    };
    const own = text === undefined ? [] : [titleOf('title', call, text)];
    return [...own, ...rows.map((row) => titleOf('row', row, row.text))];
  });
}

/** The name at the root of `it`, `it.each(rows)` or `describe.skipIf(condition)`. */
function functionName(callee: Expression): string | undefined {
  if (callee.type === 'Identifier') return callee.name;
  if (callee.type === 'MemberExpression') return functionName(callee.object);
  return callee.type === 'CallExpression' ? functionName(callee.callee) : undefined;
}

function titleText(argument: Argument, source: string): string | undefined {
  if (argument.type === 'TemplateLiteral')
    return source.slice(argument.start + 1, argument.end - 1);
  return argument.type === 'Literal' && typeof argument.value === 'string'
    ? argument.value
    : undefined;
}

function plainTitle(text: string): string {
  return text.replace(IDS, '').replace(PLACEHOLDER, 'it');
}

interface Row {
  readonly start: number;
  readonly text: string;
}

/** The texts that take the place of `%s` or `$name` in a title. */
function rowNames(
  { callee }: CallExpression,
  title: string,
  constants: ReadonlyMap<string, Expression>,
): Row[] {
  const table = callee.type === 'CallExpression' ? callee.arguments[0] : undefined;
  if (!table) return [];
  const columns = (title.match(/%[.\d]*[a-z]/g) ?? []).map((kind, index) => ({ kind, index }));
  const members = [...title.matchAll(/\$(\w+)/g)].map(([, name = '']) => name);
  return elementsOf(table, constants).flatMap((row) => {
    const cells = row.type === 'ArrayExpression' ? row.elements : [row];
    const placed = columns.filter(({ kind }) => kind === '%s').map(({ index }) => cells[index]);
    const named = row.type === 'ObjectExpression' ? row.properties : [];
    return [
      ...placed.flatMap((cell) => textRow(cell)),
      ...named.flatMap((property) =>
        property.type === 'Property' &&
        property.key.type === 'Identifier' &&
        members.includes(property.key.name)
          ? textRow(property.value)
          : [],
      ),
    ];
  });
}

function textRow(cell: { type: string; start: number; value?: unknown } | null | undefined): Row[] {
  return cell?.type === 'Literal' && typeof cell.value === 'string'
    ? [{ start: cell.start, text: cell.value }]
    : [];
}

/** The rows of a table that is written in the same file, also as the keys of an object. */
function elementsOf(
  table: Argument,
  constants: ReadonlyMap<string, Expression>,
): readonly Expression[] {
  switch (table.type) {
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return elementsOf(table.expression, constants);
    case 'Identifier': {
      const value = constants.get(table.name);
      return value ? elementsOf(value, constants) : [];
    }
    case 'ArrayExpression':
      return table.elements.filter(
        (element) => element !== null && element.type !== 'SpreadElement',
      );
    case 'CallExpression':
      return table.arguments[0] ? elementsOf(table.arguments[0], constants) : [];
    case 'ObjectExpression':
      return table.properties.flatMap((property) =>
        property.type === 'Property' && property.key.type === 'Literal' ? [property.key] : [],
      );
    default:
      return [];
  }
}
