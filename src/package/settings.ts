// Generated from src/config by "npm run docs".

/** Postern's settings (docs/configuration.md), as code gives them. Numbers are numbers, lists are lists. */
export interface PosternSettings {
  /**
   * The URL at which clients reach Postern. Every `return_to` and every redirect to the site is built from this
   * URL, never from a request header.
   */
  readonly PUBLIC_URL: string;
  /**
   * Further hosts of the site, besides that of `PUBLIC_URL`, whose scheme they share. Case, a final dot and the
   * scheme’s own port make no difference, here or in a request. A request for any other host gets 421.
   * @default []
   */
  readonly HOSTS?: readonly string[] | undefined;
  /**
   * The URL of Kratos’s public API, as Postern reaches it; on Ory Network the project’s SDK URL. With a `KRATOS`
   * service binding the calls go to that Worker and keep this URL. Required, unless `ISSUERS` has an issuer or
   * `KEYCARD_API_URL` is set: without Kratos, only tokens are sessions ([Keycard alone](keycard-alone.md)).
   */
  readonly KRATOS_PUBLIC_URL?: string | undefined;
  /**
   * The URL at which browsers reach Kratos, if it differs from `KRATOS_PUBLIC_URL`. It then replaces
   * `KRATOS_PUBLIC_URL` in redirects. Default: `KRATOS_PUBLIC_URL`.
   */
  readonly KRATOS_BROWSER_URL?: string | undefined;
  /**
   * The sign-in page. A navigation without a session is redirected to it, with `return_to` added. Default:
   * `/self-service/login/browser` at `KRATOS_BROWSER_URL`, or at `PUBLIC_URL` with `SELF_SERVICE`. Without Kratos
   * there is no default, and such a navigation gets a page that says so.
   */
  readonly LOGIN_URL?: string | undefined;
  /**
   * The URL of the site behind the gate. Its path must be empty, because paths are forwarded as they are. On a
   * route it is equal to `PUBLIC_URL`, and the platform calls the zone’s own origin. With an `ORIGIN` service
   * binding it is not needed, and that Worker gets the public URL. Without both, Postern answers only its own
   * routes.
   */
  readonly ORIGIN_URL?: string | undefined;
  /**
   * Further origins by name, for a deployment that gates several sites. A rule’s `origin` or an origin’s `hosts`
   * leads requests there; all others go to `ORIGIN_URL` or the binding `ORIGIN`, and get 404 without these. See
   * docs/rules.md.
   * @default {}
   */
  readonly ORIGINS?: Readonly<Record<string, OriginSetting>> | undefined;
  /**
   * Names of the session cookie, compared byte for byte. Self-hosted Kratos: `session.cookie.name`; Ory Network:
   * `ory_session_<project slug>`. Several names are tried in this order, and the first good cookie counts. So put
   * a name with `__Host-` before a name that a sibling domain can set. Without Kratos no cookie is a session
   * cookie.
   * @default ["ory_kratos_session"]
   */
  readonly SESSION_COOKIE_NAMES?: readonly string[] | undefined;
  /**
   * Names of cookies that hold a token of one of `ISSUERS`. They are tried after the session cookie. Tokens are
   * also read from `Authorization: Bearer`.
   * @default []
   */
  readonly TOKEN_COOKIE_NAMES?: readonly string[] | undefined;
  /**
   * Issuers whose JWTs count as sessions. Postern verifies these JWTs without a call to the session store. See
   * docs/tokens.md.
   * @default []
   */
  readonly ISSUERS?: readonly IssuerSetting[] | undefined;
  /**
   * Secret: a table of issuer = the secret of Postern’s client there, for each issuer with `client_id`:
   * `{"https://<zone-id>.keycard.cloud":"…"}`. Set it with `wrangler secret put`.
   * @default {}
   */
  readonly CLIENT_SECRETS?: Readonly<Record<string, string>> | undefined;
  /**
   * The URL of a page for developers of clients: how to use the site’s resources. It is in the metadata of every
   * protected resource. See docs/tokens.md.
   */
  readonly RESOURCE_DOCUMENTATION_URL?: string | undefined;
  /**
   * The secret that seals the issuers’ key sets in KV, where isolates share them. Write access to KV then does not
   * allow forging a key. Set it with `wrangler secret put`. Without it each isolate fetches key sets for itself.
   */
  readonly KEY_SET_SECRET?: string | undefined;
  /**
   * For this long, an answer of the store is served without asking again. A change made directly in Kratos stays
   * unseen for at most this time.
   * @default 30
   */
  readonly FRESH_SECONDS?: number | undefined;
  /**
   * For this long after that, Postern still serves the cached session and refreshes it in the background.
   * @default 30
   */
  readonly STALE_WHILE_REVALIDATE_SECONDS?: number | undefined;
  /**
   * For this long after both, Postern still serves the cached session while the store is failing. Such answers say
   * `fwd=stale`. No session is served past its own expiry.
   * @default 300
   */
  readonly STALE_IF_ERROR_SECONDS?: number | undefined;
  /**
   * Used in place of `FRESH_SECONDS` while the store tells of its changes, so only with the binding `KRATOS_DB`. A
   * change made directly in Kratos is then seen within 3 s and `REVOCATION_LAG_SECONDS`. When the store falls
   * silent, freshness sinks to `FRESH_SECONDS` within 45 s. See docs/revocation.md.
   * @default 900
   */
  readonly TOLD_FRESH_SECONDS?: number | undefined;
  /**
   * `log`: Postern checks every cached answer against the revocation log before it uses the answer. This needs the
   * Durable Object binding `REVOCATIONS`. `off`: there is no log. A revoked session is served until its cached
   * answer is no longer fresh, and every isolate says so in its log when it starts.
   * @default "log"
   */
  readonly REVOCATION?: 'log' | 'off' | undefined;
  /**
   * The longest time that a session may still be served somewhere after its revocation was answered. An isolate in
   * use reads the log twice in this time; docs/revocation.md has what that costs.
   * @default 5
   */
  readonly REVOCATION_LAG_SECONDS?: number | undefined;
  /**
   * The number of subjects that the log names, and that every isolate holds in memory (about 200 bytes each). If
   * there are more, the oldest marks are combined into coarser marks. A coarser mark makes more sessions be
   * checked again or denied, never fewer.
   * @default 100000
   */
  readonly REVOCATION_MAX_MARKS?: number | undefined;
  /**
   * Secrets with which senders of `POST /.postern/events/webhook` sign (HMAC-SHA-256), as plain text or as
   * `whsec_` and base64. Several secrets allow rotation. Empty: the route does not exist. Keep this setting in a
   * secret.
   * @default []
   */
  readonly WEBHOOK_SECRETS?: readonly string[] | undefined;
  /**
   * Keys for senders that cannot sign, such as Kratos’s `web_hook` and its traces. These senders send a key in
   * `Authorization: Bearer` instead. Empty: every message must be signed. Keep this setting in a secret.
   * @default []
   */
  readonly WEBHOOK_API_KEYS?: readonly string[] | undefined;
  /**
   * Sessions that one isolate keeps in memory. The least recently used session is removed first.
   * @default 10000
   */
  readonly MEMORY_MAX_ENTRIES?: number | undefined;
  /**
   * Bytes of session data that one isolate keeps in memory (an isolate has 128 MB in all).
   * @default 33554432
   */
  readonly MEMORY_MAX_BYTES?: number | undefined;
  /**
   * Whether isolates of one data centre share sealed sessions, and issuers’ keys, through its cache (Cache API).
   * It is free, and saves most calls to the store that memory does not. Where the platform keeps no cache
   * (workers.dev, behind Cloudflare Access) it switches itself off. See docs/storage.md.
   * @default true
   */
  readonly LOCATION_TIER?: boolean | undefined;
  /**
   * A session is written to KV when it has been in use in one location for this long; 0: at its first check.
   * Writes are the largest cost of KV, and KV serves only those who are in a second location within minutes, or
   * while the store fails.
   * @default 600
   */
  readonly KV_WRITE_AFTER_SECONDS?: number | undefined;
  /**
   * The shortest time between two writes of a session to KV by the isolates of one location. Default: the time for
   * which a value is of use, `FRESH_SECONDS` + `STALE_WHILE_REVALIDATE_SECONDS` + `STALE_IF_ERROR_SECONDS`. (With
   * the binding `KRATOS_DB`, `TOLD_FRESH_SECONDS` in place of the first.)
   */
  readonly KV_WRITE_INTERVAL_SECONDS?: number | undefined;
  /**
   * After this time without an answer, a read of KV is abandoned. The store is asked before KV, and does not wait.
   * @default 100
   */
  readonly KV_READ_TIMEOUT_MS?: number | undefined;
  /**
   * The deadline of one call to the session store, body included.
   * @default 5000
   */
  readonly STORE_TIMEOUT_MS?: number | undefined;
  /**
   * The deadline of one attempt to get an issuer’s keys, discovery and bodies included. Keys that are already
   * known stay in use meanwhile.
   * @default 5000
   */
  readonly KEYS_TIMEOUT_MS?: number | undefined;
  /**
   * The deadline for the origin’s response headers. The body may stream for as long as it takes.
   * @default 30000
   */
  readonly ORIGIN_TIMEOUT_MS?: number | undefined;
  /**
   * The requirements of the site’s paths. The first rule that matches wins. A path without a matching rule
   * requires a session.
   * @default []
   */
  readonly RULES?: readonly RuleSetting[] | undefined;
  /**
   * Methods that the site allows besides GET, HEAD, POST, PUT, PATCH, DELETE and OPTIONS. All other methods get
   * 405 before anything is looked up.
   * @default []
   */
  readonly FURTHER_METHODS?: readonly ('COPY' | 'LOCK' | 'MKCOL' | 'MOVE' | 'PROPFIND' | 'PROPPATCH' | 'PURGE' | 'REPORT' | 'SEARCH' | 'UNLOCK')[] | undefined;
  /**
   * Spellings in paths that servers read differently, for sites that need them: `encoded_slash` (`%2F`),
   * `encoded_percent` (`%25`), `semicolon` (`;`), `double_slash` (`//`). Such a path reaches the origin as it was
   * sent. It has to satisfy the rule of every way to read it: a `%2F` as a character and as a slash, a `;` with
   * what follows it and without. A URL inside a path (`https%3A%2F%2F…`) needs `encoded_slash` and `double_slash`.
   * Paths with a form that is not listed get 400.
   * @default []
   */
  readonly ALLOWED_PATH_FORMS?: readonly ('encoded_slash' | 'encoded_percent' | 'semicolon' | 'double_slash')[] | undefined;
  /**
   * Header sets that the origin already reads: `kratos`, `remote-user` (as Authelia sends them: `Remote-User`,
   * `Remote-Name`, `Remote-Email`, `Remote-Groups`), `x-auth-request` (as oauth2-proxy does:
   * `X-Auth-Request-User`, …). `docs/identity.md` has the places in the session for each one.
   * @default []
   */
  readonly IDENTITY_PRESETS?: readonly ('kratos' | 'remote-user' | 'x-auth-request')[] | undefined;
  /**
   * Headers that the origin receives, each from a place in the session: `identity.traits.email`, or
   * `session.identity.traits.email` as in the conditions of `RULES`. A header here replaces a preset’s header of
   * the same name. Client copies of these and of every other identity header are removed first, in every spelling.
   * Default: `{"X-User-Id":"identity.id"}`, and with a preset none.
   */
  readonly IDENTITY_HEADERS?: Readonly<Record<string, string>> | undefined;
  /**
   * The size limit of all identity headers together, names included, so that the origin never refuses a request
   * for their size. Values from the store and from administrators (ids, `metadata_public`, the assurance level) go
   * first. If these alone do not fit, the request gets 503 `identity_too_large`. Values that the person wrote
   * (traits, devices) go last; a header that no longer fits is left out whole. In both cases the log names what
   * did not fit.
   * @default 4096
   */
  readonly IDENTITY_HEADERS_MAX_BYTES?: number | undefined;
  /**
   * Client headers that the application needs although other products trust them as proof of identity, such as
   * `X-Auth-Token` and `X-User-Id` of Rocket.Chat. Give exact names, in the spelling with dashes only. These
   * headers pass in requests and responses, on every path; a rule’s `forwarded_headers` adds to them. `npm run
   * check-config` names the products that trust them. See docs/identity.md.
   * @default []
   */
  readonly FORWARDED_HEADERS?: readonly string[] | undefined;
  /**
   * Secret: a JWK set of private keys (ES256 or EdDSA, each with a `kid`). With it every request of a signed-in
   * person carries `X-Session-Assertion`. The origin can verify this JWT against `/.postern/jwks.json`
   * (`docs/assertion.md`). The first key signs, and all keys are published. To rotate, append the new key, wait
   * ten minutes, move it to the front, wait again, remove the old one.
   */
  readonly ASSERTION_KEYS?: { readonly keys: readonly Readonly<Record<string, unknown>>[] } | undefined;
  /**
   * Further claims of the assertion, each from a place in the session, such as
   * `{"email":"identity.traits.email"}`. An assertion has at most 2 KiB. Claims share this space as headers share
   * `IDENTITY_HEADERS_MAX_BYTES`.
   * @default {}
   */
  readonly ASSERTION_CLAIMS?: Readonly<Record<string, string>> | undefined;
  /**
   * Secrets for other proxies (nginx, Traefik, Caddy, Envoy). A proxy sends one in `Postern-Proxy-Secret`, to
   * prove that it may ask about the requests that it describes (`docs/forward-auth.md`). Several secrets allow
   * rotation. Without any, `/.postern/auth/…` does not exist.
   */
  readonly FORWARD_AUTH_SECRETS?: readonly string[] | undefined;
  /**
   * The path of the session API on the site’s host, for a site that itself needs paths such as `/sessions`. The
   * providers’ own paths follow it: `/auth/sessions`, `/auth/admin/sessions`, `/auth/self-service/login`.
   * `/sessions/whoami` stays where it is. Default: no path in front.
   */
  readonly SESSION_API_PATH?: string | undefined;
  /**
   * Whether Postern answers Kratos’s `/self-service/…` on the site’s own host. People then sign in, prove a second
   * factor, change settings and sign out there with first-party cookies. `LOGIN_URL` and redirects for a second
   * factor then point at `PUBLIC_URL`. The pages that show the forms (Kratos’s `ui_url`s) have to be on that host
   * too, at paths with `session = "none"`.
   * @default false
   */
  readonly SELF_SERVICE?: boolean | undefined;
  /**
   * Set this if Kratos ends a person’s other sessions at sign-in, because its hook `revoke_active_sessions` stands
   * after `login`. Postern then marks those sessions and their tokens as ended at every sign-in. It refuses a
   * sign-in while it cannot write to the revocation log. Each sign-in takes one mark for as long as a token lives:
   * see `REVOCATION_MAX_MARKS`. Without this setting, Postern only checks the sessions again at every sign-in, and
   * their tokens stay valid.
   * @default false
   */
  readonly SIGN_IN_ENDS_SESSIONS?: boolean | undefined;
  /**
   * Origins besides `PUBLIC_URL` that are trusted like the site itself. The request’s `Origin` is compared exactly
   * (`https://spa.example.com`, or an app’s `capacitor://localhost`). Pages of these origins may change sessions
   * with the visitor’s cookie. They may also ask and read (CORS) whoami, `/sessions` and, if Postern answers it,
   * `/self-service`.
   * @default []
   */
  readonly ALLOWED_ORIGINS?: readonly string[] | undefined;
  /**
   * A guard for the admin routes: a request with one of these secrets in `Authorization: Bearer` passes. Each also
   * opens the [status page](status.md). Several secrets allow rotation. Put this setting in a secret, not in
   * `[vars]`.
   */
  readonly ADMIN_SECRETS?: readonly string[] | undefined;
  /**
   * A guard for the admin routes: Cloudflare Access. The value is the team’s URL,
   * `https://<team>.cloudflareaccess.com`. The team must have signed the assertion of a request. Needs
   * `ACCESS_AUDIENCE`.
   */
  readonly ACCESS_TEAM_DOMAIN?: string | undefined;
  /**
   * The Application Audience tags of the Access applications in front of the admin routes. Required with
   * `ACCESS_TEAM_DOMAIN`; otherwise a user of any application of the team would pass.
   */
  readonly ACCESS_AUDIENCE?: readonly string[] | undefined;
  /**
   * The URL of Kratos’s admin API, as Postern reaches it; on Ory Network the project’s SDK URL. Without this URL,
   * or without a guard, `/admin/…` answers 404. Postern also asks this API whose an address is, and which external
   * id a person has if tokens may name people by it. With a `KRATOS_ADMIN` service binding the calls go to that
   * Worker and keep this URL.
   */
  readonly KRATOS_ADMIN_URL?: string | undefined;
  /**
   * An Ory Network API key, sent to the admin API as a bearer. Put it in a secret. Self-hosted Kratos needs none.
   */
  readonly KRATOS_ADMIN_API_KEY?: string | undefined;
  /**
   * The URL of Keycard’s API, as Postern reaches it: `https://api.keycard.ai`. Without this URL there is no
   * `/zones/…`. With a `KEYCARD` service binding the calls go to that Worker and keep this URL.
   */
  readonly KEYCARD_API_URL?: string | undefined;
  /**
   * The URL that issues tokens for the service account. Default: `/service-account-token` at `KEYCARD_API_URL`.
   */
  readonly KEYCARD_TOKEN_URL?: string | undefined;
  /**
   * The service account with which Postern calls Keycard for callers who pass the guard. Needs
   * `KEYCARD_CLIENT_SECRET`. Without a service account, callers bring their own bearer.
   */
  readonly KEYCARD_CLIENT_ID?: string | undefined;
  /**
   * The service account’s secret. Put it in a secret, and `KEYCARD_CLIENT_ID` with it.
   */
  readonly KEYCARD_CLIENT_SECRET?: string | undefined;
  /**
   * Zones that callers may ask about; other zones get 404. Default: the zones of the `keycard` issuers of
   * `ISSUERS` (`https://<zone>.keycard.cloud`). Without such an issuer the setting is required. If no token of a
   * zone is trusted here, its sessions are ended at Keycard only, and leave no mark here.
   */
  readonly KEYCARD_ZONES?: readonly string[] | undefined;
  /**
   * Data of the site that a browser deletes when a person signs out at `/.postern/sign-out` (`Clear-Site-Data`):
   * `cache`, `storage`, `cookies`. `cookies` deletes the cookies of the whole registrable domain, those of other
   * sites on it too. Default: none.
   * @default []
   */
  readonly SIGN_OUT_CLEAR_SITE_DATA?: readonly ('cache' | 'cookies' | 'storage')[] | undefined;
  /**
   * Secrets that seal the cookies of browsers that sign in at an issuer (`sign_in` in `ISSUERS`, which needs
   * them). The first one seals, and all of them open. To rotate, put the new secret in front, and remove the old
   * one a day later.
   */
  readonly SIGN_IN_SECRETS?: readonly string[] | undefined;
  /**
   * The site’s name, on top of every page and in its title. Default: the host of `PUBLIC_URL`.
   */
  readonly SITE_NAME?: string | undefined;
  /**
   * The URL of the site’s logo, which stands on top of every page in place of the name. It is shown at most 48
   * pixels high, on light and on dark ground. An image at the site itself needs a rule with `session = "none"`.
   */
  readonly SITE_LOGO_URL?: string | undefined;
  /**
   * The colour of the buttons, as `#rrggbb`. The text on them is black or white, whichever has the greater
   * contrast, which is at least 4.5:1 on every colour.
   */
  readonly SITE_ACCENT_COLOR?: string | undefined;
  /**
   * A link to help for people, on every page: an https URL, or an address as `mailto:help@example.com`.
   */
  readonly SITE_SUPPORT_URL?: string | undefined;
  /**
   * HTML of your own around the content of every page, with placeholders such as `{{content}}`: [pages for
   * people](pages.md#a-template-of-your-own). Cloudflare takes at most 5 KB as a variable.
   */
  readonly PAGE_TEMPLATE?: string | undefined;
  /**
   * The language of every page: `en`, `de`, `fr`, `es`, `pt`, `ja`, `zh` or `ar`. Default: the one of these that
   * the browser asks for (`Accept-Language`), or English.
   */
  readonly SITE_LANGUAGE?: 'en' | 'de' | 'fr' | 'es' | 'pt' | 'ja' | 'zh' | 'ar' | undefined;
  /**
   * The decisions that are logged, one JSON line each: all, only those that are not a pass, or none. Configuration
   * errors are always logged.
   * @default "all"
   */
  readonly DECISION_LOG?: 'all' | 'refused' | 'none' | undefined;
  /**
   * Whether answers of whoami and the gate say how long they waited, in `Server-Timing`: `session` and, for the
   * site’s answers, `origin`, in milliseconds. Browsers show it beside each request.
   * @default false
   */
  readonly SERVER_TIMING?: boolean | undefined;
  /**
   * The number of cached answers of which one is compared with the store’s own answer, behind the response. With
   * 0, none is compared. The results tell how often cached answers were wrong ([Is the cache
   * right?](status.md#is-the-cache-right)).
   * @default 1000
   */
  readonly VERIFY_SAMPLE?: number | undefined;
  /**
   * The most such comparisons of one isolate in a second. Each is a call to the store.
   * @default 1
   */
  readonly VERIFY_MAX_PER_SECOND?: number | undefined;
}

/** An item of `RULES`. */
export interface RuleSetting {
  /**
   * URLPattern syntax without custom regular expressions: literal segments, `:name` for one segment, a final `*`
   * for everything below. Case-sensitive. The query is ignored.
   */
  readonly path: string;
  /**
   * One of the site’s hosts (`PUBLIC_URL`, `HOSTS`), in any spelling that those may have. If left out, the rule is
   * for every host.
   */
  readonly host?: string | undefined;
  /**
   * The methods that the rule is for; all methods if left out. GET includes HEAD.
   */
  readonly methods?: readonly ('GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS' | 'COPY' | 'LOCK' | 'MKCOL' | 'MOVE' | 'PROPFIND' | 'PROPPATCH' | 'PURGE' | 'REPORT' | 'SEARCH' | 'UNLOCK')[] | undefined;
  /**
   * `none`: every request passes, and no session is looked up. `optional`: every request passes; requests of
   * signed-in users carry identity headers. `required`: only requests of signed-in users pass.
   */
  readonly session: 'none' | 'optional' | 'required';
  /**
   * The name of an origin in `ORIGINS`, which gets the requests of this rule. If left out: the origin that has the
   * requested host in its `hosts`, else that of `ORIGIN_URL` or the binding `ORIGIN`.
   */
  readonly origin?: string | undefined;
  /**
   * The lowest accepted `authenticator_assurance_level`. Users below it are sent to prove a second factor (403, or
   * a redirect for navigations).
   */
  readonly aal?: 'aal1' | 'aal2' | 'aal3' | undefined;
  /**
   * The longest accepted time since the person last proved who they are (`authenticated_at`): a whole number and
   * `s`, `m`, `h` or `d`, such as `"15m"`. Other users are sent to sign in once more.
   */
  readonly authenticated_within?: string | undefined;
  /**
   * The scopes that the token must have, every one of them: `["read"]`. They are compared whole. A token without
   * them gets 403 `insufficient_scope`, and so does every session without a token.
   * @default []
   */
  readonly scopes?: readonly string[] | undefined;
  /**
   * A condition over the session document in CEL (cel.dev), such as `"admin" in
   * session.identity.metadata_public.roles`. If it is not true, the answer is 403. If its evaluation fails, for
   * example because a member is missing, the answer is 403 too, and the log says why. People may write their own
   * traits, so decide on `metadata_public` or verified addresses.
   */
  readonly allow?: string | undefined;
  /**
   * `strict`: the store checks the session while the request waits, and no cached answer is used.
   * @default "normal"
   */
  readonly freshness?: 'normal' | 'strict' | undefined;
  /**
   * Origins (`https://spa.example.com`, an app’s `capacitor://localhost`) for cross-origin requests under this
   * rule. Postern itself answers their CORS preflights. Their pages may read Postern’s denials and faults of such
   * requests, and may open WebSockets here. The request that follows a preflight still needs its session.
   * @default []
   */
  readonly preflight?: readonly string[] | undefined;
  /**
   * The URL of a resource, spelled as its issuer has it: `"https://api.example.com"`. The origin receives a token
   * for this resource in `Authorization: Bearer`, which Postern gets from the issuer in exchange for the caller’s
   * token (RFC 8693). Only tokens of an issuer with `client_id` pass, and the caller’s own credential never
   * reaches the origin. See docs/tokens.md.
   */
  readonly exchange?: string | undefined;
  /**
   * Whether the origin receives the session credential itself, as the client presented it.
   * @default false
   */
  readonly forward_credentials?: boolean | undefined;
  /**
   * Further `FORWARDED_HEADERS`, for the requests and responses of this rule.
   * @default []
   */
  readonly forwarded_headers?: readonly string[] | undefined;
  /**
   * The identity headers of this rule’s requests, in place of `IDENTITY_HEADERS` and `IDENTITY_PRESETS`. An empty
   * table: none. The assertion is sent all the same.
   */
  readonly identity_headers?: Readonly<Record<string, string>> | undefined;
  /**
   * `no-store`: the response is sent with `Cache-Control: private, no-store`. `origin`: the origin’s own header is
   * kept. Use it only for paths whose content is the same for everyone.
   * @default "no-store"
   */
  readonly cache_control?: 'no-store' | 'origin' | undefined;
  /**
   * Whether a response that is still under way (server-sent events, a long download) is cut off within
   * `REVOCATION_LAG_SECONDS` after its session was revoked, and when the session expires. Postern then asks the
   * origin for uncompressed responses.
   * @default false
   */
  readonly cut_streams?: boolean | undefined;
}

/** An item of `ISSUERS`. */
export interface IssuerSetting {
  /**
   * The `iss` claim, compared exactly. Kratos writes its public base URL with a slash at the end.
   */
  readonly issuer: string;
  /**
   * The kind of tokens. It decides which claims they have, and how their sessions look. `kratos`: Kratos’s
   * tokenizer (`sid`, `sub`, the mapper’s `session`). `keycard`: access tokens of a Keycard zone (`sub`,
   * `client_id`, `scope`).
   */
  readonly preset: 'kratos' | 'keycard';
  /**
   * The audience: `aud` must name one of these. Use `false` for tokens without `aud`, such as Kratos’s if their
   * mapper adds none. `marker_claims` must then distinguish them from other tokens of the issuer, and a token that
   * has an `aud` is refused. The URL of a host of the site, with or without a path, is good on that host only.
   */
  readonly audience: false | string | readonly string[];
  /**
   * The hosts on which this issuer’s tokens are good, each in any spelling that `PUBLIC_URL` and `HOSTS` may have.
   * If left out: all hosts of the site.
   */
  readonly hosts?: readonly string[] | undefined;
  /**
   * Accepted signature algorithms: ES256, ES384, ES512, EdDSA (or its newer name Ed25519), RS256 to RS512, PS256
   * to PS512.
   */
  readonly algorithms: readonly ('ES256' | 'ES384' | 'ES512' | 'EdDSA' | 'Ed25519' | 'RS256' | 'RS384' | 'RS512' | 'PS256' | 'PS384' | 'PS512')[];
  /**
   * The issuer’s public keys, as a list of JWKs or a JWK set. Postern publishes them again at
   * `/.postern/jwks.json`. Postern does not start with a private or symmetric key. Exactly one of `keys`,
   * `jwks_url` and `discovery` is required.
   */
  readonly keys?: readonly Readonly<Record<string, unknown>>[] | undefined;
  /**
   * The URL of the issuer’s JWK set.
   */
  readonly jwks_url?: string | undefined;
  /**
   * `true`: Postern finds the JWK set in the issuer’s metadata (RFC 8414, then OpenID Connect Discovery). The
   * `issuer` in the metadata must be this one.
   */
  readonly discovery?: true | undefined;
  /**
   * Whether discovered metadata may name keys at an origin other than its own.
   * @default false
   */
  readonly allow_other_origin?: boolean | undefined;
  /**
   * The client id and the audience of the event stream. `aud` of logout tokens and security event tokens from this
   * issuer must name one of them. If left out, Postern accepts no such tokens from this issuer.
   */
  readonly event_audience?: readonly string[] | undefined;
  /**
   * The client id of Postern at this issuer, for rules with `exchange` and for `sign_in`. Its secret is in
   * `CLIENT_SECRETS`. Needs `preset = "keycard"` and `discovery = true`, because the token endpoint is in the
   * issuer’s metadata.
   */
  readonly client_id?: string | undefined;
  /**
   * Browsers sign in at this issuer: `{ scopes = ["openid"] }`, which are the scopes if left out. Register
   * `https://<host>/.postern/sign-in/callback` for each host of the site as a redirect URI of the client. Needs
   * `client_id` and `SIGN_IN_SECRETS`; one issuer may have it. See docs/sign-in.md.
   */
  readonly sign_in?: { readonly scopes?: readonly string[] | undefined } | undefined;
  /**
   * Claims that a token must have, in addition to those of the preset.
   * @default []
   */
  readonly required_claims?: readonly string[] | undefined;
  /**
   * Claims that must have exactly the given value.
   */
  readonly marker_claims?: Readonly<Record<string, string | number | boolean>> | undefined;
  /**
   * The largest accepted difference between the issuer’s clock and Postern’s. It does not extend a Keycard token:
   * Keycard’s own verifiers refuse it from `exp` on. Seconds, 0 to 60.
   * @default 5
   */
  readonly clock_tolerance_seconds?: number | undefined;
  /**
   * The longest accepted lifetime of a token, from `iat` to `exp`. Seconds, 60 to 2592000.
   * @default 86400
   */
  readonly max_lifetime_seconds?: number | undefined;
  /**
   * Places in the session, each with the claim that fills it: `"identity.traits.email" = "email"`. These claims do
   * not replace what the issuer itself says about the session.
   * @default {}
   */
  readonly session_fields?: Readonly<Record<string, string>> | undefined;
  /**
   * Claims, or places in one, that the issuer or an administrator writes: `["plan", "ext.team"]`. An issuer sets
   * some claims by itself, such as `sub`, `scope` or `roles`. Every other claim counts as written by the person,
   * and so does a place that it fills. Identity headers and assertion claims from there are the first to be left
   * out if not all fit.
   * @default []
   */
  readonly trusted_claims?: readonly string[] | undefined;
}

/** An item of `ORIGINS`. */
export interface OriginSetting {
  /**
   * Scheme, host and port of the origin, as in `ORIGIN_URL`. With `binding` it may be left out: the origin then
   * gets the public URL of the requested host.
   */
  readonly url?: string | undefined;
  /**
   * The name of a service binding of this Worker, through which the origin is called. Without it, `url` is called
   * over the network.
   */
  readonly binding?: string | undefined;
  /**
   * Hosts of the site (`PUBLIC_URL`, `HOSTS`) whose requests go to this origin, unless their rule names another.
   */
  readonly hosts?: readonly string[] | undefined;
  /**
   * The beginning of the path that this origin does not get: with `"/api"` it gets `/users` for `/api/users`.
   * Every rule that names this origin must have a `path` below it. See docs/rules.md.
   */
  readonly strip_prefix?: string | undefined;
  /**
   * The audience (`aud`) of assertions for this origin. Default: `url`; without it, the origin’s name.
   */
  readonly audience?: string | undefined;
  /**
   * The deadline for this origin’s response headers, in milliseconds. Default: `ORIGIN_TIMEOUT_MS`.
   */
  readonly timeout_ms?: number | undefined;
}
