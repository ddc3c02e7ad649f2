import { expandedApplication, expandedUser, expandedUserAgent } from './session-expansions.ts';
import { type KeptSession, store } from './session-store.ts';

/** The optional members of a user session, in a fixed order (`types/zones/session.py` of `keycardai-api`). */
const OPTIONAL_OF_USER = [
  'id',
  'active',
  'application_id',
  'authenticated_at',
  'created_at',
  'expires_at',
  'issuer',
  'metadata',
  'organization_id',
  'parent_id',
  'provider_id',
  'session_data',
  'status',
  'subject',
  'updated_at',
  'user_agent_id',
  'zone_id',
];

/** An application session has no parent and no user agent, and these members are required of it. */
const REQUIRED_OF_APPLICATION = ['application_id', 'issuer', 'provider_id', 'subject'];

/** A session as an answer shows it: without the optional members that this session leaves out. */
export function showSession({ number, members, named }: KeptSession): Record<string, unknown> {
  const { optional } = store.settings;
  const isShown = (name: string) => {
    const index = OPTIONAL_OF_USER.indexOf(name);
    if (index < 0 || isRequired(members, name) || optional === 'present') return true;
    return optional === 'alternating' && (named.has(name) || isAlternate(number, index + 1));
  };
  const shown = Object.entries(members).filter(([name]) => isShown(name));
  return { ...Object.fromEntries(shown), ...expansionsOf(members, number) };
}

function isRequired({ session_type }: KeptSession['members'], name: string): boolean {
  return session_type === 'application' && REQUIRED_OF_APPLICATION.includes(name);
}

/**
 * Whether a member is in the document with this number. Each member is in every second document, and so is each pair of
 * members in every fourth (Walsh functions).
 */
function isAlternate(number: number, member: number): boolean {
  let isOdd = false;
  for (let common = number & member; common > 0; common &= common - 1) isOdd = !isOdd;
  return isOdd;
}

function expansionsOf(members: KeptSession['members'], number: number): Record<string, unknown> {
  const { expand } = store.settings;
  return {
    ...(expand.includes('application') &&
      members.application_id !== null && { application: expandedApplication(members) }),
    ...(members.session_type === 'user' && {
      ...(expand.includes('user') && { user: expandedUser(members, number) }),
      ...(expand.includes('user_agent') &&
        members.user_agent_id !== null && { user_agent: expandedUserAgent(members) }),
    }),
  };
}
