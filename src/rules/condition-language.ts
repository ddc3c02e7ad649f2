/**
 * The condition language: CEL within the bounds that Postern sets. The Worker loads it on demand, as a separate module
 * with its own copy of every import. So it must not import modules that keep state. No I/O, no clock.
 */
import { type ASTNode, Environment, EvaluationError } from '@marcbachmann/cel-js';
import type { JsonObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { Condition, ConditionOutcome } from './condition.ts';
import { type CostTerm, findCostTerms, isNode, LOOPS } from './condition-cost.ts';
import { SessionSizes } from './session-sizes.ts';

/**
 * Bounds on one condition, so that it stays fast for a session of any size. They limit the steps for each item of a
 * list. A loop inside a loop is refused.
 */
const LIMITS = {
  maxAstNodes: 256,
  maxDepth: 32,
  maxListElements: 64,
  maxMapEntries: 32,
  maxCallArguments: 8,
};
const MAX_LOOPS = 4;
/**
 * The limit of an evaluation's steps that grow with the product of two sizes, such as `in` inside a loop: a search for
 * 700 items among 700. So many steps take about 10 ms.
 */
const MAX_STEPS = 500_000;

const environment = new Environment({ limits: LIMITS }).registerVariable('session', 'map');

/** Compiles a condition. The failure is a text for the operator that names what was expected. */
export function compileCondition(source: string): Result<Condition, string> {
  try {
    const program = environment.parse(source);
    const { ast } = program;
    const excess = findExcess(ast);
    if (excess !== undefined) return failed(excess);
    const checked = program.check();
    if (!checked.valid) return failed(`does not check: ${summaryOf(checked.error)}`);
    if (checked.type !== 'bool' && checked.type !== 'dyn') {
      return failed(`must be true or false, not a ${checked.type ?? 'value'}`);
    }
    const costs = findCostTerms(ast);
    return success({ source, evaluate: (session) => evaluate(program, costs, session) });
  } catch (error) {
    return failed(`is not CEL: ${summaryOf(error)}`);
  }
}

function evaluate(
  program: ReturnType<typeof environment.parse>,
  costs: readonly CostTerm[],
  session: JsonObject,
): ConditionOutcome {
  if (isTooCostly(costs, session)) return { kind: 'failed', detail: 'too_costly' };
  try {
    const value: unknown = program({ session });
    if (typeof value === 'boolean') return { kind: value ? 'met' : 'not-met' };
    return { kind: 'failed', detail: 'not_a_boolean' };
  } catch (error) {
    return { kind: 'failed', detail: describeFailure(error) };
  }
}

function isTooCostly(costs: readonly CostTerm[], session: JsonObject): boolean {
  if (costs.length === 0) return false;
  const sizes = new SessionSizes(session);
  return costs.reduce((steps, cost) => steps + cost(sizes), 0) > MAX_STEPS;
}

/** Returns the library's error code and the place in the condition. The library's message may quote the session. */
function describeFailure(error: unknown): string {
  if (!(error instanceof EvaluationError)) return 'evaluation_error';
  const { node } = error;
  if (node?.input === undefined) return error.code;
  return `${error.code} at "${node.input.slice(node.start, node.end)}"`;
}

/**
 * Returns the bound that a condition exceeds. `matches` is refused, because it would pass text of the session to a
 * backtracking engine (CEL asks for RE2, which is linear).
 */
function findExcess(ast: ASTNode): string | undefined {
  let loops = 0;
  const visit = (node: unknown, isInLoop: boolean): string | undefined => {
    if (Array.isArray(node)) {
      for (const each of node) {
        const excess = visit(each, isInLoop);
        if (excess !== undefined) return excess;
      }
      return undefined;
    }
    if (!isNode(node)) return undefined;
    const called = node.op === 'rcall' || node.op === 'call' ? node.args[0] : undefined;
    if (called === 'matches') return 'may not use matches(): use ==, in, startsWith, endsWith';
    const isLoop = node.op === 'rcall' && LOOPS.has(node.args[0]);
    if (isLoop && isInLoop) return 'may not have one of all, exists, map, filter inside another';
    loops += isLoop ? 1 : 0;
    if (loops > MAX_LOOPS) return `may have at most ${MAX_LOOPS} of all, exists, map, filter`;
    return visit(node.args, isInLoop || isLoop);
  };
  return visit(ast, false);
}

function summaryOf(error: unknown): string {
  return error instanceof Error && 'summary' in error ? String(error.summary) : 'syntax';
}
