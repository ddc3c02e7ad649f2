import type { Gateway } from '../app/gateway.ts';
import { readEnvironment } from '../app/read-environment.ts';
import { type RequireOf, readRequirement } from '../app/requirement.ts';
import { Gateways, refuseService } from '../app/start-gateway.ts';
import { errorResponse } from '../errors/error-response.ts';
import type { FetchSite, Passage } from '../forwarding/origin.ts';
import type { AdmittedTarget } from '../http/admit.ts';
import { routedPath } from '../http/routes.ts';
import { adapting, callSite } from './adapting.ts';
import type { PosternBindings, PosternName } from './bindings.ts';
import { keepForLater, type LaterAnswers, withLater } from './later-answers.ts';
import type { AnySession, KratosSession } from './sessions.ts';
import type { PosternSettings } from './settings.ts';
import { siteRequest } from './site-request.ts';
import { waitUntilOf } from './wait-until.ts';

/** The terms of a Postern in somebody's own Worker. */
export interface PosternOptions {
  /** Settings in code. They take the place of those in the environment. Give secrets in the environment. */
  readonly settings?: Partial<PosternSettings> | undefined;
  /** Bindings in code, such as a function in the place of a service binding. */
  readonly bindings?: PosternBindings | undefined;
  /**
   * The beginning of Postern's names in the environment: with `POSTERN_`, the setting `RULES` is `POSTERN_RULES`. Names
   * without it are the site's own.
   *
   * @default '' and every name that is no setting of Postern is the site's own, unless it is a misspelt one
   */
  readonly prefix?: string | undefined;
  /** The only settings and bindings that are read from the environment. All other names are the site's own. */
  readonly pick?: readonly PosternName[] | undefined;
}

/** The requirements of a route. Each is as the member of `RULES` with this name (docs/rules.md). */
export interface SessionRequirement {
  /** The lowest assurance level. A person below it is sent to prove a second factor. */
  readonly aal?: 'aal1' | 'aal2' | 'aal3' | undefined;
  /** A condition over the session in CEL, such as `"admin" in session.identity.metadata_public.roles`. */
  readonly allow?: string | undefined;
  /** The longest time since the person last proved who they are, such as `15m`. */
  readonly authenticatedWithin?: string | undefined;
  /** Scopes that the token must have, every one of them. */
  readonly scopes?: readonly string[] | undefined;
  /** `strict`: the store checks the session while the request waits. */
  readonly freshness?: 'normal' | 'strict' | undefined;
}

/** The person or program that a request is from, as far as the gate had to know. */
export interface Admission<Session extends AnySession = KratosSession> {
  /** The proven session; `undefined` on paths that ask for none, and for anonymous requests where it is optional. */
  readonly session: Session | undefined;
  /** The identity of the session. */
  readonly identity: Session['identity'] | undefined;
  /** The reason why there is no session, such as `credential_missing`; `undefined` if none was looked for. */
  readonly reason: string | undefined;
}

/** The context of a Worker's request. Outside of the platform it may be missing. */
export interface RequestContext {
  waitUntil(work: Promise<unknown>): void;
}

/** Whether a route needs a session, and which one. */
export interface Requirement extends SessionRequirement {
  readonly session: 'optional' | 'required';
}

/** A request that may pass, or the answer to one that may not. */
export type AuthorizedRequest<Session extends AnySession = KratosSession> =
  | (Admission<Session> & {
      readonly kind: 'pass';
      /** The request as the site gets it: with identity headers, without the credential. */
      readonly request: Request;
      /**
       * Returns the answer for the client: with the session's cookies, and with `Cache-Control: private, no-store`. Call
       * it within `ORIGIN_TIMEOUT_MS`; afterwards the answer is 504.
       */
      finish(response: Response): Promise<Response>;
    })
  | { readonly kind: 'answer'; readonly response: Response };

/** The session of a request. `cannot-tell`: it could not be found out, and `response` says why, with status and reason. */
export type SessionReading<Session extends AnySession = KratosSession> =
  | {
      readonly kind: 'signed-in';
      readonly session: Session;
      readonly identity: Session['identity'];
      /** Values of `Set-Cookie` for the client. A session that was renewed here is lost without them. */
      readonly cookies: readonly string[];
    }
  | {
      readonly kind: 'not-signed-in';
      readonly reason: string | undefined;
      /** Values of `Set-Cookie` that remove a credential of no more use from the client. */
      readonly cookies: readonly string[];
    }
  | { readonly kind: 'cannot-tell'; readonly response: Response };

/** The rest of the site, behind the gate. */
export type Next<Session extends AnySession> = (
  request: Request,
  admission: Admission<Session>,
) => Response | Promise<Response>;

/** The surroundings of a request. */
export interface RequestTerms {
  /** The Worker's environment. Postern keeps one gateway for each. */
  readonly env?: object | undefined;
  readonly ctx?: RequestContext | undefined;
}

/** The terms of a middleware for one request. */
export interface MiddlewareTerms extends RequestTerms {
  /** The requirements in the place of those of `RULES`. Postern's own routes do not answer then. */
  readonly requirement?: Requirement | undefined;
  /** The admission of the same request by a middleware in front of this one. */
  readonly within?: Admission<AnySession> | undefined;
  /** The path that the router read. A request whose admitted path differs is refused. */
  readonly path?: string | undefined;
}

/** A passed request as the client sent it. Its admission is the key. */
interface Passed {
  readonly request: Request;
  readonly target: AdmittedTarget;
  /** The answers of middlewares behind this one. */
  readonly later: LaterAnswers;
}
const passed = new WeakMap<object, Passed>();

/** The environment of requests that have none. */
const NO_ENVIRONMENT = {};

/** A gate in somebody's own Worker, by the code of the deployed one. Make it with {@link createPostern}. */
export class Postern<Session extends AnySession = KratosSession> {
  readonly #gateways: Gateways;
  readonly #requirements = new WeakMap<object, Promise<RequireOf | Gateway>>();

  constructor(options: PosternOptions = {}) {
    this.#gateways = new Gateways((environment) => readEnvironment(environment, options));
  }

  /**
   * Answers a request as the deployed Worker does. The site is the binding `ORIGIN` or at `ORIGIN_URL`. All paths are
   * guarded.
   */
  async fetch(request: Request, env?: object, ctx?: RequestContext): Promise<Response> {
    return (await this.#gateway(env, request)).fetch(request, waitUntilOf(ctx));
  }

  /**
   * Answers a request, with `next` as the site: the whole gate around one function. It guards the requests that it is
   * called for, so call it for all of them.
   */
  async middleware(
    request: Request,
    next: Next<Session>,
    { env, ctx, requirement, within, path }: MiddlewareTerms = {},
  ): Promise<Response> {
    const gateway = await this.#gateway(env, request);
    const waitUntil = waitUntilOf(ctx);
    const required = requirement && (await this.#required(requirement));
    if (typeof required === 'object') return required.fetch(request, waitUntil);
    const before = within && passed.get(within);
    if (before !== undefined)
      return this.#again(before, { request, next, required, gateway, waitUntil });
    const later: LaterAnswers = { isAny: false, cookies: [] };
    const fetchSite: FetchSite = async (input, init, passage) => {
      if (path !== undefined && path !== routedPath(passage.target.path)) {
        const refused = errorResponse('path_not_canonical');
        keepForLater(refused, later);
        return refused;
      }
      const admission = admissionOf<Session>(passage);
      passed.set(admission, { request, target: passage.target, later });
      return callSite(() => next(siteRequest(input, init, request), admission));
    };
    const adapt = adapting(fetchSite, required);
    const answer =
      required === undefined
        ? await gateway.fetch(request, waitUntil, adapt)
        : await gateway.guard(request, waitUntil, { adapt });
    return withLater(answer, later);
  }

  /** Judges a request: `pass` with the session, or the answer for the client. For plain fetch handlers and any router. */
  authorize(
    request: Request,
    env?: object,
    ctx?: RequestContext,
  ): Promise<AuthorizedRequest<Session>> {
    return new Promise((resolve, reject) => {
      const answer: Promise<Response> = this.middleware(
        request,
        (received, admission) =>
          new Promise((respond) => {
            const finish = (response: Response) => {
              respond(response);
              return answer;
            };
            resolve({ kind: 'pass', request: received, ...admission, finish });
          }),
        { env, ctx },
      );
      answer.then((response) => resolve({ kind: 'answer', response }), reject);
    });
  }

  /** Reads the session of a request, whatever `RULES` says about its path. It guards nothing. */
  async session(
    request: Request,
    env?: object,
    ctx?: RequestContext,
  ): Promise<SessionReading<Session>> {
    let found: Admission<Session> | undefined;
    const bodiless = new Request(request.url, { headers: request.headers });
    const response = await this.middleware(
      bodiless,
      (_, admission) => {
        found = admission;
        return new Response(null);
      },
      { env, ctx, requirement: OPTIONAL },
    );
    if (found === undefined) return { kind: 'cannot-tell', response };
    const { session, identity, reason } = found;
    const cookies = response.headers.getSetCookie();
    return session === undefined || identity === undefined
      ? { kind: 'not-signed-in', reason, cookies }
      : { kind: 'signed-in', session, identity, cookies };
  }

  async #gateway(env: object = NO_ENVIRONMENT, first: Request): Promise<Gateway> {
    return this.#gateways.started(env) ?? (await this.#gateways.start(env, first));
  }

  /** Returns the compiled requirement, or a gateway that refuses every request because it is wrong. */
  #required(requirement: Requirement): Promise<RequireOf | Gateway> {
    const known =
      this.#requirements.get(requirement) ??
      readRequirement(requirement).then((read) =>
        read.ok ? read.value : refuseService(read.failure),
      );
    this.#requirements.set(requirement, known);
    known.catch(() => this.#requirements.delete(requirement)); // the next request tries again
    return known;
  }

  /**
   * Judges a request that has passed the gate once more: by the credential that the client sent. The answer is the whole
   * gate's, so a stream or a WebSocket ends with the session that this judgement requires.
   */
  async #again(
    before: Passed,
    {
      request,
      next,
      required,
      gateway,
      waitUntil,
    }: {
      readonly request: Request;
      readonly next: Next<Session>;
      readonly required: RequireOf | undefined;
      readonly gateway: Gateway;
      readonly waitUntil: (work: Promise<unknown>) => void;
    },
  ): Promise<Response> {
    const { url, method, headers } = before.request;
    const asked = new Request(url, { method, headers });
    const fetchSite: FetchSite = (_input, _init, passage) => {
      const admission = admissionOf<Session>(passage);
      passed.set(admission, before);
      return callSite(() => next(request, admission));
    };
    const adapt = adapting(fetchSite, required);
    const answer = await gateway.guard(asked, waitUntil, { adapt, target: before.target });
    keepForLater(answer, before.later);
    return answer;
  }
}

const OPTIONAL: Requirement = { session: 'optional' };

/**
 * Makes a gate for a Worker of one's own. Without options, settings and bindings come from the environment under their
 * names (docs/configuration.md).
 */
export function createPostern<Session extends AnySession = KratosSession>(
  options?: PosternOptions,
): Postern<Session> {
  return new Postern<Session>(options);
}

function admissionOf<Session extends AnySession>({ session, reason }: Passage): Admission<Session> {
  // The document has the provider's own shape. The site names the providers that its settings allow.
  const document = session?.document as Session | undefined;
  return { session: document, identity: document?.identity, reason };
}
