// Pure: no I/O, no clock.
import type { JsonObject, JsonValue } from '../../session/session.ts';

interface CommonMembers {
  readonly id: string;
  readonly zone_id: string;
  readonly organization_id: string;
  readonly status: 'active' | 'expired' | 'revoked';
  readonly authenticated_at: string;
  readonly created_at: string;
  readonly expires_at: string;
  readonly updated_at: string;
  readonly issuer: string;
  readonly provider_id: string;
  readonly subject: string;
  /** Everything else Keycard sent, deprecated members and those of tomorrow included. */
  readonly [member: string]: JsonValue;
}

/** A person's session. */
export interface KeycardUserSession extends CommonMembers {
  readonly session_type: 'user';
  readonly user_id: string;
  /** The session it was derived from, by refresh or delegation; `null` for a web session. */
  readonly parent_id: string | null;
}

/** An application's own session: never derived, and nothing is derived from it. */
export interface KeycardApplicationSession extends CommonMembers {
  readonly session_type: 'application';
  readonly application_id: string;
}

/** Keycard's `SessionUnion` (`api/openapi.yaml`), told apart by `session_type`. */
export type KeycardSession = KeycardUserSession | KeycardApplicationSession;

const COMMON_TEXTS = [
  'id',
  'zone_id',
  'organization_id',
  'authenticated_at',
  'created_at',
  'expires_at',
  'updated_at',
  'issuer',
  'provider_id',
  'subject',
];
const STATUSES: readonly unknown[] = ['active', 'expired', 'revoked'];

/** The session a JSON value is, with every member it came with; `undefined` when it is none. */
export function readKeycardSession(value: JsonValue | undefined): KeycardSession | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const document = value as JsonObject; // the one kind of JSON value that is left
  const isCommon =
    COMMON_TEXTS.every((name) => isText(document[name])) && STATUSES.includes(document.status);
  if (!isCommon) return undefined;
  // The casts say what has just been looked at, member by member.
  switch (document.session_type) {
    case 'user':
      return isText(document.user_id) && isTextOrNull(document.parent_id ?? null)
        ? ({ ...document, parent_id: document.parent_id ?? null } as unknown as KeycardUserSession)
        : undefined;
    case 'application':
      return isText(document.application_id)
        ? (document as unknown as KeycardApplicationSession)
        : undefined;
    default:
      return undefined;
  }
}

/** One page of `GET /zones/{zoneId}/sessions`. */
export interface KeycardSessionPage {
  readonly sessions: readonly KeycardSession[];
  /** `null`: this was the last. */
  readonly afterCursor: string | null;
}

/** The sessions on a page; entries of an unknown kind are left out, and the older `page_info` is read too. */
export function readKeycardPage(document: JsonObject): KeycardSessionPage | undefined {
  if (!Array.isArray(document.items)) return undefined;
  const sessions = document.items.flatMap((item) => readKeycardSession(item) ?? []);
  const paging = asObject(document.pagination) ?? asObject(document.page_info) ?? {};
  const cursor = paging.after_cursor ?? paging.end_cursor ?? null;
  const isLast = paging.has_next_page === false || !isText(cursor);
  return { sessions, afterCursor: isLast ? null : cursor };
}

/** The ids of all sessions derived from one, however far down. */
export function descendantIds(rootId: string, sessions: readonly KeycardSession[]): string[] {
  const found = new Set([rootId]);
  for (let known = 0; known !== found.size; ) {
    known = found.size;
    for (const session of sessions) {
      if (session.session_type !== 'user' || session.parent_id === null) continue;
      if (found.has(session.parent_id)) found.add(session.id);
    }
  }
  found.delete(rootId);
  return [...found];
}

function isText(value: JsonValue | undefined): value is string {
  return typeof value === 'string' && value !== '';
}

function isTextOrNull(value: JsonValue): value is string | null {
  return value === null || isText(value);
}

function asObject(value: JsonValue | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonObject)
    : undefined; // see above
}
