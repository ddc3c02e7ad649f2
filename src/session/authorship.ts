// Pure: no I/O, no clock.

/** A place in a session document that a token's claim filled, and the writer of that claim. */
export interface ClaimedPlace {
  readonly path: string;
  readonly writer: 'issuer' | 'person';
}

/**
 * Places that the session store, the issuer or an administrator writes, in Kratos's session (its `session.Session` and
 * `identity.Identity`) and in Keycard's. Every other place counts as written by the person: traits, addresses made of
 * traits, and devices, which repeat what the person's browser sends.
 */
const STORE_PLACES = new Set([
  'id',
  'active',
  'expires_at',
  'issued_at',
  'authenticated_at',
  'authenticator_assurance_level',
  'authentication_methods',
  'identity.id',
  'identity.external_id',
  'identity.schema_id',
  'identity.schema_url',
  'identity.state',
  'identity.state_changed_at',
  'identity.metadata_public',
  'identity.organization_id',
  'identity.created_at',
  'identity.updated_at',
  // Keycard's
  'session_type',
  'user_id',
  'application_id',
  'provider_id',
  'user_agent_id',
  'subject',
  'issuer',
  'zone_id',
  'status',
  'session_data',
]);

/** Facts that the store records about an address. The address itself counts as written by the person. */
const ADDRESS_FACT =
  /^identity\.(?:verifiable|recovery)_addresses\.\d+\.(?:id|via|verified|verified_at|status|created_at|updated_at)$/;

/**
 * Returns whether the person may have written the value at a place of their session, or any part of that value.
 *
 * @param claimed places that claims of the session's token filled; they take precedence over the place's name
 */
export function isPersonsPlace(path: string, claimed: readonly ClaimedPlace[] = []): boolean {
  const touching = claimed.filter((each) => isWithin(path, each.path) || isWithin(each.path, path));
  if (touching.some(({ writer }) => writer === 'person')) return true;
  if (touching.some((each) => isWithin(path, each.path))) return false;
  return !isStorePlace(path);
}

function isStorePlace(path: string): boolean {
  if (ADDRESS_FACT.test(path)) return true;
  for (let end = path.length; end > 0; end = path.lastIndexOf('.', end - 1)) {
    if (STORE_PLACES.has(path.slice(0, end))) return true;
  }
  return false;
}

/** Returns whether a place is `outer` itself or lies inside it. */
export function isWithin(path: string, outer: string): boolean {
  if (!path.startsWith(outer)) return false;
  return path.length === outer.length || path[outer.length] === '.';
}

/**
 * Splits a table of names and places into two lists: places that the store, the issuer or an administrator writes, and
 * places that the person writes.
 */
export function byWriter(
  table: Readonly<Record<string, string>>,
  claimed: readonly ClaimedPlace[] | undefined,
): {
  readonly administered: [name: string, path: string][];
  readonly written: [name: string, path: string][];
} {
  const administered: [string, string][] = [];
  const written: [string, string][] = [];
  for (const entry of Object.entries(table)) {
    (isPersonsPlace(entry[1], claimed) ? written : administered).push(entry);
  }
  return { administered, written };
}
