// Pure: no I/O, no clock. Every setting's name, meaning, unit, default and refusal stands in this folder and nowhere
// else; docs/configuration.md is written from it.
import * as v from 'valibot';
import { identityHeaders } from './identity-header-settings.ts';
import { issuers } from './issuer-settings.ts';
import { revocationSettings } from './revocation-settings.ts';
import { rule } from './rule-settings.ts';
import { baseUrl, listOf, originUrl, wholeNumber } from './setting-types.ts';

const COOKIE_NAME = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,128}$/; // RFC 9110 token

/** Every setting, in the order and under the headings in which the documentation shows them. */
export const SETTINGS = {
  Addresses: {
    PUBLIC_URL: v.pipe(
      originUrl(),
      v.description(
        'Where clients reach Postern. Every `return_to` and every redirect to the site is built from it, never from a request header.',
      ),
    ),
    KRATOS_PUBLIC_URL: v.pipe(
      baseUrl(),
      v.description(
        'Where Postern reaches Kratos’s public API; on Ory Network the project’s SDK URL. With a `KRATOS` service binding the calls go to that Worker and keep this URL.',
      ),
    ),
    KRATOS_BROWSER_URL: v.pipe(
      v.optional(baseUrl()),
      v.description(
        'Where browsers reach Kratos, when that differs from `KRATOS_PUBLIC_URL` (which it then replaces in redirects). Default: `KRATOS_PUBLIC_URL`.',
      ),
    ),
    LOGIN_URL: v.pipe(
      v.optional(baseUrl()),
      v.description(
        'Where a navigation without a session is sent to sign in; `return_to` is added. Default: `/self-service/login/browser` at `KRATOS_BROWSER_URL`.',
      ),
    ),
    ORIGIN_URL: v.pipe(
      v.optional(originUrl()),
      v.description(
        'The site behind the gate. Its path must be empty: paths are forwarded as they are. Not needed with an `ORIGIN` service binding; with neither, Postern answers its own routes only.',
      ),
    ),
  },
  Credentials: {
    SESSION_COOKIE_NAMES: v.pipe(
      v.optional(
        listOf(
          v.pipe(v.string('a cookie name'), v.regex(COOKIE_NAME, 'a cookie name (RFC 6265)')),
          [1, 4],
          'a list of 1 to 4 cookie names',
        ),
        () => ['ory_kratos_session'],
      ),
      v.description(
        'Names of the session cookie, compared byte for byte. Self-hosted Kratos: `session.cookie.name`; Ory Network: `ory_session_<project slug>`.',
      ),
    ),
    TOKEN_COOKIE_NAMES: v.pipe(
      v.optional(
        listOf(
          v.pipe(v.string('a cookie name'), v.regex(COOKIE_NAME, 'a cookie name (RFC 6265)')),
          [0, 4],
          'a list of at most 4 cookie names',
        ),
        () => [],
      ),
      v.description(
        'Names of cookies that hold a token of one of `ISSUERS`, looked at after the session cookie. Tokens are also read from `Authorization: Bearer`.',
      ),
    ),
  },
  Tokens: {
    ISSUERS: v.pipe(
      v.optional(issuers, () => []),
      v.description(
        'Issuers whose JWTs are believed as sessions, verified here without a call to the session store. See docs/tokens.md.',
      ),
    ),
    KEY_SET_SECRET: v.pipe(
      v.optional(
        v.pipe(
          v.string('a secret of 32 to 256 characters'),
          v.minLength(32, 'a secret of 32 to 256 characters'),
          v.maxLength(256, 'a secret of 32 to 256 characters'),
        ),
      ),
      v.description(
        'Seals the issuers’ key sets in KV, where isolates share them; whoever can write to KV can then forge no key. Set it with `wrangler secret put`. Without it each isolate fetches key sets for itself.',
      ),
    ),
  },
  Freshness: {
    FRESH_SECONDS: v.pipe(
      v.optional(wholeNumber('seconds', 1, 3600), 30),
      v.description(
        'How long an answer of the store is served without asking again. Bounds how long a change made directly in Kratos stays unseen.',
      ),
    ),
    STALE_WHILE_REVALIDATE_SECONDS: v.pipe(
      v.optional(wholeNumber('seconds', 0, 3600), 30),
      v.description('How much longer it is served while it is checked behind the answer.'),
    ),
    STALE_IF_ERROR_SECONDS: v.pipe(
      v.optional(wholeNumber('seconds', 0, 86400), 300),
      v.description(
        'How much longer than both it is served while the store is failing. Such answers say `fwd=stale`. Never past the session’s own expiry.',
      ),
    ),
  },
  Revocation: revocationSettings,
  Tiers: {
    MEMORY_MAX_ENTRIES: v.pipe(
      v.optional(wholeNumber('entries', 1, 1_000_000), 10_000),
      v.description('Sessions one isolate remembers; the least recently used goes first.'),
    ),
    MEMORY_MAX_BYTES: v.pipe(
      v.optional(wholeNumber('bytes', 65_536, 67_108_864), 33_554_432),
      v.description('Bytes of session data one isolate remembers (an isolate has 128 MB in all).'),
    ),
    KV_WRITE_INTERVAL_SECONDS: v.pipe(
      v.optional(wholeNumber('seconds', 1, 86400), 300),
      v.description(
        'An unchanged session is written to KV at most this often by one isolate. Writes are the largest cost of KV.',
      ),
    ),
    KV_READ_TIMEOUT_MS: v.pipe(
      v.optional(wholeNumber('milliseconds', 10, 5000), 100),
      v.description('After this time without an answer from KV, the store is asked instead.'),
    ),
  },
  Deadlines: {
    STORE_TIMEOUT_MS: v.pipe(
      v.optional(wholeNumber('milliseconds', 100, 9000), 5000),
      v.description('For one call to the session store, body included.'),
    ),
    KEYS_TIMEOUT_MS: v.pipe(
      v.optional(wholeNumber('milliseconds', 100, 9000), 5000),
      v.description(
        'For one look at an issuer’s keys, discovery and bodies included. Keys known before stay in use meanwhile.',
      ),
    ),
    ORIGIN_TIMEOUT_MS: v.pipe(
      v.optional(wholeNumber('milliseconds', 100, 100_000), 30_000),
      v.description(
        'Until the origin’s response headers arrive. The body may stream for as long as it takes.',
      ),
    ),
  },
  Gate: {
    RULES: v.pipe(
      v.optional(listOf(rule, [0, 200], 'a list of at most 200 rules'), () => []),
      v.description(
        'What the paths of the site ask for. The first rule that matches wins; what none matches requires a session.',
      ),
    ),
    IDENTITY_HEADERS: v.pipe(
      v.optional(identityHeaders, () => ({ 'X-User-Id': 'identity.id' })),
      v.description(
        'Headers the origin receives, each from a place in the session. Inbound copies of these and of every other identity header are removed first, in every spelling.',
      ),
    ),
  },
  Observability: {
    DECISION_LOG: v.pipe(
      v.optional(v.picklist(['all', 'refused', 'none'], 'one of "all", "refused", "none"'), 'all'),
      v.description(
        'Which decisions are logged, one JSON line each: all, only those that are not a pass, or none. Configuration errors are always logged.',
      ),
    ),
  },
} as const;
