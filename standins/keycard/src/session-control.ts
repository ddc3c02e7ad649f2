import type { Context } from 'hono';
import {
  type BearerScope,
  DEFAULT_SETTINGS,
  issueApiKey,
  issueBearer,
  type Session,
  type Settings,
  store,
} from './session-store.ts';

/** `POST /.standin/session-control`: the settings named in the body replace their own kind, whole. */
export async function changeControl(c: Context): Promise<Response> {
  store.settings = { ...store.settings, ...((await c.req.json()) as Partial<Settings>) };
  return c.json(store.settings);
}

/** `DELETE /.standin/session-control` */
export function resetControl(c: Context): Response {
  store.settings = DEFAULT_SETTINGS;
  return c.json(store.settings);
}

/** `GET /.standin/session-calls` */
export function readCalls(c: Context): Response {
  return c.json(store.calls.report());
}

/** `DELETE /.standin/session-calls` */
export function clearCalls(c: Context): Response {
  store.calls.clear();
  return c.body(null, 204);
}

interface NewBearer extends BearerScope {
  /** Over the usual claims of a token. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** An opaque API key in place of a token. */
  readonly isApiKey?: boolean;
}

/** `POST /.standin/bearers`: a bearer that the API accepts, for one zone and for changes unless the body says otherwise. */
export async function createBearer(c: Context): Promise<Response> {
  const text = await c.req.text();
  const given: Partial<NewBearer> = text === '' ? {} : JSON.parse(text);
  const { zoneId = 'zone-1', access = 'write', claims, isApiKey = false } = given;
  const scope = { zoneId, access };
  return c.json({ bearer: isApiKey ? issueApiKey(scope) : issueBearer(scope, claims) });
}

/** `DELETE /.standin/bearers`: no bearer issued until now is accepted any more. */
export function forgetBearers(c: Context): Response {
  store.bearers.clear();
  return c.body(null, 204);
}

/** `POST /.standin/sessions`: a session with these members over those of a fresh one. The answer shows every member. */
export async function createSession(c: Context): Promise<Response> {
  const given = (await c.req.json()) as Partial<Session>;
  const members = { ...freshSession(given), ...given } as Session;
  store.newest += 1;
  const kept = { number: store.newest, members, named: new Set(Object.keys(given)) };
  store.sessions.set(members.id, kept);
  return c.json(members);
}

/** `DELETE /.standin/sessions`: no session is left, and the next one is the first. */
export function forgetSessions(c: Context): Response {
  store.sessions.clear();
  store.newest = 0;
  return c.body(null, 204);
}

function freshSession({ session_type, zone_id = 'zone-1', status = 'active' }: Partial<Session>) {
  const now = Date.now();
  const text = (offsetMs: number) => new Date(now + offsetMs).toISOString();
  const common = {
    id: crypto.randomUUID(),
    zone_id,
    organization_id: 'org-1',
    active: status === 'active',
    status,
    authenticated_at: text(0),
    created_at: text(0),
    updated_at: text(0),
    expires_at: text(3_600_000),
    metadata: { name: 'A session' },
    provider_id: 'provider-1',
    session_data: { amr: ['pwd'] },
    subject: 'subject-1',
    application_id: 'application-1',
  };
  if (session_type === 'application') {
    return { ...common, session_type, issuer: `https://${zone_id}.keycard.cloud` };
  }
  return {
    ...common,
    session_type: 'user',
    issuer: 'https://login.example.com',
    user_id: 'user-1',
    parent_id: null,
    user_agent_id: `ua:${'0'.repeat(64)}`,
  };
}
