/** For Hono: the gate as a middleware, and requirements of single routes. */
import type { Context, MiddlewareHandler } from 'hono';
import {
  type Admission,
  createPostern,
  Postern,
  type PosternOptions,
  type RequestContext,
  type Requirement,
  type SessionRequirement,
} from './create-postern.ts';
import type { AnySession, KeycardSession, KratosSession } from './sessions.ts';

export type { KeycardSession, KratosSession, PosternOptions, SessionRequirement };

/** The variables of a context behind the gate. */
export interface PosternVariables<Session extends AnySession = KratosSession> {
  /** The proven session; `undefined` on paths that ask for none, and for anonymous requests where it is optional. */
  session: Session | undefined;
  /** The identity of the session. */
  identity: Session['identity'] | undefined;
  /** The reason why there is no session, such as `credential_missing`; `undefined` if none was looked for. */
  reason: string | undefined;
}

/** The variables of a context behind {@link requireSession}. */
export interface SessionVariables<Session extends AnySession = KratosSession> {
  /** The proven session. */
  session: Session;
  /** The identity of the session. */
  identity: Session['identity'];
}

/** Options of a middleware for single routes. */
export interface RouteOptions {
  /**
   * The Postern that finds the session.
   *
   * @default that of the middleware `postern()` in front of the route; without one, a Postern with the settings of the
   *   environment
   */
  readonly postern?: Postern<AnySession> | undefined;
}

/**
 * Puts the gate in front of every route: `app.use(postern())`, before all others. A path that no rule of `RULES` matches
 * requires a session. Postern's own routes (`/.postern/…`, `/sessions/whoami`, the session API) answer here too.
 *
 * It guards the paths that it is registered for, and nothing that the Worker answers without this app: static assets that
 * are served first, another entrypoint, a queue. In an app behind `app.mount()`, rules match the path without the mount's
 * beginning. A path that Hono reads otherwise than the gate, by an own `getPath`, is
 * refused.
 *
 * @param given settings and bindings, or a Postern that several apps share
 */
export function postern<Session extends AnySession = KratosSession>(
  given: PosternOptions | Postern<Session> = {},
): MiddlewareHandler<{ Variables: PosternVariables<Session> }> {
  const instance = given instanceof Postern ? given : createPostern<Session>(given);
  return function posternGate(context, next) {
    return answer(context, next, { instance });
  };
}

/**
 * Requires a session on a route, with the requirements of its options: `app.get('/admin', requireSession({ aal: 'aal2' }), …)`.
 * Other requests get the gate's answer: a redirect to sign in or to a second factor, 401 or 403.
 *
 * It guards the routes that it is registered for, and no other: all other paths stay open. Behind `postern()`, the
 * requirements of `RULES` hold as well. Without it, these options replace them.
 */
export function requireSession<Session extends AnySession = KratosSession>(
  options: SessionRequirement & RouteOptions = {},
): MiddlewareHandler<{ Variables: SessionVariables<Session> }> {
  const { postern: given, ...requirement } = options;
  const required = { ...requirement, session: 'required' } as const;
  return function posternSession(context, next) {
    return answer(context, next, { instance: given, requirement: required });
  };
}

/**
 * Finds the session of a request on a route, if there is one. Anonymous requests pass, and `c.var.reason` says why they
 * have no session. It guards nothing.
 */
export function optionalSession<Session extends AnySession = KratosSession>(
  options: RouteOptions & Pick<SessionRequirement, 'freshness'> = {},
): MiddlewareHandler<{ Variables: PosternVariables<Session> }> {
  const { postern: given, ...requirement } = options;
  const optional = { ...requirement, session: 'optional' } as const;
  return function posternOptionalSession(context, next) {
    return answer(context, next, { instance: given, requirement: optional });
  };
}

interface Terms {
  readonly instance: Postern<AnySession> | undefined;
  readonly requirement?: Requirement;
}

/** The admission of a request by a middleware, for those behind it. */
interface Admitted {
  readonly instance: Postern<AnySession>;
  readonly admission: Admission<AnySession>;
}
const admitted = new WeakMap<object, Admitted>();

let ofEnvironment: Postern<AnySession> | undefined;

async function answer(
  context: Context,
  next: () => Promise<void>,
  { instance, requirement }: Terms,
): Promise<Response | undefined> {
  const before = admitted.get(context);
  ofEnvironment ??= createPostern<AnySession>();
  const used = instance ?? before?.instance ?? ofEnvironment;
  const within = before?.admission;
  let isPassed = false;
  let isAnswered = false;
  const given = await used.middleware(
    context.req.raw,
    async (request, admission) => {
      isPassed = true;
      admitted.set(context, { instance: used, admission });
      context.req.raw = request;
      for (const name of ['session', 'identity', 'reason'] as const) {
        context.set(name, admission[name]);
      }
      await next();
      return isAnswered ? new Response() : context.res; // after ORIGIN_TIMEOUT_MS, 504 was the answer
    },
    {
      env: context.env,
      ctx: executionContext(context),
      requirement,
      within,
      path: context.req.path,
    },
  );
  isAnswered = true;
  if (!isPassed) return given;
  // Hono adds the headers of a response to the one that replaces it. The gate's answer has those that may stay.
  context.res = undefined;
  context.res = given;
  return undefined;
}

function executionContext(context: Context): RequestContext | undefined {
  try {
    return context.executionCtx;
  } catch {
    return undefined; // Hono throws where there is none, as in tests
  }
}
