// Pure: no I/O, no clock.
import type { CpuProfile, ProfileNode } from './inspector.ts';

/** The share of busy time that a function took, alone and with all its callees. From 0 to 1. */
export interface FunctionShare {
  /** With the line it begins at in the bundle; one of the runtime's own with what called it. */
  readonly name: string;
  readonly self: number;
  readonly total: number;
}

/** By what each took itself, the most first. A function that calls itself is counted once. */
export function functionShares(profile: CpuProfile): FunctionShare[] {
  const { nodes } = profile;
  const own = ownMicros(profile);
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const self = new Map<string, number>();
  const total = new Map<string, number>();
  const add = (to: Map<string, number>, name: string, micros: number) =>
    to.set(name, (to.get(name) ?? 0) + micros);
  const visit = (node: ProfileNode, caller: string, callers: ReadonlySet<string>): number => {
    const name = nameOf(node, caller);
    const inside = new Set(callers).add(name);
    const children = (node.children ?? []).map((id) => byId.get(id)).filter((child) => child);
    const mine = own.get(node.id) ?? 0;
    const below = children.reduce(
      (sum, child) => sum + (child ? visit(child, name, inside) : 0),
      0,
    );
    add(self, name, mine);
    if (!callers.has(name)) add(total, name, mine + below);
    return mine + below;
  };
  const [root] = nodes;
  const busy = (root ? visit(root, '', new Set()) : 0) - (self.get(IDLE) ?? 0);
  return [...self]
    .filter(([name]) => name !== IDLE && name !== ROOT)
    .map(([name, micros]) => ({
      name,
      self: micros / busy,
      total: (total.get(name) ?? 0) / busy,
    }))
    .sort((a, b) => b.self - a.self);
}

const IDLE = '(idle)';
const ROOT = '(root)';
const WITHOUT_CALLER = new Set([IDLE, ROOT, '(program)', '(garbage collector)']);

function ownMicros({ samples, timeDeltas }: CpuProfile): Map<number, number> {
  const own = new Map<number, number>();
  for (const [index, node] of samples.entries()) {
    own.set(node, (own.get(node) ?? 0) + (timeDeltas[index] ?? 0));
  }
  return own;
}

function nameOf({ callFrame: { functionName, lineNumber } }: ProfileNode, caller: string): string {
  const name = functionName || '(anonymous)';
  if (lineNumber >= 0) return `${name}:${lineNumber + 1}`;
  return WITHOUT_CALLER.has(name) ? name : `${name} < ${caller}`;
}
