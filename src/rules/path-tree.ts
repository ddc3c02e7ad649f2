// Pure: no I/O, no clock.
import type { PathPattern, Segment } from './path-pattern.ts';

/** A node of the tree: the patterns that begin with the same segments. */
interface Node {
  readonly literals: Map<string, Node>;
  /** The length of the longest of `literals`. A longer segment matches none of them and is not hashed. */
  longestLiteral: number;
  anyOne: Node | undefined;
  /** Indexes of the patterns whose `*` begins here. */
  readonly anyRest: number[];
  /** Indexes of the patterns that end here. */
  readonly ends: number[];
}

/**
 * A tree of segments that holds many path patterns. One walk along a path serves all patterns, and it stops as soon as
 * no pattern matches any more. So the cost of a request does not grow with the number of rules or the length of its
 * path.
 */
export class PathTree {
  readonly #root = createNode();

  constructor(patterns: readonly PathPattern[]) {
    for (const [place, { segments }] of patterns.entries()) this.#add(segments, place);
  }

  /** Returns the indexes of the patterns that match the segments of a decoded path, in no order. */
  find(segments: Iterable<string>): readonly number[] {
    const found: number[] = [];
    let nodes = [this.#root];
    for (const segment of segments) {
      for (const { anyRest } of nodes) found.push(...anyRest);
      nodes = nodesAfter(nodes, segment);
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

function nodesAfter(nodes: readonly Node[], segment: string): Node[] {
  const after: Node[] = [];
  for (const { longestLiteral, literals, anyOne } of nodes) {
    const literal = segment.length > longestLiteral ? undefined : literals.get(segment);
    if (literal !== undefined) after.push(literal);
    if (anyOne !== undefined && segment !== '') after.push(anyOne);
  }
  return after;
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
