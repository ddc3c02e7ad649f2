import { parseSync } from 'oxc-parser';

/** One small change of one source file, such as `<` for `<=`. */
export interface Mutant {
  /** Relative to the root of the repository. */
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** Offsets in the source, in UTF-16 code units; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  readonly original: string;
  readonly replacement: string;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [member: string]: unknown;
}

type Change = Pick<Mutant, 'start' | 'end' | 'replacement'>;

const OPERATORS: Readonly<Record<string, readonly string[]>> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  in: [],
};

const METHODS: Readonly<Record<string, string>> = {
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  some: 'every',
  every: 'some',
  min: 'max',
  max: 'min',
  indexOf: 'lastIndexOf',
  lastIndexOf: 'indexOf',
};

/** Numbers of these names are limits: one more or less has to show. Of other numbers only a large change does. */
const LIMIT_NAME = /MAX|MIN|LIMIT|LENGTH|SIZE|BYTES|COUNT|PAGES|ATTEMPTS/;

/** Types, imports and names have no behaviour. */
const WITHOUT_BEHAVIOUR = /^(?:Import|ExportAll|TS(?!As|Satisfies|NonNull))/;

/**
 * Lists the mutants of one TypeScript file: comparisons, logic, arithmetic, conditions, booleans, numbers, early
 * returns, calls whose result is not used, pairs of opposite methods, anchors of regular expressions.
 *
 * @param file its path, for the report and for the parser, which tells the language by its ending
 * @throws when the file does not parse
 */
export function mutantsOf(file: string, source: string): Mutant[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file} does not parse: ${errors[0]?.message}`);
  const changes: Change[] = [];
  collect(program as unknown as Node, [], source, changes); // ESTree's nodes are looked at by their members
  return changes
    .sort((a, b) => a.start - b.start || a.end - b.end)
    .map((change) => ({
      file,
      line: source.slice(0, change.start).split('\n').length,
      original: source.slice(change.start, change.end),
      ...change,
    }));
}

/** The file's text with the change made. */
export function applyMutant({ start, end, replacement }: Mutant, source: string): string {
  return source.slice(0, start) + replacement + source.slice(end);
}

function collect(node: Node, parents: readonly Node[], source: string, into: Change[]): void {
  if (WITHOUT_BEHAVIOUR.test(node.type)) return;
  into.push(...changesOf(node, parents, source));
  const path = [...parents, node];
  for (const [member, value] of Object.entries(node)) {
    if (member === 'typeAnnotation' || member === 'typeArguments' || member === 'returnType')
      continue;
    for (const child of Array.isArray(value) ? value : [value]) {
      if (isNode(child)) collect(child, path, source, into);
    }
  }
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value;
}

function changesOf(node: Node, parents: readonly Node[], source: string): Change[] {
  const { start, end } = node;
  const whole = (replacement: string): Change => ({ start, end, replacement });
  switch (node.type) {
    case 'BinaryExpression':
    case 'LogicalExpression':
      return operatorChanges(node, source);
    case 'IfStatement':
    case 'ConditionalExpression':
    case 'WhileStatement':
      return conditionChanges(node);
    case 'UnaryExpression': {
      const { operator, argument } = node;
      return operator === '!' && isNode(argument)
        ? [whole(source.slice(argument.start, argument.end))]
        : [];
    }
    case 'Literal':
      return literalChanges(node, parents);
    case 'ReturnStatement':
      return node.argument === null ? [whole(';')] : [];
    case 'ExpressionStatement':
      return isCall(node.expression) ? [whole(';')] : [];
    case 'MemberExpression':
      return methodChanges(node, parents);
    case 'ContinueStatement':
    case 'BreakStatement':
      return parents.at(-1)?.type === 'SwitchCase' ? [] : [whole(';')];
    default:
      return [];
  }
}

function operatorChanges(node: Node, source: string): Change[] {
  const { left, right, operator } = node;
  if (!isNode(left) || !isNode(right) || typeof operator !== 'string') return [];
  // The operator stands between the operands, where there may be parentheses and comments as well.
  const start = source.indexOf(operator, left.end);
  if (start < 0 || start >= right.start) return [];
  const isText = operator === '+' && [left, right].some(isTextual);
  if (isText) return [];
  const replacements = OPERATORS[operator] ?? [];
  return replacements.map((replacement) => ({ start, end: start + operator.length, replacement }));
}

/** `'a' + b` joins text; `-` would only make it NaN, which is an unlikely mistake. */
function isTextual({ type, value }: Node): boolean {
  return type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string');
}

function conditionChanges({ type, test }: Node): Change[] {
  if (!isNode(test)) return [];
  const replacements = type === 'WhileStatement' ? ['false'] : ['true', 'false'];
  return replacements.map((replacement) => ({ start: test.start, end: test.end, replacement }));
}

function literalChanges({ start, end, value, regex }: Node, parents: readonly Node[]): Change[] {
  if (typeof value === 'boolean') return [{ start, end, replacement: String(!value) }];
  if (typeof value === 'number') return [{ start, end, replacement: otherNumber(value, parents) }];
  if (typeof value === 'string') {
    const parent = parents.at(-1);
    const isCompared =
      parent?.type === 'BinaryExpression' && /^[!=]==$/.test(String(parent.operator));
    return isCompared && value !== '' ? [{ start, end, replacement: "''" }] : [];
  }
  return regex === undefined || regex === null ? [] : anchorChanges(start, regex);
}

function otherNumber(value: number, parents: readonly Node[]): string {
  const declared = parents.findLast(({ type }) => type === 'VariableDeclarator')?.id;
  const name = isNode(declared) && typeof declared.name === 'string' ? declared.name : '';
  const isLimit = LIMIT_NAME.test(name) || parents.at(-1)?.type === 'BinaryExpression';
  if (value === 0) return '1';
  return String(isLimit ? value + 1 : value * 3);
}

function anchorChanges(start: number, regex: unknown): Change[] {
  if (typeof regex !== 'object' || regex === null || !('pattern' in regex)) return [];
  const pattern = String(regex.pattern);
  const changes: Change[] = [];
  if (pattern.startsWith('^')) changes.push({ start: start + 1, end: start + 2, replacement: '' });
  if (/(?<!\\)\$$/.test(pattern)) {
    const at = start + pattern.length;
    changes.push({ start: at, end: at + 1, replacement: '' });
  }
  return changes;
}

function isCall(expression: unknown): boolean {
  if (!isNode(expression)) return false;
  if (expression.type === 'AwaitExpression' || expression.type === 'UnaryExpression') {
    return isCall(expression.argument);
  }
  if (expression.type === 'ChainExpression') return isCall(expression.expression);
  return expression.type === 'CallExpression';
}

function methodChanges({ property }: Node, parents: readonly Node[]): Change[] {
  if (!isNode(property) || parents.at(-1)?.type !== 'CallExpression') return [];
  const replacement = METHODS[String(property.name)];
  return replacement === undefined
    ? []
    : [{ start: property.start, end: property.end, replacement }];
}
