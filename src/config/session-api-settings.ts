// Pure: no I/O, no clock.
import * as v from 'valibot';
import { baseUrl, flag, json, listOf, originUrl, pageOrigin } from './setting-types.ts';

/** No dot, so that a secret is never taken for a JWT, nor a JWT for a secret. */
const SECRET = /^[A-Za-z0-9_~+/=-]{32,512}$/;
const MOUNT_PATH = /^(?:\/[A-Za-z0-9_-]+){1,4}$/;
const ZONE_ID = /^[A-Za-z0-9_-]{1,128}$/;
const HEADER_VALUE = /^[\x21-\x7e]{1,4096}$/;

const headerValue = (expected: string) =>
  v.pipe(v.string(expected), v.regex(HEADER_VALUE, expected));

/** Listing, reading and ending sessions: Kratos public, Kratos admin, Keycard. */
export const SESSION_API_SETTINGS = {
  /**
   * Where the session API stands on the site’s host, when the site itself needs paths such as
   * `/sessions`. The providers’ own paths follow it: `/auth/sessions`, `/auth/admin/sessions`,
   * `/auth/self-service/login`. `/sessions/whoami` stays where it is. Default: no path in front.
   */
  SESSION_API_PATH: v.optional(
    v.pipe(
      v.string('a path, such as /auth'),
      v.regex(MOUNT_PATH, 'a path of letters, digits, "_" and "-", such as /auth'),
    ),
  ),
  /**
   * Whether Kratos’s `/self-service/…` is answered on the site’s own host, so that people sign in,
   * step up, change settings and sign out there with first-party cookies. `LOGIN_URL` and
   * redirects to step up then point at `PUBLIC_URL`. The pages that show the forms (Kratos’s
   * `ui_url`s) have to be on that host too, at paths with `session = "none"`.
   */
  SELF_SERVICE: flag(),
  /**
   * Whether Kratos ends a person’s other sessions when they sign in: its hook `revoke_active_sessions` stands after
   * `login`. Those sessions and their tokens are then marked as ended at every sign-in, and a sign-in is refused while
   * the revocation log cannot be written. Without it they are checked again at every sign-in, and their tokens live on.
   * Each sign-in is then one mark for as long as a token lives: see `REVOCATION_MAX_MARKS`.
   */
  SIGN_IN_ENDS_SESSIONS: flag(),
  /**
   * Origins besides `PUBLIC_URL` that are trusted as the site itself is (`Origin` of the request,
   * compared exactly; `https://spa.example.com`, or an app’s `capacitor://localhost`): with the cookie of the person looking at them, their pages may change sessions,
   * and ask and read (CORS) whoami, `/sessions` and, where it is answered here, `/self-service`.
   */
  ALLOWED_ORIGINS: v.optional(
    listOf(pageOrigin(), [0, 20], 'a list of at most 20 origins'),
    () => [],
  ),
  /**
   * A guard for the admin routes: `Authorization: Bearer` with one of these passes. Several, so
   * that they can be changed one after the other. Put it in a secret, not in `[vars]`.
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
   * A guard for the admin routes: Cloudflare Access. The team’s URL,
   * `https://<team>.cloudflareaccess.com`; the assertion of a request must be signed by it. With
   * `ACCESS_AUDIENCE`.
   */
  ACCESS_TEAM_DOMAIN: v.optional(originUrl()),
  /**
   * The Application Audience tags of the Access applications in front of the admin routes.
   * Required with `ACCESS_TEAM_DOMAIN`: without it any application of the team would do.
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
   * Where Postern reaches Kratos’s admin API; on Ory Network the project’s SDK URL. Without it,
   * and without a guard, `/admin/…` answers 404. It also tells whose an address is, and a person’s
   * external id where tokens may name people by that. With a `KRATOS_ADMIN` service binding the
   * calls go to that Worker and keep this URL.
   */
  KRATOS_ADMIN_URL: v.optional(baseUrl()),
  /**
   * Sent to the admin API as a bearer: an Ory Network API key. Put it in a secret. Self-hosted
   * Kratos needs none.
   */
  KRATOS_ADMIN_API_KEY: v.optional(headerValue('an API key of visible ASCII characters')),
  /**
   * Where Postern reaches Keycard’s API: `https://api.keycard.ai`. Without it there is no
   * `/zones/…`. With a `KEYCARD` service binding the calls go to that Worker and keep this URL.
   */
  KEYCARD_API_URL: v.optional(baseUrl()),
  /**
   * Where tokens for the service account are fetched. Default: `/service-account-token` at
   * `KEYCARD_API_URL`.
   */
  KEYCARD_TOKEN_URL: v.optional(baseUrl()),
  /**
   * The service account with which Postern calls Keycard for callers who pass the guard. With
   * `KEYCARD_CLIENT_SECRET`. Without it, callers bring their own bearer.
   */
  KEYCARD_CLIENT_ID: v.optional(headerValue('a client id of visible ASCII characters')),
  /** The service account’s secret. Put it in a secret, and `KEYCARD_CLIENT_ID` with it. */
  KEYCARD_CLIENT_SECRET: v.optional(headerValue('a client secret of visible ASCII characters')),
  /**
   * Zones that may be asked about; others are answered 404. Default: the zones of the `keycard` issuers of `ISSUERS`
   * (`https://<zone>.keycard.cloud`); with none of those the setting is required. Sessions of zones whose tokens are
   * not believed here are ended at Keycard and leave no mark here.
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

/** The settings that make no sense without one another, as name and what it needs. */
export const SESSION_API_COMPANIONS = [
  ['ACCESS_TEAM_DOMAIN', 'ACCESS_AUDIENCE'],
  ['ACCESS_AUDIENCE', 'ACCESS_TEAM_DOMAIN'],
  ['KRATOS_ADMIN_API_KEY', 'KRATOS_ADMIN_URL'],
  ['KEYCARD_CLIENT_ID', 'KEYCARD_CLIENT_SECRET'],
  ['KEYCARD_CLIENT_SECRET', 'KEYCARD_CLIENT_ID'],
  ['KEYCARD_CLIENT_ID', 'KEYCARD_API_URL'],
  ['KEYCARD_TOKEN_URL', 'KEYCARD_CLIENT_ID'],
] as const;
