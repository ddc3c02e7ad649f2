import { formatGoTime } from './go-json.ts';
import { type Identity, identityDocument, type JsonObject } from './identity.ts';
import { randomAlphanumeric } from './random-text.ts';

export type AssuranceLevel = 'aal1' | 'aal2';

export interface AuthenticationMethod {
  method: 'password' | 'totp';
  aal: AssuranceLevel;
  completedAt: number;
}

/** A row of Kratos's `sessions` table. Times are milliseconds since the epoch. */
export interface Session {
  id: string;
  token: string;
  logoutToken: string;
  identityId: string;
  /** The stored flag; whether the session is good is for `isActive` to say. */
  active: boolean;
  issuedAt: number;
  authenticatedAt: number;
  expiresAt: number;
  methods: AuthenticationMethod[];
  device: { id: string; ipAddress: string; userAgent: string; location: string };
}

export interface NewSession {
  identityId: string;
  expiresAt: number;
  methods: AuthenticationMethod[];
  token?: string;
}

/** Related rows that a session document includes; Kratos writes null for the others. */
export interface Expansion {
  identity: boolean;
  devices: boolean;
}

export const EXPAND_EVERYTHING: Expansion = { identity: true, devices: true };

/** A new active session. Tokens have Kratos's own prefixes and lengths (`session/session.go`). */
export function createSession(given: NewSession, request: Request, now: number): Session {
  return {
    id: crypto.randomUUID(),
    token: given.token ?? `ory_st_${randomAlphanumeric(32)}`,
    logoutToken: `ory_lo_${randomAlphanumeric(32)}`,
    identityId: given.identityId,
    active: true,
    issuedAt: now,
    authenticatedAt: now,
    expiresAt: given.expiresAt,
    methods: given.methods,
    device: readDevice(request),
  };
}

/** Stored flag, not expired, and the identity not disabled (`session/session.go` `IsActive`). */
export function isActive(session: Session, identity: Identity | undefined, now: number): boolean {
  return session.active && now < session.expiresAt && identity?.state === 'active';
}

export function assuranceLevel(session: Session): AssuranceLevel {
  return session.methods.some((method) => method.aal === 'aal2') ? 'aal2' : 'aal1';
}

/** The highest level the identity could reach with what it has enrolled. */
export function availableAssuranceLevel(identity: Identity): AssuranceLevel {
  return identity.totp ? 'aal2' : 'aal1';
}

export interface SessionDocumentOptions {
  publicUrl: string;
  now: number;
  expand?: Expansion;
}

/** The session as Kratos's API shows it, members in Kratos's order (`session/session.go`). */
export function sessionDocument(
  session: Session,
  identity: Identity,
  { publicUrl, now, expand = EXPAND_EVERYTHING }: SessionDocumentOptions,
): JsonObject {
  return {
    id: session.id,
    active: isActive(session, identity, now),
    expires_at: formatGoTime(session.expiresAt),
    authenticated_at: formatGoTime(session.authenticatedAt),
    authenticator_assurance_level: assuranceLevel(session),
    authentication_methods: session.methods.map(methodDocument),
    issued_at: formatGoTime(session.issuedAt),
    identity: expand.identity ? identityDocument(identity, publicUrl) : null,
    devices: expand.devices ? [deviceDocument(session.device)] : null,
  };
}

function methodDocument({ method, aal, completedAt }: AuthenticationMethod): JsonObject {
  return { method, aal, completed_at: formatGoTime(completedAt) };
}

function deviceDocument(device: Session['device']): JsonObject {
  return {
    id: device.id,
    ip_address: device.ipAddress,
    user_agent: device.userAgent,
    location: device.location,
  };
}

/** Kratos's own order of trust in client address headers (`oryx/httpx/client_info.go`). */
function readDevice({ headers }: Request): Session['device'] {
  const place = [headers.get('Cf-Ipcity'), headers.get('Cf-Ipcountry')];
  return {
    id: crypto.randomUUID(),
    ipAddress:
      headers.get('True-Client-IP') ??
      headers.get('Cf-Connecting-IP') ??
      headers.get('X-Real-IP') ??
      headers.get('X-Forwarded-For') ??
      '127.0.0.1',
    userAgent: headers.get('User-Agent') ?? '',
    location: place.filter(Boolean).join(', '),
  };
}
