import type { ErrorShape } from '../errors/error-response.ts';
import type { Reason } from '../errors/reasons.ts';
import type { InvalidPart } from '../http/invalid-part.ts';
import type { Parameter, RouteRequest, Routes } from '../http/routes.ts';
import type { DecisionLog } from '../observability/decision-log.ts';
import type { RetryHeaders } from '../providers/pass-through.ts';
import type { Awaitable } from '../runtime/awaitable.ts';
import { failed, type Result } from '../runtime/result.ts';
import type { WaitUntil } from '../runtime/single-flight.ts';
import type { ChangeMaker } from './change-maker.ts';
import type { crossOrigin } from './cross-origin.ts';
import type { SessionChange } from './session-change.ts';

/** One request to a route of the session API. */
export interface ApiCall extends RouteRequest {
  readonly parameter: Parameter;
}

/** A fault of a provider that says when to try again. */
export interface Postponed {
  readonly ok: false;
  readonly failure: Reason;
  readonly retry: RetryHeaders;
}

/** The answer to a call, or the reason for none. A refusal may name the part of the request that is not valid. */
export type ApiAnswer = Result<Response, Reason> | InvalidPart | Postponed;

/** A method that changes no session. It never throws because of the request or the provider's answer. */
export interface ApiRead {
  readonly kind: 'read';
  handle(call: ApiCall): Promise<ApiAnswer>;
}

/**
 * A method that may change sessions. `plan` describes the change, or answers the call without a change. `ChangeMaker`
 * makes the change.
 */
export interface ApiChange {
  readonly kind: 'change';
  plan(call: ApiCall): Promise<ApiPlan>;
}

export type ApiPlan =
  | { readonly kind: 'make'; readonly change: SessionChange }
  | { readonly kind: 'answer'; readonly answer: ApiAnswer };

/** The methods of one path. Every other method is refused before any provider is asked. Only GET may be a read. */
export interface ApiMethods {
  readonly GET?: ApiRead | ApiChange;
  readonly POST?: ApiChange;
  readonly PATCH?: ApiChange;
  readonly DELETE?: ApiChange;
}

export function read(handle: ApiRead['handle']): ApiRead {
  return { kind: 'read', handle };
}

export function change(plan: ApiChange['plan']): ApiChange {
  return { kind: 'change', plan };
}

export function make(planned: SessionChange): ApiPlan {
  return { kind: 'make', change: planned };
}

export function answerWith(answer: ApiAnswer): ApiPlan {
  return { kind: 'answer', answer };
}

export interface ApiRouteOptions {
  /** Makes the error response for a reason, in the provider's own error format. */
  readonly errorShape: ErrorShape;
  /** Lets pages of the allowed origins call the route and read its answers. */
  readonly shared: ReturnType<typeof crossOrigin>;
  readonly log: DecisionLog;
  readonly changes: Pick<ChangeMaker, 'make'>;
  /**
   * Returns whether the provider may be answering 401 only because it fails itself. `undefined` for a provider whose
   * status tells a failure from a refusal.
   */
  readonly mayBeFailing?: (waitUntil: WaitUntil) => Promise<boolean>;
  /** Moves the provider's URLs in an answer to the site; `undefined` if its answers name none, or are moved already. */
  readonly onSite?: (response: Response) => Awaitable<Response>;
  readonly now: () => number;
}

/** Adds a path of the session API to the routes. Its errors have one format, and each request writes one log line. */
export function addApiRoute(
  routes: Routes<RouteRequest>,
  path: string,
  methods: ApiMethods,
  options: ApiRouteOptions,
): void {
  const handle = async (received: RouteRequest, parameter: Parameter) => {
    const startedAt = options.now();
    const { target } = received;
    const given = await dispatch({ ...received, parameter }, methods, options);
    const isDoubtful = given.ok && isProviders401(given.value);
    const isFailing = isDoubtful && (await options.mayBeFailing?.(received.waitUntil));
    const answer = isFailing ? failed('store_unavailable' as const) : given;
    const response = answer.ok
      ? ((await options.onSite?.(answer.value)) ?? answer.value)
      : options.errorShape(answer.failure, {
          allowedMethods: allowedMethods(methods),
          ...('hint' in answer && { hint: answer.hint }),
        });
    if ('retry' in answer) setAll(response.headers, answer.retry);
    const { status } = response;
    options.log(received.request, () => ({
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
  routes.add(path, options.shared(handle));
}

function setAll(headers: Headers, values: RetryHeaders): void {
  for (const [name, value] of Object.entries(values)) headers.set(name, value);
}

async function dispatch(
  call: ApiCall,
  methods: ApiMethods,
  { changes }: ApiRouteOptions,
): Promise<ApiAnswer> {
  const { method } = call.target;
  const named = method === 'HEAD' ? 'GET' : method;
  const route: ApiRead | ApiChange | undefined = Object.entries(methods).find(
    ([name]) => name === named,
  )?.[1];
  if (route === undefined) return failed('method_not_allowed');
  if (route.kind === 'read') return route.handle(call);
  const plan = await route.plan(call);
  return plan.kind === 'make' ? changes.make(plan.change, call.waitUntil) : plan.answer;
}

/** Returns whether the provider refused the caller with 401. Postern's own 401 has a `Postern-Reason` header. */
function isProviders401({ status, headers }: Response): boolean {
  return status === 401 && !headers.has('postern-reason');
}

function allowedMethods(methods: ApiMethods): string[] {
  return Object.keys(methods).flatMap((name) => (name === 'GET' ? ['GET', 'HEAD'] : [name]));
}

function outcomeOf(answer: ApiAnswer, status: number): 'pass' | 'deny' | 'refuse' | 'fault' {
  if (answer.ok) return status >= 500 ? 'fault' : 'pass';
  if (status >= 500) return 'fault';
  return status === 401 || status === 403 ? 'deny' : 'refuse';
}
