// Pure: no I/O, no clock.
import { isObject, type JsonObject, type JsonValue, textOf } from '../../runtime/json.ts';

/**
 * The members of a Keycard session that Postern reads (`SessionUnion` of `api/openapi.yaml`). That schema requires the
 * members that tell the kinds apart and name the owner. Every other member is optional, `id` included.
 */
export type KeycardSession =
  | {
      readonly kind: 'user';
      readonly id: string | undefined;
      readonly userId: string;
      /** The person's name at their identity provider. */
      readonly subject: string | undefined;
      /** The session from which this one was derived, by refresh or delegation; `undefined` for a web session. */
      readonly parentId: string | undefined;
    }
  | {
      readonly kind: 'application';
      readonly id: string | undefined;
      readonly applicationId: string;
      readonly subject: string | undefined;
    };

/** Reads a session from a JSON value; `undefined` when the value is not a session. */
export function readKeycardSession(value: JsonValue | undefined): KeycardSession | undefined {
  const document = asObject(value);
  if (document === undefined) return undefined;
  const id = textOf(document.id);
  const subject = textOf(document.subject);
  const userId = textOf(document.user_id);
  const applicationId = textOf(document.application_id);
  switch (document.session_type) {
    case 'user': {
      const parentId = textOf(document.parent_id);
      return userId === undefined ? undefined : { kind: 'user', id, userId, subject, parentId };
    }
    case 'application':
      return applicationId === undefined
        ? undefined
        : { kind: 'application', id, applicationId, subject };
    default:
      return undefined;
  }
}

/** One page of `GET /zones/{zoneId}/sessions`. */
export interface KeycardSessionPage {
  readonly sessions: readonly KeycardSession[];
  /** `null` on the last page. */
  readonly afterCursor: string | null;
}

/** Reads the sessions on a page. Items of an unknown kind are left out. The older `page_info` is read too. */
export function readKeycardPage(document: JsonObject): KeycardSessionPage | undefined {
  if (!Array.isArray(document.items)) return undefined;
  const sessions = document.items.flatMap((item) => readKeycardSession(item) ?? []);
  const paging = asObject(document.pagination) ?? asObject(document.page_info) ?? {};
  const cursor = textOf(paging.after_cursor) ?? textOf(paging.end_cursor);
  const isLast = paging.has_next_page === false || cursor === undefined;
  return { sessions, afterCursor: isLast ? null : cursor };
}

/** Returns all sessions derived from one session, directly or through other sessions. */
export function descendantsOf(
  rootId: string,
  sessions: readonly KeycardSession[],
): KeycardSession[] {
  const byParent = new Map<string, KeycardSession[]>();
  for (const session of sessions) {
    if (session.kind !== 'user' || session.parentId === undefined) continue;
    byParent.set(session.parentId, [...(byParent.get(session.parentId) ?? []), session]);
  }
  const found = new Set<KeycardSession>();
  const open = [rootId];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    for (const child of byParent.get(id) ?? []) {
      if (found.has(child)) continue;
      found.add(child);
      if (child.id !== undefined) open.push(child.id);
    }
  }
  return [...found];
}

function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return isObject(value) ? value : undefined;
}
