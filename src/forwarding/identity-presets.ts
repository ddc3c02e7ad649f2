// Pure: no I/O, no clock.

/** Places in the session by header name. */
export type IdentityMapping = Readonly<Record<string, string>>;

/**
 * Sets of headers that existing origins already read. People write their own traits, so values that grant a right
 * never come from traits: groups come from `metadata_public`, which only an administrator writes.
 */
export const IDENTITY_PRESETS = {
  /** Kratos's own response header, with the session's id and assurance level. */
  kratos: {
    'X-Kratos-Authenticated-Identity-Id': 'identity.id',
    'X-Kratos-Session-Id': 'id',
    'X-Kratos-Session-Aal': 'authenticator_assurance_level',
  },
  /** The headers of Authelia. */
  'remote-user': {
    'Remote-User': 'identity.id',
    'Remote-Name': 'identity.traits.name',
    'Remote-Email': 'identity.traits.email',
    'Remote-Groups': 'identity.metadata_public.groups',
  },
  /** The headers of oauth2-proxy, as nginx gets them. */
  'x-auth-request': {
    'X-Auth-Request-User': 'identity.id',
    'X-Auth-Request-Preferred-Username': 'identity.traits.username',
    'X-Auth-Request-Email': 'identity.traits.email',
    'X-Auth-Request-Groups': 'identity.metadata_public.groups',
  },
} as const satisfies Readonly<Record<string, IdentityMapping>>;

export type IdentityPreset = keyof typeof IDENTITY_PRESETS;

/** The headers that Postern sends when no headers are configured. */
export const DEFAULT_IDENTITY_HEADERS: IdentityMapping = { 'X-User-Id': 'identity.id' };

/**
 * Combines the presets' headers with the operator's own. An own header replaces a preset's header of the same name.
 */
export function combineMappings(
  presets: readonly IdentityPreset[],
  own: IdentityMapping | undefined,
): IdentityMapping {
  if (presets.length === 0) return own ?? DEFAULT_IDENTITY_HEADERS;
  const combined = new Map<string, readonly [name: string, path: string]>();
  for (const mapping of [...presets.map((preset) => IDENTITY_PRESETS[preset]), own ?? {}]) {
    for (const [name, path] of Object.entries(mapping)) {
      combined.set(name.toLowerCase(), [name, path]);
    }
  }
  return Object.fromEntries(combined.values());
}

/** The header that names the issuer of a session. */
const ISSUER_HEADER = 'X-Session-Issuer';
const ISSUER_PLACE = 'issuer';

/**
 * Adds the issuer to the headers if sessions of several issuers count. Two issuers may give the same id to different
 * people, so only issuer and id together identify a person (OpenID Connect Core, section 5.7). A header that the
 * operator configured for the issuer stays as it is.
 */
export function withIssuer(
  mapping: IdentityMapping,
  issuers: ReadonlySet<string>,
): IdentityMapping {
  const isNamed =
    Object.values(mapping).includes(ISSUER_PLACE) ||
    Object.keys(mapping).some((name) => name.toLowerCase() === ISSUER_HEADER.toLowerCase());
  return issuers.size < 2 || isNamed ? mapping : { ...mapping, [ISSUER_HEADER]: ISSUER_PLACE };
}

/** Places of the ids that everything else depends on. Postern never accepts ids longer than `MAX_ID_LENGTH`. */
const ID_PLACES: ReadonlySet<string> = new Set(['id', 'identity.id']);
const MAX_ID_LENGTH = 255;

export function isIdPlace(path: string): boolean {
  return ID_PLACES.has(path);
}

/** Returns the bytes that the ids of a mapping can take. A budget must not be smaller. */
export function leastBudget(mapping: IdentityMapping): number {
  return Object.entries(mapping)
    .filter(([, path]) => isIdPlace(path))
    .reduce((total, [name]) => total + headerBytes(name, MAX_ID_LENGTH), 0);
}

/** Returns the size of a header on the wire, with `: ` and CRLF. */
export function headerBytes(name: string, valueLength: number): number {
  return name.length + valueLength + 4;
}
