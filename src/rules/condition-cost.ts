// No I/O, no clock.
import type { ASTNode } from '@marcbachmann/cel-js';
import { CHARACTERS_PER_STEP, type Loop, type SessionSizes, type Source } from './session-sizes.ts';

interface Scope {
  readonly names: ReadonlyMap<string, readonly Source[]>;
  readonly loop: Loop | undefined;
}

/** Returns the steps that one evaluation takes beyond one walk of the session, given the session's sizes. */
export type CostTerm = (sizes: SessionSizes) => number;

export const LOOPS: ReadonlySet<string> = new Set(['all', 'exists', 'exists_one', 'map', 'filter']);
/** Functions that search one text in another. At worst they take the product of both lengths. */
const SEARCHES: ReadonlySet<string> = new Set(['contains', 'indexOf', 'lastIndexOf', 'split']);
const COMPARISONS: ReadonlySet<string> = new Set(['in', '==', '!=', '<', '<=', '>', '>=']);
/** The steps that one failure takes. Each failing item makes an error with a message and a stack. */
const STEPS_OF_FAILURE = 200;

/**
 * Finds the operations of a condition that can take more steps than one walk of the session: an operation inside a loop
 * on a part of the session that is not the loop's own item; a search for one text of the session in another; failures
 * of a loop that goes on after them. Loops cannot be nested, and every other operation walks its operands once.
 */
export function findCostTerms(ast: ASTNode): readonly CostTerm[] {
  const terms: CostTerm[] = [];
  const visit = (node: ASTNode, scope: Scope): readonly Source[] => {
    const place = placeOf(node, scope);
    if (place !== undefined) {
      for (const index of indexesOf(node)) visit(index, scope);
      return [place];
    }
    switch (node.op) {
      case 'id':
        return scope.names.get(node.args) ?? [];
      case 'call':
        if (node.args[0] === 'has') return [];
        break;
      case 'rcall': {
        const [name, , parameters] = node.args;
        if (LOOPS.has(name)) return visitLoop(node.args, scope);
        if (name === 'bind') return visitBinding(parameters, scope);
        break;
      }
    }
    const operands = childrenOf(node);
    const sources = operands.map((operand) => visit(operand, scope));
    terms.push(...termsOf(node, sources, scope));
    return COMPARISONS.has(node.op) ? [] : sources.flat();
  };
  const visitLoop = (
    [name, receiver, parameters]: Extract<ASTNode, { op: 'rcall' }>['args'],
    scope: Scope,
  ) => {
    const range = visit(receiver, scope);
    const [item, ...bodies] = parameters;
    const items = range.map((source) => ({ ...source, isItem: true }));
    const counted = countedOf(receiver, scope);
    const loop = {
      range: counted === undefined ? range : [counted],
      isOfItems: counted !== undefined,
    };
    const inner = { names: withName(scope.names, item, items), loop };
    // The other loops end at the first failure.
    if (name === 'all' || name === 'exists')
      terms.push(...bodies.map((body) => failureTerm(body, inner, loop)));
    const found = bodies.flatMap((body) => visit(body, inner));
    return name === 'map' ? [...range, ...found] : range;
  };
  const visitBinding = ([name, value, body]: readonly ASTNode[], scope: Scope) => {
    if (value === undefined || body === undefined) return [];
    return visit(body, { ...scope, names: withName(scope.names, name, visit(value, scope)) });
  };
  visit(ast, { names: new Map([['session', [{ path: [], isItem: false }]]]), loop: undefined });
  return terms;
}

/** Returns the part of the session whose items a range has: directly, or through `filter` and `map`. */
function countedOf(range: ASTNode, scope: Scope): Source | undefined {
  if (range.op !== 'rcall') return placeOf(range, scope);
  const [name, receiver] = range.args;
  return name === 'filter' || name === 'map' ? countedOf(receiver, scope) : undefined;
}

function failureTerm(body: ASTNode, scope: Scope, loop: Loop): CostTerm {
  const needed: Source[] = [];
  const fails = mayFail(body, scope, needed);
  return (sizes) =>
    fails || needed.some((source) => !sizes.has(source)) ? sizes.items(loop) * STEPS_OF_FAILURE : 0;
}

/**
 * Returns whether an item of an unexpected form makes the body fail. Comparing for equality never fails. A part of the
 * session fails for each item when the session does not have it: such parts are added to `needed`.
 */
function mayFail(node: ASTNode, scope: Scope, needed: Source[]): boolean {
  const place = placeOf(node, scope);
  if (place !== undefined && !place.isItem && !place.isWithin) {
    needed.push(place);
    return false;
  }
  const children = childrenOf(node);
  const anyFails = () => children.filter((child) => mayFail(child, scope, needed)).length > 0;
  switch (node.op) {
    case 'id':
    case 'value':
      return false;
    case '==':
    case '!=':
      return anyFails();
    case '&&':
    case '||':
    case '!_':
      return children.some(({ op }) => op === 'id') || anyFails();
    default:
      return true;
  }
}

function termsOf(
  node: ASTNode,
  operands: readonly (readonly Source[])[],
  { loop }: Scope,
): CostTerm[] {
  const [first = [], second = []] = operands;
  if (node.op === 'in') return [membershipTerm(first, second, isPlace(node.args[1]), loop)];
  const outside = operands.flat().filter(({ isItem }) => !isItem);
  const terms: CostTerm[] = [];
  if (node.op === 'rcall' && SEARCHES.has(node.args[0]) && second.length > 0) {
    const isOfItem = outside.length < first.length + second.length;
    terms.push((sizes) => {
      const product = sizes.characters(first) * sizes.characters(second);
      const times = loop === undefined || isOfItem ? 1 : sizes.items(loop);
      return (times * product) / CHARACTERS_PER_STEP;
    });
  }
  if (loop !== undefined && outside.length > 0 && isWalk(node)) {
    terms.push((sizes) => sizes.items(loop) * sizes.steps(outside));
  }
  return terms;
}

/** Returns the cost of `in`. Each value is compared with each item of the list, and member by member if it has any. */
function membershipTerm(
  value: readonly Source[],
  list: readonly Source[],
  isPlaceOfList: boolean,
  loop: Loop | undefined,
): CostTerm {
  const isOfItem = [...value, ...list].some(({ isItem }) => isItem);
  return (sizes) => {
    const inList = sizes.steps(list, isPlaceOfList);
    const ofValue = sizes.steps(value);
    if (loop === undefined) return ofValue * inList;
    const items = sizes.items(loop);
    // The sizes of an item are those of all items together.
    if (!isOfItem) return items * (1 + ofValue) * inList;
    return list.some(({ isItem }) => isItem) ? ofValue * inList : Math.max(items, ofValue) * inList;
  };
}

/** Returns whether an operation reads its operands whole: comparisons, calls and `+`. */
function isWalk({ op }: ASTNode): boolean {
  return COMPARISONS.has(op) || op === 'call' || op === 'rcall' || op === '+';
}

/**
 * Returns the part of the session that `session.a["b"]` names. For `session.a[0].c` or `session.a[x]` it is the part that
 * holds the value, `session.a`, with `isWithin` set.
 */
function placeOf(node: ASTNode, { names }: Scope): Source | undefined {
  if (node.op === 'id') {
    const [only, ...others] = names.get(node.args) ?? [];
    return only !== undefined && others.length === 0 ? only : undefined;
  }
  if (node.op !== '.' && node.op !== '[]') return undefined;
  const [object, member] = node.args;
  const within = placeOf(object, { names, loop: undefined });
  const name =
    typeof member === 'string' ? member : member.op === 'value' ? member.args : undefined;
  if (within === undefined || within.isItem) return within;
  if (within.isWithin || typeof name !== 'string') return { ...within, isWithin: true };
  return { path: [...within.path, name], isItem: false };
}

function isPlace(node: ASTNode): boolean {
  return node.op === 'id' || ((node.op === '.' || node.op === '[]') && isPlace(node.args[0]));
}

/** Returns the expressions in the brackets of a place. */
function indexesOf(node: ASTNode): ASTNode[] {
  if (node.op !== '.' && node.op !== '[]') return [];
  const [object, member] = node.args;
  return [...indexesOf(object), ...(typeof member === 'string' ? [] : [member])];
}

function childrenOf(node: ASTNode): ASTNode[] {
  const found: ASTNode[] = [];
  const collect = (part: unknown): void => {
    if (Array.isArray(part)) part.forEach(collect);
    else if (isNode(part)) found.push(part);
  };
  collect(node.args);
  return found;
}

export function isNode(value: unknown): value is ASTNode {
  return typeof value === 'object' && value !== null && 'op' in value && 'args' in value;
}

function withName(
  names: Scope['names'],
  node: ASTNode | undefined,
  sources: readonly Source[],
): Scope['names'] {
  return node?.op === 'id' ? new Map([...names, [node.args, sources]]) : names;
}
