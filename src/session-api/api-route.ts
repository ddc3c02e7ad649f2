import type { Context } from 'hono';
import type { HonoBase } from 'hono/hono-base';
import type { errorResponse } from '../errors/error-response.ts';
import type { Reason } from '../errors/reasons.ts';
import type { Result } from '../errors/result.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import type { crossOrigin } from '../http/cross-origin.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import type { Anchor } from '../whoami/single-flight.ts';

/** One request to a route of the session API, its target admitted. */
export interface ApiCall {
  readonly request: Request;
  readonly target: AdmittedTarget;
  readonly anchor: Anchor;
  /** A named segment of the path, percent-decoded; empty when the route has none of that name. */
  parameter(name: string): string;
}

export type ApiAnswer = Result<Response, Reason>;

/** What a method of a path does. Never throws on account of the request or of the provider. */
export type ApiHandler = (call: ApiCall) => Promise<ApiAnswer>;

/** The methods of one path; every other method is refused before anybody is asked. */
export type ApiMethods = Readonly<Partial<Record<'GET' | 'POST' | 'PATCH' | 'DELETE', ApiHandler>>>;

export interface ApiRouteOptions {
  /** A reason in the provider's own error shape. */
  readonly errorShape: typeof errorResponse;
  /** Lets pages of other origins that may call read the answers. */
  readonly shared: ReturnType<typeof crossOrigin>;
  readonly log: DecisionLog;
  readonly now: () => number;
}

/** The routes' environment, as the gateway gives it. */
export interface ApiVisit {
  readonly target: AdmittedTarget;
  readonly anchor: Anchor;
}

type Routes = HonoBase<{ Bindings: ApiVisit }>;

/** Puts a path of the session API among the routes: its methods, its errors in one shape, one log line each. */
export function addApiRoute(
  routes: Routes,
  path: string,
  methods: ApiMethods,
  options: ApiRouteOptions,
): void {
  const handle = options.shared(async (_, context: Context<{ Bindings: ApiVisit }>) => {
    const startedAt = options.now();
    const { target } = context.env;
    const answer = await dispatch(context, methods);
    const response = answer.ok
      ? answer.value
      : options.errorShape(answer.failure, { allowedMethods: allowedMethods(methods) });
    const { status } = response;
    options.log(() => ({
      route: 'session-api',
      outcome: outcomeOf(answer, status),
      status,
      method: target.method,
      path: target.path,
      ...(!answer.ok && { reason: answer.failure }),
      durationMs: options.now() - startedAt,
    }));
    return target.method === 'HEAD' ? withoutBody(response) : response;
  });
  routes.all(path, (context) => handle(context.req.raw, context));
}

function dispatch(
  { req, env }: Context<{ Bindings: ApiVisit }>,
  methods: ApiMethods,
): Promise<ApiAnswer> | ApiAnswer {
  const { method } = env.target;
  const named = method === 'HEAD' ? 'GET' : method;
  const handler = Object.entries(methods).find(([name]) => name === named)?.[1];
  if (handler === undefined) return { ok: false, failure: 'method_not_allowed' };
  const parameter = (name: string) => req.param(name) ?? '';
  return handler({ request: req.raw, target: env.target, anchor: env.anchor, parameter });
}

function allowedMethods(methods: ApiMethods): string[] {
  return Object.keys(methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
}

function outcomeOf(answer: ApiAnswer, status: number): 'pass' | 'deny' | 'refuse' | 'fault' {
  if (answer.ok) return status >= 500 ? 'fault' : 'pass';
  if (status >= 500) return 'fault';
  return status === 401 || status === 403 ? 'deny' : 'refuse';
}

async function withoutBody(response: Response): Promise<Response> {
  await response.body?.cancel();
  return new Response(null, response);
}
