// Pure: no I/O, no clock.
import type { PathPattern, Segment } from './path-pattern.ts';

/** The patterns that are alike up to one segment. */
interface Node {
  readonly literals: Map<string, Node>;
  /** Of `literals`: a longer segment is none of them, and need not be hashed. */
  longestLiteral: number;
  anyOne: Node | undefined;
  /** Places of the patterns that take whatever follows. */
  readonly anyRest: number[];
  /** Places of the patterns that end here. */
  readonly ends: number[];
}

/**
 * Many path patterns as one tree of segments. A path is walked along once for all of them, and no further than some
 * pattern still matches, so a request costs no more for the number of rules or for the length of its path.
 */
export class PathTree {
  readonly #root = createNode();

  constructor(patterns: readonly PathPattern[]) {
    for (const [place, { segments }] of patterns.entries()) this.#add(segments, place);
  }

  /** Returns the places of the patterns that match the segments of a decoded path, in no order. */
  find(segments: Iterable<string>): readonly number[] {
    const found: number[] = [];
    let nodes = [this.#root];
    for (const segment of segments) {
      for (const { anyRest } of nodes) found.push(...anyRest);
      nodes = nodes.flatMap((node) => nodesAfter(node, segment));
      if (nodes.length === 0) return found;
    }
    for (const { ends } of nodes) found.push(...ends);
    return found;
  }

  #add(segments: readonly Segment[], place: number): void {
    let node = this.#root;
    for (const segment of segments) {
      if (segment === 'any-rest') {
        node.anyRest.push(place);
        return;
      }
      node = segment === 'any-one' ? anyOneOf(node) : literalOf(node, segment.literal);
    }
    node.ends.push(place);
  }
}

function nodesAfter({ longestLiteral, literals, anyOne }: Node, segment: string): Node[] {
  const literal = segment.length > longestLiteral ? undefined : literals.get(segment);
  return [literal, segment === '' ? undefined : anyOne].filter((node) => node !== undefined);
}

function createNode(): Node {
  return { literals: new Map(), longestLiteral: -1, anyOne: undefined, anyRest: [], ends: [] };
}

function anyOneOf(node: Node): Node {
  node.anyOne ??= createNode();
  return node.anyOne;
}

function literalOf(node: Node, literal: string): Node {
  const known = node.literals.get(literal);
  if (known !== undefined) return known;
  const made = createNode();
  node.literals.set(literal, made);
  node.longestLiteral = Math.max(node.longestLiteral, literal.length);
  return made;
}
