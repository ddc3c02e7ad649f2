import { CallLog } from '../../recording/src/call-log.ts';

/**
 * The members that both kinds of session have (`types/zones/session.py` of `keycardai-api`). Required of every session is
 * `session_type`. See `session-document.ts` for the others.
 */
interface CommonMembers {
  id: string;
  zone_id: string;
  organization_id: string;
  active: boolean;
  status: 'active' | 'expired' | 'revoked';
  authenticated_at: string;
  created_at: string;
  updated_at: string;
  expires_at: string;
  /** The identity provider's issuer, and the name of the user or application there. */
  issuer: string;
  subject: string;
  metadata: { name: string };
  provider_id: string;
  session_data: Record<string, unknown>;
}

/** A person's session: a web session when it has no parent, else derived from it. */
export interface UserSession extends CommonMembers {
  session_type: 'user';
  user_id: string;
  parent_id: string | null;
  /** The initiator of the session: an application, a user agent, or neither. */
  application_id: string | null;
  user_agent_id: string | null;
}

/** An application's own session; never derived. */
export interface ApplicationSession extends CommonMembers {
  session_type: 'application';
  application_id: string;
}

export type Session = UserSession | ApplicationSession;

/** A session with what only the stand-in knows. */
export interface KeptSession {
  /** 1 for the first session. Lists have this order. */
  readonly number: number;
  readonly members: Session;
  /** The members that the test named: every answer shows them. */
  readonly named: ReadonlySet<string>;
}

/** The zone and the rights of a bearer. */
export interface BearerScope {
  /** `null`: all zones of the organization, as a service account has them. */
  readonly zoneId: string | null;
  readonly access: 'read' | 'write';
}

/** An answer in place of the real one, by exact `METHOD /path`. */
export interface CannedAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
  /** The number of requests that get this answer; every request without it. */
  times?: number;
}

/** Documents that answers can carry beside the ids. The SDKs call these members deprecated. */
export type Expansion = 'application' | 'user' | 'user_agent';

export interface Settings {
  answers: Record<string, CannedAnswer>;
  delayMs: number;
  /** `expires_in` of service-account tokens. */
  tokenTtlSeconds: number;
  /**
   * The optional members that answers show. `alternating`: each member in every second session, by the session's number,
   * and those that the test named. `present`: all. `absent`: none.
   */
  optional: 'alternating' | 'present' | 'absent';
  /** The documents that answers carry. */
  expand: Expansion[];
  /** The most sessions on a page, if that is less than a request asks for. */
  pageLimit: number;
  /** The answer to `PATCH` of a session that is revoked already: a 409, or the session once more. */
  revokedAgain: 'conflict' | 'session';
}

export const DEFAULT_SETTINGS: Settings = {
  answers: {},
  delayMs: 0,
  tokenTtlSeconds: 3600,
  optional: 'alternating',
  expand: [],
  pageLimit: 100,
  revokedAgain: 'conflict',
};

/** Parameters that the client credentials grant accepts. */
export const CLIENT_ID = 'postern';
export const CLIENT_SECRET = 'standin-client-secret';

/** Everything the stand-in knows, in the isolate's memory. Sessions are in the order they were made. */
export const store = {
  settings: DEFAULT_SETTINGS,
  calls: new CallLog(),
  sessions: new Map<string, KeptSession>(),
  /** The number of the newest session. */
  newest: 0,
  /** Bearers that are accepted. */
  bearers: new Map<string, BearerScope>(),
};

/** A bearer in the form Keycard's have: a token of the zone or of the API. What its claims say is not looked at here. */
export function issueBearer(
  scope: BearerScope,
  claims: Readonly<Record<string, unknown>> = {},
): string {
  const segment = (text: string) =>
    btoa(text).replace(/[=+/]/g, (sign) => ({ '+': '-', '/': '_' })[sign] ?? '');
  const iss =
    scope.zoneId === null ? 'https://api.keycard.ai' : `https://${scope.zoneId}.keycard.cloud`;
  const payload = JSON.stringify({ iss, jti: crypto.randomUUID(), ...claims });
  const header = JSON.stringify({ alg: 'RS256', typ: 'at+jwt' });
  const bearer = [header, payload, crypto.randomUUID()].map(segment).join('.');
  store.bearers.set(bearer, scope);
  return bearer;
}

/** A bearer without any meaning to others. */
export function issueApiKey(scope: BearerScope): string {
  const key = `kc_${crypto.randomUUID()}`;
  store.bearers.set(key, scope);
  return key;
}

/** Revoking a parent ends what was derived from it. */
export function revoke({ members }: KeptSession): void {
  members.status = 'revoked';
  members.active = false;
  members.updated_at = new Date().toISOString();
  for (const other of store.sessions.values()) {
    if (parentOf(other.members) === members.id) revoke(other);
  }
}

/** The id of the session from which this one was derived. */
export function parentOf(session: Session): string | null {
  return session.session_type === 'user' ? session.parent_id : null;
}
