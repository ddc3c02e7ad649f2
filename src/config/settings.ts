// Pure: no I/O, no clock. Every setting's name, meaning, unit, default and error text is in this folder and nowhere
// else. docs/configuration.md is generated from it.
import * as v from 'valibot';
import { signingKeys } from '../forwarding/assertion-keys.ts';
import { IDENTITY_PRESETS, type IdentityPreset } from '../forwarding/identity-presets.ts';
import { PATH_FORMS } from '../http/path-readings.ts';
import { clientSecrets } from './exchange-settings.ts';
import { assertionClaims, forwardedHeaders, identityHeaders } from './identity-header-settings.ts';
import { issuers } from './issuer-settings.ts';
import { observabilitySettings } from './observability-settings.ts';
import { origins, originTimeout } from './origin-settings.ts';
import { PAGE_SETTINGS } from './page-settings.ts';
import { revocationSettings } from './revocation-settings.ts';
import { rule } from './rule-settings.ts';
import { SESSION_API_SETTINGS } from './session-api-settings.ts';
import {
  baseUrl,
  FURTHER_METHOD_NAMES,
  flag,
  hostName,
  isPattern,
  json,
  listOf,
  originUrl,
  pageUrl,
  siteUrl,
  wholeNumber,
} from './setting-types.ts';
import { SIGN_IN_SETTINGS } from './sign-in-settings.ts';

const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/; // RFC 9110 token
const EXACT_NAME = 'a cookie name (RFC 6265), no pattern';

const cookieName = v.pipe(
  v.string(EXACT_NAME),
  v.check((name) => COOKIE_NAME.test(name) && !isPattern(name), EXACT_NAME),
);

const PRESET_NAMES = Object.keys(IDENTITY_PRESETS) as IdentityPreset[]; // the table's own keys

/** Every setting, in the order and under the headings of the documentation. */
export const SETTINGS = {
  Addresses: {
    /**
     * The URL at which clients reach Postern. Every `return_to` and every redirect to the site is built from this
     * URL, never from a request header.
     */
    PUBLIC_URL: siteUrl(),
    /**
     * Further hosts of the site, besides that of `PUBLIC_URL`, whose scheme they share. Case, a final dot and the
     * scheme’s own port make no difference, here or in a request. A request for any other host gets 421.
     */
    HOSTS: v.optional(listOf(hostName(), [0, 100], 'a list of at most 100 host names'), () => []),
    /**
     * The URL of Kratos’s public API, as Postern reaches it; on Ory Network the project’s SDK URL. With a `KRATOS`
     * service binding the calls go to that Worker and keep this URL. Required, unless `ISSUERS` has an issuer or
     * `KEYCARD_API_URL` is set: without Kratos, only tokens are sessions ([Keycard alone](keycard-alone.md)).
     */
    KRATOS_PUBLIC_URL: v.optional(baseUrl()),
    /**
     * The URL at which browsers reach Kratos, if it differs from `KRATOS_PUBLIC_URL`. It then replaces
     * `KRATOS_PUBLIC_URL` in redirects. Default: `KRATOS_PUBLIC_URL`.
     */
    KRATOS_BROWSER_URL: v.optional(baseUrl()),
    /**
     * The sign-in page. A navigation without a session is redirected to it, with `return_to` added. Default:
     * `/self-service/login/browser` at `KRATOS_BROWSER_URL`, or at `PUBLIC_URL` with `SELF_SERVICE`. Without Kratos
     * there is no default, and such a navigation gets a page that says so.
     */
    LOGIN_URL: v.optional(baseUrl()),
    /**
     * The URL of the site behind the gate. Its path must be empty, because paths are forwarded as they are. On a
     * route it is equal to `PUBLIC_URL`, and the platform calls the zone’s own origin. With an `ORIGIN` service
     * binding it is not needed, and that Worker gets the public URL. Without both, Postern answers only its own
     * routes.
     */
    ORIGIN_URL: v.optional(originUrl()),
    /**
     * Further origins by name, for a deployment that gates several sites. A rule’s `origin` or an origin’s `hosts` leads requests
     * there; all others go to `ORIGIN_URL` or the binding `ORIGIN`, and get 404 without these. See
     * docs/rules.md.
     */
    ORIGINS: v.optional(origins, () => ({})),
  },
  Credentials: {
    /**
     * Names of the session cookie, compared byte for byte. Self-hosted Kratos: `session.cookie.name`; Ory Network:
     * `ory_session_<project slug>`. Several names are tried in this order, and the first good cookie counts. So put
     * a name with `__Host-` before a name that a sibling domain can set. Without Kratos no cookie is a session cookie.
     */
    SESSION_COOKIE_NAMES: v.optional(
      listOf(cookieName, [1, 4], 'a list of 1 to 4 cookie names'),
      () => ['ory_kratos_session'],
    ),
    /**
     * Names of cookies that hold a token of one of `ISSUERS`. They are tried after the session cookie. Tokens are
     * also read from `Authorization: Bearer`.
     */
    TOKEN_COOKIE_NAMES: v.optional(
      listOf(cookieName, [0, 4], 'a list of at most 4 cookie names'),
      () => [],
    ),
  },
  Tokens: {
    /**
     * Issuers whose JWTs count as sessions. Postern verifies these JWTs without a call to the session store. See
     * docs/tokens.md.
     */
    ISSUERS: v.optional(issuers, () => []),
    /**
     * Secret: a table of issuer = the secret of Postern’s client there, for each issuer with `client_id`:
     * `{"https://<zone-id>.keycard.cloud":"…"}`. Set it with `wrangler secret put`.
     */
    CLIENT_SECRETS: v.optional(clientSecrets, () => ({})),
    /**
     * The URL of a page for developers of clients: how to use the site’s resources. It is in the metadata of every
     * protected resource. See docs/tokens.md.
     */
    RESOURCE_DOCUMENTATION_URL: v.optional(pageUrl()),
    /**
     * The secret that seals the issuers’ key sets in KV, where isolates share them. Write access to KV then does not
     * allow forging a key. Set it with `wrangler secret put`. Without it each isolate fetches key sets for itself.
     */
    KEY_SET_SECRET: v.optional(
      v.pipe(
        v.string('a secret of 32 to 256 characters'),
        v.minLength(32, 'a secret of 32 to 256 characters'),
        v.maxLength(256, 'a secret of 32 to 256 characters'),
      ),
    ),
  },
  Freshness: {
    /**
     * For this long, an answer of the store is served without asking again. A change made directly in Kratos stays
     * unseen for at most this time.
     */
    FRESH_SECONDS: v.optional(wholeNumber('seconds', 1, 3600), 30),
    /** For this long after that, Postern still serves the cached session and refreshes it in the background. */
    STALE_WHILE_REVALIDATE_SECONDS: v.optional(wholeNumber('seconds', 0, 3600), 30),
    /**
     * For this long after both, Postern still serves the cached session while the store is failing. Such answers say
     * `fwd=stale`. No session is served past its own expiry.
     */
    STALE_IF_ERROR_SECONDS: v.optional(wholeNumber('seconds', 0, 86400), 300),
    /**
     * Used in place of `FRESH_SECONDS` while the store tells of its changes, so only with the binding `KRATOS_DB`. A
     * change made directly in Kratos is then seen within 3 s and `REVOCATION_LAG_SECONDS`. When the store falls silent,
     * freshness sinks to `FRESH_SECONDS` within 45 s. See docs/revocation.md.
     */
    TOLD_FRESH_SECONDS: v.optional(wholeNumber('seconds', 1, 3600), 900),
  },
  Revocation: revocationSettings,
  Tiers: {
    /** Sessions that one isolate keeps in memory. The least recently used session is removed first. */
    MEMORY_MAX_ENTRIES: v.optional(wholeNumber('entries', 1, 1_000_000), 10_000),
    /** Bytes of session data that one isolate keeps in memory (an isolate has 128 MB in all). */
    MEMORY_MAX_BYTES: v.optional(wholeNumber('bytes', 65_536, 67_108_864), 33_554_432),
    /**
     * Whether isolates of one data centre share sealed sessions, and issuers’ keys, through its cache (Cache API). It is
     * free, and saves most calls to the store that memory does not. Where the platform keeps no cache (workers.dev,
     * behind Cloudflare Access) it switches itself off. See docs/storage.md.
     */
    LOCATION_TIER: flag(true),
    /**
     * A session is written to KV when it has been in use in one location for this long; 0: at its first check. Writes
     * are the largest cost of KV, and KV serves only those who are in a second location within minutes, or while the
     * store fails.
     */
    KV_WRITE_AFTER_SECONDS: v.optional(wholeNumber('seconds', 0, 86400), 600),
    /**
     * The shortest time between two writes of a session to KV by the isolates of one location. Default: the time for
     * which a value is of use, `FRESH_SECONDS` + `STALE_WHILE_REVALIDATE_SECONDS` + `STALE_IF_ERROR_SECONDS`. (With
     * the binding `KRATOS_DB`, `TOLD_FRESH_SECONDS` in place of the first.)
     */
    KV_WRITE_INTERVAL_SECONDS: v.optional(wholeNumber('seconds', 1, 86400)),
    /** After this time without an answer, a read of KV is abandoned. The store is asked before KV, and does not wait. */
    KV_READ_TIMEOUT_MS: v.optional(wholeNumber('milliseconds', 10, 5000), 100),
  },
  Deadlines: {
    /** The deadline of one call to the session store, body included. */
    STORE_TIMEOUT_MS: v.optional(wholeNumber('milliseconds', 100, 9000), 5000),
    /**
     * The deadline of one attempt to get an issuer’s keys, discovery and bodies included. Keys that are already
     * known stay in use meanwhile.
     */
    KEYS_TIMEOUT_MS: v.optional(wholeNumber('milliseconds', 100, 9000), 5000),
    /** The deadline for the origin’s response headers. The body may stream for as long as it takes. */
    ORIGIN_TIMEOUT_MS: v.optional(originTimeout(), 30_000),
  },
  Gate: {
    /**
     * The requirements of the site’s paths. The first rule that matches wins. A path without a matching rule
     * requires a session.
     */
    RULES: v.optional(listOf(rule, [0, 200], 'a list of at most 200 rules'), () => []),
    /**
     * Methods that the site allows besides GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS. All other methods get
     * 405 before anything is looked up.
     */
    FURTHER_METHODS: v.optional(
      listOf(
        v.picklist(FURTHER_METHOD_NAMES, `one of ${FURTHER_METHOD_NAMES.join(', ')}`),
        [0, FURTHER_METHOD_NAMES.length],
        'a list of methods',
      ),
      () => [],
    ),
    /**
     * Spellings in paths that servers read differently, for sites that need them: `encoded_slash` (`%2F`),
     * `encoded_percent` (`%25`), `semicolon` (`;`), `double_slash` (`//`). Such a path reaches the origin as it was
     * sent. It has to satisfy the rule of every way to read it: a `%2F` as a character and as a slash, a `;` with
     * what follows it and without. A URL inside a path (`https%3A%2F%2F…`) needs `encoded_slash` and `double_slash`.
     * Paths with a form that is not listed get 400.
     */
    ALLOWED_PATH_FORMS: v.optional(
      listOf(
        v.picklist(PATH_FORMS, `one of ${PATH_FORMS.join(', ')}`),
        [0, PATH_FORMS.length],
        'a list of path forms',
      ),
      () => [],
    ),
  },
  Identity: {
    /**
     * Header sets that the origin already reads: `kratos`, `remote-user` (as Authelia sends them: `Remote-User`,
     * `Remote-Name`, `Remote-Email`, `Remote-Groups`), `x-auth-request` (as oauth2-proxy does:
     * `X-Auth-Request-User`, …). `docs/identity.md` has the places in the session for each one.
     */
    IDENTITY_PRESETS: v.optional(
      listOf(
        v.picklist(PRESET_NAMES, `one of ${PRESET_NAMES.join(', ')}`),
        [0, PRESET_NAMES.length],
        'a list of presets',
      ),
      () => [],
    ),
    /**
     * Headers that the origin receives, each from a place in the session: `identity.traits.email`, or
     * `session.identity.traits.email` as in the conditions of `RULES`. A header here replaces a preset’s header
     * of the same name. Client copies of these and of every other identity header are removed first, in every
     * spelling. Default: `{"X-User-Id":"identity.id"}`, and with a preset none.
     */
    IDENTITY_HEADERS: v.optional(identityHeaders),
    /**
     * The size limit of all identity headers together, names included, so that the origin never refuses a request
     * for their size. Values from the store and from administrators (ids, `metadata_public`, the assurance level) go
     * first. If these alone do not fit, the request gets 503 `identity_too_large`. Values that the person wrote
     * (traits, devices) go last; a header that no longer fits is left out whole. In both cases the log names
     * what did not fit.
     */
    IDENTITY_HEADERS_MAX_BYTES: v.optional(wholeNumber('bytes', 512, 16_384), 4096),
    /**
     * Client headers that the application needs although other products trust them as proof of identity, such as
     * `X-Auth-Token` and `X-User-Id` of Rocket.Chat. Give exact names, in the spelling with dashes only. These
     * headers pass in requests and responses, on every path; a rule’s `forwarded_headers` adds to them. `npm run
     * check-config` names the products that trust them. See docs/identity.md.
     */
    FORWARDED_HEADERS: v.optional(forwardedHeaders, () => []),
    /**
     * Secret: a JWK set of private keys (ES256 or EdDSA, each with a `kid`). With it every request of a signed-in
     * person carries `X-Session-Assertion`. The origin can verify this JWT against `/.postern/jwks.json`
     * (`docs/assertion.md`). The first key signs, and all keys are published. To rotate, append the new key, wait
     * ten minutes, move it to the front, wait again, remove the old one.
     */
    ASSERTION_KEYS: v.optional(json(signingKeys)),
    /**
     * Further claims of the assertion, each from a place in the session, such as
     * `{"email":"identity.traits.email"}`. An assertion has at most 2 KiB. Claims share this space
     * as headers share `IDENTITY_HEADERS_MAX_BYTES`.
     */
    ASSERTION_CLAIMS: v.optional(assertionClaims, () => ({})),
  },
  'Forward-auth': {
    /**
     * Secrets for other proxies (nginx, Traefik, Caddy, Envoy). A proxy sends one in `Postern-Proxy-Secret`, to
     * prove that it may ask about the requests that it describes (`docs/forward-auth.md`). Several secrets allow
     * rotation. Without any, `/.postern/auth/…` does not exist.
     */
    FORWARD_AUTH_SECRETS: v.optional(
      listOf(
        v.pipe(
          v.string('a secret of 32 to 256 characters'),
          v.regex(/^[\x21-\x7e]{32,256}$/, 'a secret of 32 to 256 visible ASCII characters'),
        ),
        [1, 4],
        'a list of 1 to 4 secrets, as ["…"]',
      ),
    ),
  },
  'Session API': SESSION_API_SETTINGS,
  'Sign-in': SIGN_IN_SETTINGS,
  Pages: PAGE_SETTINGS,
  Observability: observabilitySettings,
} as const;
