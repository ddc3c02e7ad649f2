import * as v from 'valibot';

const Milliseconds = v.pipe(v.number(), v.integer(), v.minValue(0));

const SettingsSchema = v.strictObject({
  /** The zone's issuer; null takes the origin that was called. */
  issuer: v.nullable(v.string()),
  /** Members over those of the metadata document, such as another `issuer` or `jwks_uri`. */
  metadata: v.record(v.string(), v.unknown()),
  /** Whether the metadata is where RFC 8414 has it, where OpenID Connect has it, or nowhere. */
  metadataAt: v.picklist(['oauth', 'openid', 'nowhere']),
  /**
   * Behaviour of the key endpoint. `garbage`: text that is not JSON. `huge`: a valid set with 10,000 keys. `endless`:
   * bytes for as long as anyone reads. `private`: the private half is in the set. `redirect`: to another path. `sloppy`: as
   * serialisers write that pad base64, write `null` for what is not there, and list a key twice, beside one of another kind.
   */
  keySet: v.picklist([
    'ok',
    'down',
    'garbage',
    'huge',
    'endless',
    'private',
    'empty',
    'redirect',
    'sloppy',
  ]),
  /** Delay of every route outside `/.standin/`, before the answer. */
  delayMs: Milliseconds,
  /** The resources of the zone (RFC 8707), spelled exactly; null takes any, or none. */
  resources: v.nullable(v.array(v.string())),
  /** The clients of the zone and their secrets; null takes any. */
  clients: v.nullable(v.record(v.string(), v.string())),
  /** The answer of the token endpoint in place of its own. */
  tokenAnswer: v.nullable(
    v.strictObject({
      status: v.number(),
      body: v.optional(v.unknown(), ''),
      headers: v.optional(v.record(v.string(), v.string()), () => ({})),
    }),
  ),
  /** The person who is signed in at the zone; null takes `user-1`. A refresh is for this person too. */
  subject: v.nullable(v.string()),
  /** The error that the authorization endpoint answers, in place of a code. */
  authorizationError: v.nullable(v.string()),
  /** Claims over those of people's access tokens; null takes one away. */
  personClaims: v.record(v.string(), v.unknown()),
  /** Claims over those of ID tokens. */
  idTokenClaims: v.record(v.string(), v.unknown()),
  /** The end of each refresh token, for tokens of any length. */
  refreshTokenEnd: v.string(),
  /** Lifetime of tokens. */
  ttlSeconds: v.pipe(v.number(), v.integer(), v.minValue(1)),
});

/** Behaviour of the stand-in; changed by `POST /.standin/control`. */
export type Settings = v.InferOutput<typeof SettingsSchema>;

export const DEFAULT_SETTINGS: Settings = {
  issuer: null,
  metadata: {},
  metadataAt: 'oauth',
  keySet: 'ok',
  delayMs: 0,
  resources: null,
  clients: null,
  tokenAnswer: null,
  subject: null,
  authorizationError: null,
  personClaims: {},
  idTokenClaims: {},
  refreshTokenEnd: '',
  ttlSeconds: 3600,
};

/** Settings with the members of `patch` in place of their own, or what is wrong with the patch. */
export function mergeSettings(settings: Settings, patch: unknown): Settings | string {
  const parsed = v.safeParse(v.partial(SettingsSchema), patch);
  if (!parsed.success) return v.summarize(parsed.issues);
  return { ...settings, ...(parsed.output as Partial<Settings>) };
}
