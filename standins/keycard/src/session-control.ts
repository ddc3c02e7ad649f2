import type { Context } from 'hono';
import {
  DEFAULT_SETTINGS,
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

/** `POST /.standin/bearers`: a bearer that the API accepts. */
export function createBearer(c: Context): Response {
  return c.json({ bearer: issueBearer() });
}

/** `DELETE /.standin/bearers`: no bearer issued until now is accepted any more. */
export function forgetBearers(c: Context): Response {
  store.bearers.clear();
  return c.body(null, 204);
}

/** `POST /.standin/sessions`: a session with these members over those of a fresh one. */
export async function createSession(c: Context): Promise<Response> {
  const given = (await c.req.json()) as Partial<Session>;
  const session = { ...freshSession(given.session_type ?? 'user'), ...given } as Session;
  store.sessions.set(session.id, session);
  return c.json(session);
}

function freshSession(type: Session['session_type']): Session {
  const now = Date.now();
  const text = (offsetMs: number) => new Date(now + offsetMs).toISOString();
  const common = {
    id: crypto.randomUUID(),
    zone_id: 'zone-1',
    organization_id: 'org-1',
    active: true,
    status: 'active' as const,
    authenticated_at: text(0),
    created_at: text(0),
    updated_at: text(0),
    expires_at: text(3_600_000),
    issuer: 'https://zone-1.keycard.cloud',
    metadata: { name: 'A session' },
    provider_id: 'provider-1',
    session_data: { amr: ['pwd'] },
    subject: 'subject-1',
    application_id: 'application-1',
  };
  if (type === 'application') return { ...common, session_type: 'application' };
  return {
    ...common,
    session_type: 'user',
    user_id: 'user-1',
    parent_id: null,
    user_agent_id: `ua:${'0'.repeat(64)}`,
  };
}
