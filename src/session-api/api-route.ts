import type { errorResponse } from '../errors/error-response.ts';
import type { Reason } from '../errors/reasons.ts';
import { failed, type Result } from '../errors/result.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import type { Parameter, Routes } from '../http/routes.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import type { Anchor } from '../whoami/single-flight.ts';
import type { crossOrigin } from './cross-origin.ts';

/** One request, its target admitted. */
export interface ApiVisit {
  readonly request: Request;
  readonly target: AdmittedTarget;
  readonly anchor: Anchor;
}

/** One request to a route of the session API. */
export interface ApiCall extends ApiVisit {
  readonly parameter: Parameter;
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

/** Puts a path of the session API among the routes: its methods, its errors in one shape, one log line each. */
export function addApiRoute(
  routes: Routes<ApiVisit>,
  path: string,
  methods: ApiMethods,
  options: ApiRouteOptions,
): void {
  const handle = async (visit: ApiVisit, parameter: Parameter) => {
    const startedAt = options.now();
    const { target } = visit;
    const answer = await dispatch({ ...visit, parameter }, methods);
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
    return response;
  };
  routes.all(path, options.shared(handle));
}

function dispatch(call: ApiCall, methods: ApiMethods): Promise<ApiAnswer> | ApiAnswer {
  const { method } = call.target;
  const named = method === 'HEAD' ? 'GET' : method;
  const handler = Object.entries(methods).find(([name]) => name === named)?.[1];
  return handler === undefined ? failed('method_not_allowed') : handler(call);
}

function allowedMethods(methods: ApiMethods): string[] {
  return Object.keys(methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
}

function outcomeOf(answer: ApiAnswer, status: number): 'pass' | 'deny' | 'refuse' | 'fault' {
  if (answer.ok) return status >= 500 ? 'fault' : 'pass';
  if (status >= 500) return 'fault';
  return status === 401 || status === 403 ? 'deny' : 'refuse';
}
