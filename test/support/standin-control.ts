import type { Settings as KeycardSettings } from '../../standins/keycard/src/settings.ts';
import type { RecordedExchange } from '../../standins/keycard/src/token-exchange.ts';
import type { Settings } from '../../standins/kratos/src/settings.ts';
import type { CallReport } from '../../standins/recording/src/call-log.ts';

/** A stand-in, with its record of the requests that reached it, control requests excepted. */
export interface StandinHandle {
  readonly url: string;
  readonly port: number;
  /** The number of calls for each `METHOD /path`, and the last requests whole. */
  calls(): Promise<CallReport>;
  clearCalls(): Promise<void>;
}

/** The stand-in for the site behind the gate; its paths choose its behaviour, see `standins/origin/`. */
export type OriginHandle = StandinHandle;

/** The stand-in for Kratos. */
export interface KratosHandle extends StandinHandle {
  /** Changes the stand-in's behaviour; see `standins/kratos/src/settings.ts`. */
  control(settings: Partial<Settings>): Promise<void>;
  /** Undoes every `control`; sessions and identities stay. */
  reset(): Promise<void>;
  /** Creates a session without a flow; for the demo account unless an identity or traits are given. */
  createSession(options?: NewSession): Promise<SignedInSession>;
  /** One more valid `name=value` cookie string for the same session. */
  issueCookie(sessionId: string): Promise<string>;
  /** Deactivates a session, without notice and without a recorded call. */
  revoke(sessionId: string): Promise<void>;
  /** A token for a session of the stand-in, as `tokenize_as` gives it. */
  tokenize(sessionToken: string, template: string): Promise<string>;
  /** The tokenizer signs with new keys from now on. */
  rotateKeys(options?: { readonly keepsOlder?: boolean }): Promise<void>;
  /** Changes an account as an administrator or its owner would. */
  changeIdentity(identityId: string, patch: IdentityPatch): Promise<void>;
}

/** The stand-in for a Keycard zone. */
export interface KeycardHandle extends StandinHandle {
  /** Changes the stand-in's behaviour; see `standins/keycard/src/settings.ts`. */
  control(settings: Partial<KeycardSettings>): Promise<void>;
  /** Undoes every `control`; keys stay. */
  reset(): Promise<void>;
  /** Makes a client of the zone, as its administrator does. */
  putClient(client: NewClient): Promise<void>;
  /** Mints an access token with the zone's signing key. */
  createToken(options?: NewToken): Promise<string>;
  /** The exchanges that authenticated clients asked for since the calls were cleared. */
  exchanges(): Promise<RecordedExchange[]>;
  /** Publishes one more key, which signs from then on unless told otherwise. */
  rotate(options?: { readonly signs?: boolean; readonly keeps?: number }): Promise<void>;
}

/** The body of `PUT /.standin/clients` of the Keycard stand-in. */
export interface NewClient {
  readonly clientId: string;
  /** Left out: a public client. */
  readonly secret?: string;
  readonly redirectUris: readonly string[];
  readonly postLogoutRedirectUris?: readonly string[];
}

/** The body of `POST /.standin/tokens` of the Keycard stand-in. */
export interface NewToken {
  /** @default 'user-1' */
  readonly subject?: string;
  /** @default 'client-1' */
  readonly clientId?: string;
  /** The application that owns the credential. The token is for the application itself if it is the subject too. */
  readonly applicationId?: string;
  readonly scope?: string;
  readonly audience?: string | readonly string[];
  /** Over the usual claims; null takes one away. */
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly ttlSeconds?: number;
  /** Signed with a key that the zone does not publish. */
  readonly unpublished?: boolean;
}

/** The body of `POST /.standin/sessions`. */
export interface NewSession {
  readonly identityId?: string;
  readonly traits?: Readonly<Record<string, unknown>>;
  readonly metadataPublic?: unknown;
  /** @default 'aal1' */
  readonly aal?: 'aal1' | 'aal2';
  readonly expiresInSeconds?: number;
  /** ISO 8601. */
  readonly expiresAt?: string;
  readonly token?: string;
}

/** The body of `PATCH /.standin/identities/{id}`. */
export interface IdentityPatch {
  readonly traits?: Readonly<Record<string, unknown>>;
  readonly metadata_public?: unknown;
  readonly state?: 'active' | 'inactive';
  readonly totp?: boolean;
  readonly verified?: boolean;
  readonly external_id?: string;
}

/** A session of the stand-in with its credentials. */
export interface SignedInSession {
  readonly id: string;
  /** For `X-Session-Token` or `Authorization: Bearer`. */
  readonly token: string;
  /** `name=value`, for a `Cookie` header. */
  readonly cookie: string;
  /** The session document as whoami would give it. */
  readonly session: SessionDocument;
}

/** The parts of a session document that tests name. */
export interface SessionDocument {
  readonly id: string;
  readonly identity: { readonly id: string; readonly [name: string]: unknown };
  readonly [name: string]: unknown;
}

/** A handle on the origin stand-in at this URL. */
export function originHandle(url: string): OriginHandle {
  return {
    url,
    port: Number(new URL(url).port),
    calls: () => sendForJson<CallReport>(url, 'GET', '/.standin/calls'),
    clearCalls: () => send(url, 'DELETE', '/.standin/calls'),
  };
}

/** A handle on the Kratos stand-in at this URL. */
export function kratosHandle(url: string): KratosHandle {
  const sessionPath = (id: string) => `/.standin/sessions/${encodeURIComponent(id)}`;
  return {
    ...originHandle(url),
    control: (settings) => send(url, 'POST', '/.standin/control', settings),
    reset: () => send(url, 'DELETE', '/.standin/control'),
    createSession: (options = {}) => createSession(url, options),
    issueCookie: async (id) => {
      const path = `${sessionPath(id)}/cookie`;
      return (await sendForJson<{ cookie: string }>(url, 'POST', path)).cookie;
    },
    revoke: (id) => send(url, 'DELETE', sessionPath(id)),
    tokenize: (token, template) => tokenize(url, token, template),
    rotateKeys: (options = {}) => send(url, 'POST', '/.standin/keys', options),
    changeIdentity: (id, patch) =>
      send(url, 'PATCH', `/.standin/identities/${encodeURIComponent(id)}`, patch),
  };
}

/** A handle on the Keycard stand-in at this URL. */
export function keycardHandle(url: string): KeycardHandle {
  return {
    ...originHandle(url),
    control: (settings) => send(url, 'POST', '/.standin/control', settings),
    reset: () => send(url, 'DELETE', '/.standin/control'),
    putClient: (client) => send(url, 'PUT', '/.standin/clients', client),
    createToken: async (options = {}) =>
      (await sendForJson<{ token: string }>(url, 'POST', '/.standin/tokens', options)).token,
    exchanges: () => sendForJson<RecordedExchange[]>(url, 'GET', '/.standin/exchanges'),
    rotate: (options = {}) => send(url, 'POST', '/.standin/keys', options),
  };
}

async function tokenize(url: string, sessionToken: string, template: string): Promise<string> {
  const response = await fetch(`${url}/sessions/whoami?tokenize_as=${template}`, {
    headers: { 'x-session-token': sessionToken },
  });
  const { tokenized } = (await response.json()) as { tokenized?: string };
  if (tokenized === undefined) throw new Error(`tokenize_as=${template}: ${response.status}`);
  return tokenized;
}

async function createSession(url: string, options: NewSession): Promise<SignedInSession> {
  const answer = await sendForJson<{
    session: SessionDocument;
    session_token: string;
    cookie: string;
  }>(url, 'POST', '/.standin/sessions', options);
  const { session, session_token: token, cookie } = answer;
  return { id: session.id, token, cookie, session };
}

async function send(url: string, method: string, path: string, body?: unknown): Promise<void> {
  await call(url, method, path, body);
}

/** The stand-ins are of this repository: their answers are taken to have the shape asked for. */
async function sendForJson<T>(
  url: string,
  method: string,
  path: string,
  body?: unknown,
): Promise<T> {
  return JSON.parse(await call(url, method, path, body)) as T;
}

async function call(url: string, method: string, path: string, body?: unknown): Promise<string> {
  const response = await fetch(`${url}${path}`, {
    method,
    ...(body !== undefined && {
      body: JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
    }),
  });
  const text = await response.text();
  if (response.ok) return text;
  throw new Error(`${method} ${path} answered ${response.status}: ${text}`);
}
