import { CallLog } from '../../recording/src/call-log.ts';

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
  issuer: string;
  metadata: { name: string };
  provider_id: string;
  session_data: Record<string, unknown>;
  subject: string;
  application_id: string;
}

/** A person's session: an entry session when it has no parent, else derived from it. */
export interface UserSession extends CommonMembers {
  session_type: 'user';
  user_id: string;
  parent_id: string | null;
  user_agent_id: string | null;
}

/** An application's own session; never derived. */
export interface ApplicationSession extends CommonMembers {
  session_type: 'application';
}

export type Session = UserSession | ApplicationSession;

/** An answer in place of the real one, by exact `METHOD /path`. */
export interface CannedAnswer {
  status: number;
  body?: unknown;
  headers?: Record<string, string>;
}

export interface Settings {
  answers: Record<string, CannedAnswer>;
  delayMs: number;
  /** `expires_in` of service-account tokens. */
  tokenTtlSeconds: number;
}

export const DEFAULT_SETTINGS: Settings = { answers: {}, delayMs: 0, tokenTtlSeconds: 3600 };

/** Parameters that the client credentials grant accepts. */
export const CLIENT_ID = 'postern';
export const CLIENT_SECRET = 'standin-client-secret';

/** Everything the stand-in knows, in the isolate's memory. Sessions are in the order they were made. */
export const store = {
  settings: DEFAULT_SETTINGS,
  calls: new CallLog(),
  sessions: new Map<string, Session>(),
  /** Bearers that are accepted. */
  bearers: new Set<string>(),
};

/** A bearer in the form Keycard's have, three segments; what they say is not looked at here. */
export function issueBearer(): string {
  const segment = () => btoa(crypto.randomUUID()).replace(/=/g, '');
  const bearer = `${segment()}.${segment()}.${segment()}`;
  store.bearers.add(bearer);
  return bearer;
}

/** Revoking a parent ends what was derived from it. */
export function revoke(session: Session): void {
  session.status = 'revoked';
  session.active = false;
  session.updated_at = new Date().toISOString();
  for (const other of store.sessions.values()) {
    if (other.session_type === 'user' && other.parent_id === session.id) revoke(other);
  }
}
