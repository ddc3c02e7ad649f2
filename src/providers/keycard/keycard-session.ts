// Pure: no I/O, no clock.
import { isObject, type JsonObject, type JsonValue, textOf } from '../../runtime/json.ts';
import { canonicalId } from '../../session/uuid.ts';

/**
 * The members of a Keycard session that Postern reads (`Session` of `types/zones/session.py` in `keycardai-api`). Of a
 * user session only `session_type` and `user_id` are required. Every other member may be absent, `id` included.
 */
export interface KeycardSession {
  readonly id: string | undefined;
  /** The session from which this one was derived; `null` for a web session; `undefined` if the document does not say. */
  readonly parentId: string | null | undefined;
  /** `undefined` for an application's own session. */
  readonly userId: string | undefined;
  /** Every name by which the `sub` of a token may mean the user or application of the session. */
  readonly names: readonly string[];
  /** The application that initiated a user's session; `undefined` if the document does not say. */
  readonly applicationId: string | undefined;
  /** `undefined` if the document does not say. */
  readonly isActive: boolean | undefined;
}

/** Reads a session from a JSON value; `undefined` when the value is no object. Unknown members are left out. */
export function readKeycardSession(value: JsonValue | undefined): KeycardSession | undefined {
  if (!isObject(value)) return undefined;
  const isApplications = value.session_type === 'application';
  const applicationId = idOf(value.application_id);
  const userId = isApplications ? undefined : idOf(value.user_id);
  return {
    id: idOf(value.id),
    parentId: value.parent_id === null ? null : idOf(value.parent_id),
    userId,
    names: [isApplications ? applicationId : userId, ...namesAtProvider(value)].filter(isText),
    // The tokens of an application's own session name the application as their subject.
    applicationId: isApplications ? undefined : applicationId,
    isActive: isActive(value),
  };
}

/** The user's other names: at their identity provider, and the `identifier` that a zone may take from a claim of it. */
function namesAtProvider({ subject, user, session_data: claims }: JsonObject) {
  const shown = isObject(user) ? user : {};
  const named = textOf(subject) ?? textOf(shown.subject);
  return [named ?? (isObject(claims) ? textOf(claims.sub) : undefined), textOf(shown.identifier)];
}

function isActive({ status, active }: JsonObject): boolean | undefined {
  if (typeof status === 'string') return status === 'active';
  return typeof active === 'boolean' ? active : undefined;
}

function isText(value: string | undefined): value is string {
  return value !== undefined;
}

function idOf(value: JsonValue | undefined): string | undefined {
  const text = textOf(value);
  return text === undefined ? undefined : canonicalId(text);
}

/** One page of `GET /zones/{zoneId}/sessions`. */
export interface KeycardSessionPage {
  readonly sessions: readonly KeycardSession[];
  /** `null` on the last page. */
  readonly afterCursor: string | null;
}

/** Reads the sessions on a page. Items that are no objects are left out. The older `page_info` is read too. */
export function readKeycardPage(document: JsonObject): KeycardSessionPage | undefined {
  if (!Array.isArray(document.items)) return undefined;
  const sessions = document.items.flatMap((item) => readKeycardSession(item) ?? []);
  const { pagination, page_info: pageInfo } = document;
  const paging = [pagination, pageInfo].find(isObject) ?? {};
  const cursor = textOf(paging.after_cursor) ?? textOf(paging.end_cursor);
  const isLast = paging.has_next_page === false || cursor === undefined;
  return { sessions, afterCursor: isLast ? null : cursor };
}
