import type { AnySession, KratosSession } from './sessions.ts';

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
