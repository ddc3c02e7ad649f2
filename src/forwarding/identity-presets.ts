// Pure: no I/O, no clock.

/** Header name to place in the session. */
export type IdentityMapping = Readonly<Record<string, string>>;

/**
 * Header sets that existing origins already read. People write their own traits, so nothing that grants a right
 * comes from there: groups are of `metadata_public`, which only an administrator writes.
 */
export const IDENTITY_PRESETS = {
  /** Kratos's own response header, and its session's id and assurance level beside it. */
  kratos: {
    'X-Kratos-Authenticated-Identity-Id': 'identity.id',
    'X-Kratos-Session-Id': 'id',
    'X-Kratos-Session-Aal': 'authenticator_assurance_level',
  },
  /** Authelia's. */
  'remote-user': {
    'Remote-User': 'identity.id',
    'Remote-Name': 'identity.traits.name',
    'Remote-Email': 'identity.traits.email',
    'Remote-Groups': 'identity.metadata_public.groups',
  },
  /** oauth2-proxy's, as nginx gets them. */
  'x-auth-request': {
    'X-Auth-Request-User': 'identity.id',
    'X-Auth-Request-Preferred-Username': 'identity.traits.username',
    'X-Auth-Request-Email': 'identity.traits.email',
    'X-Auth-Request-Groups': 'identity.metadata_public.groups',
  },
} as const satisfies Readonly<Record<string, IdentityMapping>>;

export type IdentityPreset = keyof typeof IDENTITY_PRESETS;

/** What is sent when nothing is configured. */
export const DEFAULT_IDENTITY_HEADERS: IdentityMapping = { 'X-User-Id': 'identity.id' };

/** The presets' headers, each replaced by an own one of the same name. */
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

/** Places that hold the ids everything else hangs on; Postern never takes longer ones. */
const ID_PLACES: ReadonlySet<string> = new Set(['id', 'identity.id']);
const MAX_ID_LENGTH = 255;

export function isIdPlace(path: string): boolean {
  return ID_PLACES.has(path);
}

/** Bytes the ids of a mapping can take, which no budget may be smaller than. */
export function leastBudget(mapping: IdentityMapping): number {
  return Object.entries(mapping)
    .filter(([, path]) => isIdPlace(path))
    .reduce((total, [name]) => total + headerBytes(name, MAX_ID_LENGTH), 0);
}

/** What a header takes on the wire, with `: ` and CRLF. */
export function headerBytes(name: string, valueLength: number): number {
  return name.length + valueLength + 4;
}
