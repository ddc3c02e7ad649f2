/** A change of sessions as a client makes it at the HTTP door, and who is then to be refused. */

import type { KnownSession } from '../gateway/session-changes/site.ts';
import type { Deployment } from './deployment.ts';

/** A credential, or a fact about a session, that is to be gone after the change. */
export interface Subject {
  readonly kind: 'session' | 'token';
  readonly headers: Readonly<Record<string, string>>;
  /** Whether a 200 with this body still tells what was before the change. @default always */
  readonly isOld?: (body: unknown) => boolean;
}

/** One change, prepared: everything that happens before its request has happened. */
export interface Revocation {
  readonly ends: readonly Subject[];
  /** Subjects that must still be served. */
  readonly spares?: readonly Subject[];
  /** Sends the request; after a failure once more, as the client of this route would. */
  send(isolate: number, attempt: number): Promise<Response>;
  /** Answers besides those below 400 that mean success, such as 422 for a script that is redirected. */
  readonly alsoDone?: readonly number[];
  /** The same of a retry, such as 404 for what is gone. */
  readonly doneAgain?: readonly number[];
}

/** A way to change sessions. */
export interface Door {
  readonly name: string;
  /** The route as the list of routes has it; a receiver of events is none. */
  readonly route?: string;
  /** Whether the revocation concerns all people, so that no other change can be observed meanwhile. */
  readonly isForAll?: boolean;
  prepare(deployment: Deployment): Promise<Revocation>;
}

/** A session as its client shows it, in one of the three ways, and its JWT. */
export function subjectsOf(session: KnownSession): Subject[] {
  return [opaque(session), tokenOf(session)];
}

export function tokenOf({ jwt }: KnownSession): Subject {
  return { kind: 'token', headers: { authorization: `Bearer ${jwt}` } };
}

/** The carrier follows from the id, and so differs between sessions. */
export function opaque({ id, token, cookie }: KnownSession): Subject {
  const ways = [{ 'x-session-token': token }, { cookie }, { authorization: `Bearer ${token}` }];
  const headers = ways[Number.parseInt(id.slice(0, 8), 16) % ways.length] ?? { cookie };
  return { kind: 'session', headers };
}

/** Two sessions of one person. */
export async function twoOf(deployment: Deployment) {
  const other = await deployment.signIn();
  const caller = await deployment.signIn({ identityId: other.identityId });
  return { caller, other, identityId: other.identityId };
}

export function json(
  method: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): RequestInit {
  return {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  };
}
