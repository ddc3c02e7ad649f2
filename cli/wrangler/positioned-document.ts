// Pure: no I/O, no clock.
import { findNodeAtLocation, type ParseError, parseTree, printParseErrorCode } from 'jsonc-parser';
import {
  type AST,
  getStaticTOMLValue,
  parseTOML,
  ParseError as TomlError,
} from 'toml-eslint-parser';
import { failed, type Result, success } from '../../src/runtime/result.ts';

/** Names of members and indexes of items, from the document's root to a value. */
export type Path = readonly (string | number)[];

/** A place in a text; both numbers count from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

/** A TOML or JSON text as a value, with the position of each part. */
export interface PositionedDocument {
  readonly value: Readonly<Record<string, unknown>>;
  /** Returns the position of a value, or of the nearest part around it; `undefined` for the whole document. */
  positionOf(path: Path): Position | undefined;
}

/** A text that cannot be parsed. */
export interface SyntaxFault {
  readonly position: Position;
  readonly problem: string;
}

/**
 * Parses a text in TOML 1.1, the version that wrangler reads. A number that JavaScript cannot represent exactly is a fault, as in
 * wrangler.
 */
export function parseToml(text: string): Result<PositionedDocument, SyntaxFault> {
  try {
    const tree = parseTOML(text, { tomlVersion: '1.1' });
    const positions = new Map<string, Position>();
    for (const node of tree.body[0].body) addPositions(node, [], positions);
    const number = tree.tokens?.find(({ type, value }) => type === 'Integer' && !isExact(value));
    if (number !== undefined) {
      const position = { line: number.loc.start.line, column: number.loc.start.column + 1 };
      return failed({ position, problem: 'An integer beyond 2^53 cannot be represented exactly' });
    }
    return success({
      value: getStaticTOMLValue(tree),
      positionOf: (path) => nearest(path, positions),
    });
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const position = { line: error.lineNumber, column: error.column + 1 };
    return failed({ position, problem: error.message });
  }
}

/** Parses a JSON text with comments and commas after the last item. */
export function parseJsonc(text: string): Result<PositionedDocument, SyntaxFault> {
  const errors: ParseError[] = [];
  const root = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined || root?.type !== 'object') {
    const problem = first === undefined ? 'no object' : printParseErrorCode(first.error);
    return failed({ position: positionAt(text, first?.offset ?? 0), problem });
  }
  return success({
    value: jsonValueOf(root) as Record<string, unknown>, // the root is an object
    positionOf(path) {
      for (let length = path.length; length > 0; length -= 1) {
        const node = findNodeAtLocation(root, path.slice(0, length));
        if (node !== undefined) return positionAt(text, node.offset);
      }
      return undefined;
    },
  });
}

function addPositions(node: AST.TOMLNode, outer: Path, positions: Map<string, Position>): void {
  switch (node.type) {
    case 'TOMLTable': {
      mark(node.resolvedKey, node, positions);
      for (const each of node.body) addPositions(each, node.resolvedKey, positions);
      return;
    }
    case 'TOMLKeyValue': {
      const names = node.key.keys.map((key) => (key.type === 'TOMLBare' ? key.name : key.value));
      mark([...outer, ...names], node.value, positions);
      addPositions(node.value, [...outer, ...names], positions);
      return;
    }
    case 'TOMLInlineTable': {
      for (const each of node.body) addPositions(each, outer, positions);
      return;
    }
    case 'TOMLArray': {
      for (const [index, element] of node.elements.entries()) {
        mark([...outer, index], element, positions);
        addPositions(element, [...outer, index], positions);
      }
    }
  }
}

/** Notes where a path begins. A table that only its members imply begins at the first of them. */
function mark(path: Path, { loc }: AST.TOMLNode, positions: Map<string, Position>): void {
  const position = { line: loc.start.line, column: loc.start.column + 1 };
  for (let length = 1; length <= path.length; length += 1) {
    const name = JSON.stringify(path.slice(0, length));
    if (!positions.has(name)) positions.set(name, position);
  }
}

function nearest(path: Path, positions: ReadonlyMap<string, Position>): Position | undefined {
  for (let length = path.length; length > 0; length -= 1) {
    const position = positions.get(JSON.stringify(path.slice(0, length)));
    if (position !== undefined) return position;
  }
  return undefined;
}

function isExact(integer: string): boolean {
  return Number.isSafeInteger(Number(integer.replaceAll('_', '')));
}

function positionAt(text: string, offset: number): Position {
  const lines = text.slice(0, offset).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

/** Returns the value of a node. Only own members count, so that no name reaches a prototype. */
function jsonValueOf(node: NonNullable<ReturnType<typeof parseTree>>): unknown {
  const { type, children = [], value } = node;
  if (type === 'array') return children.map(jsonValueOf);
  if (type !== 'object') return value;
  return Object.fromEntries(
    children.map(({ children: [name, member] = [] }) => [
      String(name?.value),
      member && jsonValueOf(member),
    ]),
  );
}
