// Pure: no I/O, no clock.
import * as v from 'valibot';
import { baseUrl, flag, json, listOf, originUrl, pageOrigin } from './setting-types.ts';

/** Secrets have no dot, so that a secret is never taken for a JWT, nor a JWT for a secret. */
const SECRET = /^[A-Za-z0-9_~+/=-]{32,512}$/;
const MOUNT_PATH = /^(?:\/[A-Za-z0-9_-]+){1,4}$/;
const ZONE_ID = /^[A-Za-z0-9_-]{1,128}$/;
const HEADER_VALUE = /^[\x21-\x7e]{1,4096}$/;

const headerValue = (expected: string) =>
  v.pipe(v.string(expected), v.regex(HEADER_VALUE, expected));

/** Settings for listing, reading and ending sessions: Kratos public, Kratos admin, Keycard. */
export const SESSION_API_SETTINGS = {
  /**
   * The path of the session API on the site’s host, for a site that itself needs paths such as `/sessions`. The
   * providers’ own paths follow it: `/auth/sessions`, `/auth/admin/sessions`, `/auth/self-service/login`.
   * `/sessions/whoami` stays where it is. Default: no path in front.
   */
  SESSION_API_PATH: v.optional(
    v.pipe(
      v.string('a path, such as /auth'),
      v.regex(MOUNT_PATH, 'a path of letters, digits, "_" and "-", such as /auth'),
    ),
  ),
  /**
   * Whether Postern answers Kratos’s `/self-service/…` on the site’s own host. People then sign in, prove a second
   * factor, change settings and sign out there with first-party cookies. `LOGIN_URL` and redirects for a second
   * factor then point at `PUBLIC_URL`. The pages that show the forms (Kratos’s `ui_url`s) have to be on that host
   * too, at paths with `session = "none"`.
   */
  SELF_SERVICE: flag(),
  /**
   * Set this if Kratos ends a person’s other sessions at sign-in, because its hook `revoke_active_sessions` stands
   * after `login`. Postern then marks those sessions and their tokens as ended at every sign-in. It refuses a
   * sign-in while it cannot write to the revocation log. Each sign-in takes one mark for as long as a token lives:
   * see `REVOCATION_MAX_MARKS`. Without this setting, Postern only checks the sessions again at every sign-in, and
   * their tokens stay valid.
   */
  SIGN_IN_ENDS_SESSIONS: flag(),
  /**
   * Origins besides `PUBLIC_URL` that are trusted like the site itself. The request’s `Origin` is compared exactly
   * (`https://spa.example.com`, or an app’s `capacitor://localhost`). Pages of these origins may change sessions
   * with the visitor’s cookie. They may also ask and read (CORS) whoami, `/sessions` and, if Postern answers it,
   * `/self-service`.
   */
  ALLOWED_ORIGINS: v.optional(
    listOf(pageOrigin(), [0, 20], 'a list of at most 20 origins'),
    () => [],
  ),
  /**
   * A guard for the admin routes: a request with one of these secrets in `Authorization: Bearer` passes. Each also opens
   * the [status page](status.md). Several secrets allow rotation. Put this setting in a secret, not in `[vars]`.
   */
  ADMIN_SECRETS: v.optional(
    listOf(
      v.pipe(
        v.string('a secret'),
        v.regex(SECRET, 'secrets of 32 to 512 letters, digits and _ ~ + / = -'),
      ),
      [1, 5],
      'a list of 1 to 5 secrets, as ["…"]',
    ),
  ),
  /**
   * A guard for the admin routes: Cloudflare Access. The value is the team’s URL,
   * `https://<team>.cloudflareaccess.com`. The team must have signed the assertion of a request. Needs
   * `ACCESS_AUDIENCE`.
   */
  ACCESS_TEAM_DOMAIN: v.optional(originUrl()),
  /**
   * The Application Audience tags of the Access applications in front of the admin routes. Required with
   * `ACCESS_TEAM_DOMAIN`; otherwise a user of any application of the team would pass.
   */
  ACCESS_AUDIENCE: v.optional(
    listOf(
      v.pipe(
        v.string('an audience tag'),
        v.regex(/^[\x21-\x29\x2b-\x7e]{1,255}$/, 'an audience tag'),
      ),
      [1, 5],
      'a list of 1 to 5 audience tags',
    ),
  ),
  /**
   * The URL of Kratos’s admin API, as Postern reaches it; on Ory Network the project’s SDK URL. Without this URL, or
   * without a guard, `/admin/…` answers 404. Postern also asks this API whose an address is, and which external id a
   * person has if tokens may name people by it. With a `KRATOS_ADMIN` service binding the calls go to that Worker
   * and keep this URL.
   */
  KRATOS_ADMIN_URL: v.optional(baseUrl()),
  /** An Ory Network API key, sent to the admin API as a bearer. Put it in a secret. Self-hosted Kratos needs none. */
  KRATOS_ADMIN_API_KEY: v.optional(headerValue('an API key of visible ASCII characters')),
  /**
   * The URL of Keycard’s API, as Postern reaches it: `https://api.keycard.ai`. Without this URL there is no
   * `/zones/…`. With a `KEYCARD` service binding the calls go to that Worker and keep this URL.
   */
  KEYCARD_API_URL: v.optional(baseUrl()),
  /** The URL that issues tokens for the service account. Default: `/service-account-token` at `KEYCARD_API_URL`. */
  KEYCARD_TOKEN_URL: v.optional(baseUrl()),
  /**
   * The service account with which Postern calls Keycard for callers who pass the guard. Needs
   * `KEYCARD_CLIENT_SECRET`. Without a service account, callers bring their own bearer.
   */
  KEYCARD_CLIENT_ID: v.optional(headerValue('a client id of visible ASCII characters')),
  /** The service account’s secret. Put it in a secret, and `KEYCARD_CLIENT_ID` with it. */
  KEYCARD_CLIENT_SECRET: v.optional(headerValue('a client secret of visible ASCII characters')),
  /**
   * Zones that callers may ask about; other zones get 404. Default: the zones of the `keycard` issuers of `ISSUERS`
   * (`https://<zone>.keycard.cloud`). Without such an issuer the setting is required. If no token of a zone is
   * trusted here, its sessions are ended at Keycard only, and leave no mark here.
   */
  KEYCARD_ZONES: v.optional(
    json(
      v.pipe(
        v.array(v.pipe(v.string('a zone id'), v.regex(ZONE_ID, 'a zone id')), 'a list of zone ids'),
        v.minLength(1, 'at least one zone id'),
        v.maxLength(100, 'at most 100 zone ids'),
      ),
    ),
  ),
} as const;

/** Settings that need another setting: the name, and the name of the other one. */
export const SESSION_API_COMPANIONS = [
  ['ACCESS_TEAM_DOMAIN', 'ACCESS_AUDIENCE'],
  ['ACCESS_AUDIENCE', 'ACCESS_TEAM_DOMAIN'],
  ['KRATOS_ADMIN_API_KEY', 'KRATOS_ADMIN_URL'],
  ['KEYCARD_CLIENT_ID', 'KEYCARD_CLIENT_SECRET'],
  ['KEYCARD_CLIENT_SECRET', 'KEYCARD_CLIENT_ID'],
  ['KEYCARD_CLIENT_ID', 'KEYCARD_API_URL'],
  ['KEYCARD_TOKEN_URL', 'KEYCARD_CLIENT_ID'],
] as const;
