/** The documents that a session can carry beside ids, with the members that Keycard's SDKs require of them. */
import type { Session, UserSession } from './session-store.ts';

/** `types/zones/application.py` of `keycardai-api`. */
export function expandedApplication(session: Session): Record<string, unknown> {
  return {
    ...entity(session),
    id: session.application_id,
    consent: 'implicit',
    dependencies_count: 0,
    identifier: `https://${session.application_id}.example.com`,
    name: 'An application',
    owner_type: 'customer',
    slug: 'an-application',
  };
}

/**
 * `types/zones/user.py` of `keycardai-api`. The identity provider of every second user was deleted: that user has no
 * `provider_id`.
 */
export function expandedUser(session: UserSession, number: number): Record<string, unknown> {
  return {
    ...entity(session),
    id: session.user_id,
    email: 'a@example.com',
    email_verified: true,
    external: false,
    identifier: session.user_id,
    status: 'active',
    ...(number % 2 === 1 && { provider_id: session.provider_id, issuer: session.issuer }),
  };
}

/** `types/zones/user_agent.py` of `keycardai-api`. */
export function expandedUserAgent(session: UserSession): Record<string, unknown> {
  return {
    ...entity(session),
    id: session.user_agent_id,
    identifier: session.user_agent_id,
    name: 'A browser',
    slug: 'a-browser',
  };
}

function entity({ created_at, updated_at, organization_id, zone_id }: Session) {
  return { created_at, updated_at, organization_id, zone_id };
}
