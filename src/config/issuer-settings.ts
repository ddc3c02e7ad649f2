// Pure: no I/O, no clock.
import * as v from 'valibot';
import { isSessionPath } from '../session/session-path.ts';
import { ALGORITHMS } from '../tokens/algorithms.ts';
import { inlineKeys } from './issuer-key-settings.ts';
import { hostName, isSecureUrl, listOf, wholeNumber } from './setting-types.ts';
import { signIn } from './sign-in-settings.ts';

const VISIBLE_ASCII = /^[\x21-\x7e]{1,512}$/;
/** Issuers are compared exactly. `*` is not allowed: no issuer contains it, so it would be meant as a pattern. */
const EXACT_ISSUER = /^[\x21-\x29\x2b-\x7e]{1,512}$/;
const CLAIM = 'a claim name';
const CLIENT_ID = 'a client id of 1 to 512 visible ASCII characters';
/** Claims that every token has. They cannot distinguish one kind of token from another. */
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
const HOST_LIST = 'a list of at least one host of PUBLIC_URL or HOSTS';
const KEYS_URL = 'an https URL without user or fragment (http is allowed on loopback)';

const members = v.strictObject(
  {
    /** The `iss` claim, compared exactly. Kratos writes its public base URL with a slash at the end. */
    issuer: v.pipe(
      v.string('the iss claim of the tokens'),
      v.regex(EXACT_ISSUER, 'the iss claim of the tokens: 1 to 512 visible characters without "*"'),
    ),
    /**
     * The kind of tokens. It decides which claims they have, and how their sessions look. `kratos`: Kratos’s
     * tokenizer (`sid`, `sub`, the mapper’s `session`). `keycard`: access tokens of a Keycard zone (`sub`,
     * `client_id`, `scope`).
     */
    preset: v.picklist(['kratos', 'keycard'], 'one of "kratos", "keycard"'),
    /**
     * The audience: `aud` must name one of these. Use `false` for tokens without `aud`, such as Kratos’s if their
     * mapper adds none. `marker_claims` must then distinguish them from other tokens of the issuer, and a token that
     * has an `aud` is refused. The URL of a host of the site, with or without a path, is good on that host only.
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
     * The hosts on which this issuer’s tokens are good, each in any spelling that `PUBLIC_URL` and `HOSTS` may have. If
     * left out: all hosts of the site.
     */
    hosts: v.optional(
      v.pipe(
        v.array(hostName(), HOST_LIST),
        v.minLength(1, HOST_LIST),
        v.maxLength(101, HOST_LIST),
      ),
    ),
    /**
     * Accepted signature algorithms: ES256, ES384, ES512, EdDSA (or its newer name Ed25519), RS256 to RS512, PS256
     * to PS512.
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
     * The issuer’s public keys, as a list of JWKs or a JWK set. Postern publishes them again at
     * `/.postern/jwks.json`. Postern does not start with a private or symmetric key. Exactly one of `keys`,
     * `jwks_url` and `discovery` is required.
     */
    keys: v.optional(inlineKeys),
    /** The URL of the issuer’s JWK set. */
    jwks_url: v.optional(v.pipe(v.string(KEYS_URL), v.check(isKeysUrl, KEYS_URL))),
    /**
     * `true`: Postern finds the JWK set in the issuer’s metadata (RFC 8414, then OpenID Connect Discovery). The
     * `issuer` in the metadata must be this one.
     */
    discovery: v.optional(v.literal(true, 'true, or nothing')),
    /** Whether discovered metadata may name keys at an origin other than its own. */
    allow_other_origin: v.optional(v.boolean('true or false'), false),
    /**
     * The client id and the audience of the event stream. `aud` of logout tokens and security event tokens from this
     * issuer must name one of them. If left out, Postern accepts no such tokens from this issuer.
     */
    event_audience: v.optional(
      v.pipe(
        v.array(audienceName, 'a list of 1 to 16 audiences'),
        v.minLength(1, 'a list of 1 to 16 audiences'),
        v.maxLength(16, 'a list of 1 to 16 audiences'),
      ),
    ),
    /**
     * The client id of Postern at this issuer, for rules with `exchange` and for `sign_in`. Its secret is in `CLIENT_SECRETS`. Needs
     * `preset = "keycard"` and `discovery = true`, because the token endpoint is in the issuer’s metadata.
     */
    client_id: v.optional(v.pipe(v.string(CLIENT_ID), v.regex(VISIBLE_ASCII, CLIENT_ID))),
    /**
     * Browsers sign in at this issuer: `{ scopes = ["openid"] }`, which are the scopes if left out. Register
     * `https://<host>/.postern/sign-in/callback` for each host of the site as a redirect URI of the client. Needs
     * `client_id` and `SIGN_IN_SECRETS`; one issuer may have it. See docs/sign-in.md.
     */
    sign_in: v.optional(signIn),
    /** Claims that a token must have, in addition to those of the preset. */
    required_claims: v.optional(
      v.pipe(
        v.array(claimName, 'a list of at most 32 claim names'),
        v.maxLength(32, 'a list of at most 32 claim names'),
      ),
      () => [],
    ),
    /** Claims that must have exactly the given value. */
    marker_claims: v.optional(
      v.pipe(
        v.record(claimName, v.union([v.string(), v.number(), v.boolean()], MARKERS), MARKERS),
        v.check(isMarkerTable, MARKERS),
      ),
    ),
    /**
     * The largest accepted difference between the issuer’s clock and Postern’s. It does not extend a Keycard token:
     * Keycard’s own verifiers refuse it from `exp` on. Seconds, 0 to 60.
     */
    clock_tolerance_seconds: v.optional(wholeNumber('seconds', 0, 60), 5),
    /** The longest accepted lifetime of a token, from `iat` to `exp`. Seconds, 60 to 2592000. */
    max_lifetime_seconds: v.optional(wholeNumber('seconds', 60, 2_592_000), 86_400),
    /**
     * Places in the session, each with the claim that fills it: `"identity.traits.email" = "email"`. These claims do
     * not replace what the issuer itself says about the session.
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
     * Claims, or places in one, that the issuer or an administrator writes: `["plan", "ext.team"]`. An issuer sets
     * some claims by itself, such as `sub`, `scope` or `roles`. Every other claim counts as written by the person,
     * and so does a place that it fills. Identity headers and assertion claims from there are the first to be left
     * out if not all fit.
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

/** One issuer of `ISSUERS`: the tokens that count as sessions, and how Postern verifies them. */
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
  v.forward(
    v.check(
      ({ client_id: client, preset, discovery }) =>
        client === undefined || (preset === 'keycard' && discovery === true),
      'an issuer with preset = "keycard" and discovery = true, which names its token endpoint; or no client_id',
    ),
    ['client_id'],
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
 * Tells whether an issuer's tokens may name their person by another name than the identity's id. With Kratos's
 * `subject_source: external_id`, `sub` is the external id. Then only a `session` claim has the identity's id.
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

/** Tells whether a claim may fill a place in the session. Names that every object inherits are excluded. */
function isFieldPath(path: string): boolean {
  const inherited = ['__proto__', 'constructor', 'prototype'];
  return isSessionPath(path) && !path.split('.').some((name) => inherited.includes(name));
}
