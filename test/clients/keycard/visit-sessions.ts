import type { KeycardStandin } from '../../gateway/session-api/start-session-api.ts';

/** Ids by the names of the sessions in a visit. */
export type SessionIds = Readonly<Record<string, string>>;

/** Members of the sessions of a visit. A parent is given by its name. */
const SESSIONS: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  web: { user_id: 'user-1' },
  child: { user_id: 'user-1', parent_id: 'web' },
  grandchild: { user_id: 'user-1', parent_id: 'child', user_agent_id: null },
  'other child': { user_id: 'user-2', parent_id: 'web', application_id: null },
  expired: { status: 'expired' },
  revoked: { status: 'revoked', user_id: 'user-2' },
  uninitiated: { application_id: null, user_agent_id: null },
  application: { session_type: 'application' },
  'other application': { session_type: 'application', subject: 'app_2', application_id: 'app_2' },
  'of tomorrow': { a_member_of_tomorrow: { deep: [1e21, null, 'ü'] }, session_data: {} },
  retried: { user_id: 'user-3' },
  minimal: { user_id: 'user-4' },
  'minimal application': { session_type: 'application', subject: 'app_3' },
  'web in zone-2': { user_id: 'user-1', zone_id: 'zone-2' },
  'child in zone-2': { user_id: 'user-1', zone_id: 'zone-2', parent_id: 'web in zone-2' },
  'application in zone-2': { session_type: 'application', zone_id: 'zone-2' },
};

/** Makes the sessions of a visit. Most of their members are not named, so that many answers leave them out. */
export async function createSessions(keycard: KeycardStandin): Promise<SessionIds> {
  const ids: Record<string, string> = {};
  for (const [name, { parent_id, ...members }] of Object.entries(SESSIONS)) {
    const parent = parent_id === undefined ? {} : { parent_id: ids[String(parent_id)] };
    ids[name] = (await keycard.createNamelessSession({ ...members, ...parent })).id;
  }
  return ids;
}
