// Pure: no I/O, no clock.
import * as v from 'valibot';
import { isSessionPath } from '../session/session-path.ts';
import { ALGORITHMS } from '../tokens/algorithms.ts';
import { inlineKeys } from './issuer-key-settings.ts';
import { isSecureUrl, listOf, wholeNumber } from './setting-types.ts';

const VISIBLE_ASCII = /^[\x21-\x7e]{1,512}$/;
/** Without `*`: it is compared to the letter, and no issuer has one. */
const EXACT_ISSUER = /^[\x21-\x29\x2b-\x7e]{1,512}$/;
const CLAIM = 'a claim name';
/** Every token has these, so none of them tells one kind from another. */
const NOT_MARKERS = ['iss', 'sub', 'sid', 'aud', 'exp', 'nbf', 'iat', 'jti'];
const KEY_SOURCES = ['keys', 'jwks_url', 'discovery'] as const;

const claimName = v.pipe(v.string(CLAIM), v.regex(VISIBLE_ASCII, CLAIM));
const audienceName = v.pipe(
  v.string(),
  v.regex(VISIBLE_ASCII),
  v.check((name) => !name.includes('*')),
);
const AUDIENCE =
  'an audience, a list of 1 to 16 of them, or false together with marker_claims; never empty';
const MARKERS =
  'a table of 1 to 16 claims with the text, number or boolean each must have; not iss, sub, sid, aud, exp, nbf, iat or jti, which every token has';
const KEYS_URL = 'an https URL without user or fragment (http is allowed on loopback)';

const members = v.strictObject(
  {
    /** The `iss` claim, to the letter. Kratos writes its public base URL with a slash at the end. */
    issuer: v.pipe(
      v.string('the iss claim of the tokens'),
      v.regex(EXACT_ISSUER, 'the iss claim of the tokens: 1 to 512 visible characters without "*"'),
    ),
    /**
     * Whose tokens these are: which claims they have, and what their sessions look like. `kratos`:
     * Kratos’s tokenizer (`sid`, `sub`, the mapper’s `session`). `keycard`: access tokens of a
     * Keycard zone (`sub`, `client_id`, `scope`).
     */
    preset: v.picklist(['kratos', 'keycard'], 'one of "kratos", "keycard"'),
    /**
     * What `aud` must name, one of these. `false` for tokens without `aud`, as Kratos’s are unless
     * their mapper adds one; `marker_claims` must then tell them from other tokens of the issuer,
     * and a token that has an `aud` is refused.
     */
    audience: v.union(
      [
        v.literal(false),
        v.pipe(
          audienceName,
          v.transform((name) => [name]),
        ),
        v.pipe(v.array(audienceName), v.minLength(1), v.maxLength(16)),
      ],
      AUDIENCE,
    ),
    /**
     * Signature algorithms that are believed: ES256, ES384, ES512, EdDSA (or its newer name
     * Ed25519), RS256 to RS512, PS256 to PS512.
     */
    algorithms: v.pipe(
      v.array(
        v.picklist(
          ALGORITHMS,
          `one of ${ALGORITHMS.join(', ')}; never "none", and no HMAC, since the keys are public`,
        ),
        'a list of 1 or more signature algorithms',
      ),
      v.minLength(1, 'at least one signature algorithm'),
    ),
    /**
     * The issuer’s public keys, as a list of JWKs or a JWK set. They are published again at
     * `/.postern/jwks.json`. A private or symmetric key refuses to start. Exactly one of `keys`,
     * `jwks_url` and `discovery` is given.
     */
    keys: v.optional(inlineKeys),
    /** Where the issuer publishes its JWK set. */
    jwks_url: v.optional(v.pipe(v.string(KEYS_URL), v.check(isKeysUrl, KEYS_URL))),
    /**
     * `true`: the JWK set is found by the metadata at the issuer (RFC 8414, then OpenID Connect
     * Discovery), whose `issuer` must be this one.
     */
    discovery: v.optional(v.literal(true, 'true, or nothing')),
    /** Whether discovered metadata may name keys at another origin than its own. */
    allow_other_origin: v.optional(v.boolean('true or false'), false),
    /**
     * What `aud` must name in logout tokens and security event tokens of this issuer: the client
     * id, and the audience of the event stream. Left out: none are accepted from it.
     */
    event_audience: v.optional(
      v.pipe(
        v.array(audienceName, 'a list of 1 to 16 audiences'),
        v.minLength(1, 'a list of 1 to 16 audiences'),
        v.maxLength(16, 'a list of 1 to 16 audiences'),
      ),
    ),
    /** Claims that must be there, besides those of the preset. */
    required_claims: v.optional(
      v.pipe(
        v.array(claimName, 'a list of at most 32 claim names'),
        v.maxLength(32, 'a list of at most 32 claim names'),
      ),
      () => [],
    ),
    /** Claims that must have exactly this value. */
    marker_claims: v.optional(
      v.pipe(
        v.record(claimName, v.union([v.string(), v.number(), v.boolean()], MARKERS), MARKERS),
        v.check(isMarkerTable, MARKERS),
      ),
    ),
    /** By how much the issuer’s clock may differ. Seconds, 0 to 60. */
    clock_tolerance_seconds: v.optional(wholeNumber('seconds', 0, 60), 5),
    /** The longest a token may live, from `iat` to `exp`. Seconds, 60 to 2592000. */
    max_lifetime_seconds: v.optional(wholeNumber('seconds', 60, 2_592_000), 86_400),
    /**
     * Places in the session, each with the claim that fills it: `"identity.traits.email" =
     * "email"`. What the issuer itself says of the session is not overruled.
     */
    session_fields: v.optional(
      v.record(
        v.pipe(v.string(), v.check(isFieldPath, 'a place in the session')),
        v.pipe(v.string(), v.check(isFieldPath, 'a claim, or a place in one')),
        'a table of place in the session = claim',
      ),
      () => ({}),
    ),
    /**
     * Claims, or places in one, that the issuer or an administrator writes: `["plan", "ext.team"]`.
     * Every other claim that an issuer does not set by itself (as it does `sub`, `scope` or
     * `roles`) counts as written by the person, and a place it fills as well: identity headers and
     * assertion claims from there are left out first when not all fit.
     */
    trusted_claims: v.optional(
      v.pipe(
        v.array(
          v.pipe(v.string(), v.check(isFieldPath, 'a claim, or a place in one')),
          'a list of at most 32 claims',
        ),
        v.maxLength(32, 'a list of at most 32 claims'),
      ),
      () => [],
    ),
  },
  (issue) =>
    issue.expected === 'never'
      ? `no such member; an issuer has ${MEMBER_NAMES.join(', ')}`
      : 'an issuer: { issuer = "https://auth.example.com/", preset = "kratos", audience = "…", algorithms = ["ES256"], … }',
);
const MEMBER_NAMES: readonly string[] = Object.keys(members.entries);

/** One issuer of `ISSUERS`: whose tokens are believed, and how they are verified. */
export const issuer = v.pipe(
  members,
  v.forward(
    v.check(
      ({ audience, marker_claims }) => audience !== false || marker_claims !== undefined,
      'at least one claim that marks the tokens meant, since audience is false',
    ),
    ['marker_claims'],
  ),
  v.forward(
    v.check(
      (settings) => KEY_SOURCES.filter((name) => settings[name] !== undefined).length === 1,
      'exactly one of keys, jwks_url and discovery',
    ),
    ['keys'],
  ),
  v.forward(
    v.check(
      ({ discovery, issuer: name }) => discovery === undefined || isKeysUrl(name, ['search']),
      'an https URL without query (http is allowed on loopback), since keys are discovered at it',
    ),
    ['issuer'],
  ),
  v.transform(({ keys, marker_claims = {}, ...settings }) => ({
    ...settings,
    marker_claims,
    keys: keys?.(settings.algorithms),
  })),
  v.forward(
    v.check(
      ({ keys }) => keys === undefined || keys.length > 0,
      'at least one public key that fits the algorithms and is strong enough (RSA: 2048 bits or more)',
    ),
    ['keys'],
  ),
);

/**
 * Whether an issuer's tokens may name their person by another name than the identity's id: `sub` is the external id
 * where Kratos's tokenizer has `subject_source: external_id`, and only a `session` claim holds the id then.
 */
export function mayNameByExternalId({
  preset,
  required_claims: required,
}: Pick<v.InferOutput<typeof issuer>, 'preset' | 'required_claims'>): boolean {
  return preset === 'kratos' && !required.includes('session');
}

/** ISSUERS: every trusted issuer, each once. */
export const issuers = v.pipe(
  listOf(issuer, [0, 32], 'a list of at most 32 issuers'),
  v.check(
    (list) => new Set(list.map(({ issuer: name }) => name)).size === list.length,
    'each issuer once',
  ),
);

function isKeysUrl(text: string, alsoEmpty: readonly ('search' | 'hash')[] = []): boolean {
  const url = URL.parse(text);
  return (
    url !== null &&
    isSecureUrl(url) &&
    url.username === '' &&
    url.password === '' &&
    url.hash === '' &&
    alsoEmpty.every((part) => url[part] === '')
  );
}

function isMarkerTable(table: Record<string, string | number | boolean>): boolean {
  const names = Object.keys(table);
  return (
    names.length >= 1 && names.length <= 16 && !names.some((name) => NOT_MARKERS.includes(name))
  );
}

/** The names an object inherits are no places of ours. */
function isFieldPath(path: string): boolean {
  const inherited = ['__proto__', 'constructor', 'prototype'];
  return isSessionPath(path) && !path.split('.').some((name) => inherited.includes(name));
}
