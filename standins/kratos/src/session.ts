import { formatGoTime, formatGoTimeInMemory } from './go-json.ts';
import {
  type Identity,
  type IdentityShape,
  identityDocument,
  type JsonObject,
  WHOLE,
} from './identity.ts';
import { randomAlphanumeric } from './random-text.ts';

export type AssuranceLevel = 'aal1' | 'aal2';

export interface AuthenticationMethod {
  method: 'password' | 'totp' | 'code_recovery' | 'oidc';
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
  /** The time at which the row was written. Lists are ordered by it. */
  createdAt: number;
  issuedAt: number;
  authenticatedAt: number;
  expiresAt: number;
  methods: AuthenticationMethod[];
  device: Device;
  /** The device of a request that has just signed in again: shown in its answer, and not kept. */
  seenFrom?: Device;
}

export interface Device {
  id: string;
  ipAddress: string;
  userAgent: string | null;
  location: string;
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
    createdAt: now,
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
  shape?: IdentityShape;
  /** True if this request changed the session: its times then come from the clock. */
  isFresh?: boolean;
}

/** The session as Kratos's API shows it, members in Kratos's order (`session/session.go`). */
export function sessionDocument(
  session: Session,
  identity: Identity,
  { publicUrl, now, expand = EXPAND_EVERYTHING, shape = WHOLE, isFresh }: SessionDocumentOptions,
): JsonObject {
  const format = isFresh ? formatGoTimeInMemory : formatGoTime;
  return {
    id: session.id,
    active: isActive(session, identity, now),
    expires_at: format(session.expiresAt),
    authenticated_at: format(session.authenticatedAt),
    authenticator_assurance_level: assuranceLevel(session),
    authentication_methods: session.methods.map(methodDocument),
    issued_at: format(session.issuedAt),
    identity: expand.identity ? identityDocument(identity, publicUrl, shape) : null,
    devices: expand.devices ? [deviceDocument(session.device)] : null,
  };
}

function methodDocument({ method, aal, completedAt }: AuthenticationMethod): JsonObject {
  return { method, aal, completed_at: formatGoTimeInMemory(completedAt) };
}

export function deviceDocument(device: Device): JsonObject {
  return {
    id: device.id,
    ip_address: device.ipAddress,
    user_agent: device.userAgent,
    location: device.location,
  };
}

const PRIVATE_ADDRESS = /^(?:10\.|192\.168\.|172\.(?:1[6-9]|2\d|3[01])\.|f[cd])/;

/** Kratos's own order of trust in client address headers, then the peer (`oryx/httpx/client_info.go`). */
export function readDevice({ headers }: Request): Device {
  const place = [headers.get('Cf-Ipcity'), headers.get('Cf-Ipcountry')];
  return {
    id: crypto.randomUUID(),
    ipAddress:
      headers.get('True-Client-IP') ??
      connectingAddress(headers) ??
      headers.get('X-Real-IP') ??
      lastPublicAddress(headers.get('X-Forwarded-For')) ??
      `127.0.0.1:${49_152 + Math.floor(Math.random() * 16_384)}`,
    userAgent: headers.get('User-Agent'),
    location: place.filter(Boolean).join(', '),
  };
}

/** The runtime names its own peer in Cloudflare's header; a peer of this machine is no header of a proxy. */
function connectingAddress(headers: Headers): string | null {
  const address = headers.get('Cf-Connecting-IP');
  return address === '127.0.0.1' || address === '::1' ? null : address;
}

/** Proxies append: the last address that is not of a private network. Empty when all are. */
function lastPublicAddress(forwardedFor: string | null): string | undefined {
  const addresses = forwardedFor?.split(',').map((address) => address.trim());
  return addresses && (addresses.findLast((address) => !PRIVATE_ADDRESS.test(address)) ?? '');
}
