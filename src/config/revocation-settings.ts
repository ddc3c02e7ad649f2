// Pure: no I/O, no clock.
import * as v from 'valibot';
import { listOf, wholeNumber } from './setting-types.ts';

/** RFC 2104 section 3: a key shorter than the hash's output makes the signature weaker. */
const MIN_SECRET_LENGTH = 32;

function secrets(characters: RegExp) {
  const expected = `a list of at most 8 secrets of ${MIN_SECRET_LENGTH} to 512 visible characters, as ["…"]`;
  const secret = v.pipe(
    v.string(expected),
    v.minLength(MIN_SECRET_LENGTH, expected),
    v.maxLength(512, expected),
    v.regex(characters, expected),
  );
  return v.optional(listOf(secret, [0, 8], expected), () => []);
}

/** How, and whether, a revoked session is made to stop working everywhere. */
export const revocationSettings = {
  /**
   * `log`: every cached answer is held against the revocation log before it is given; needs the
   * Durable Object binding `REVOCATIONS`. `off`: no log is kept, a revoked session is served until
   * its cached answer is no longer fresh, and every isolate says so in its log when it starts.
   */
  REVOCATION: v.optional(v.picklist(['log', 'off'], 'one of "log", "off"'), 'log'),
  /**
   * How long after a revocation was answered the session may still be served somewhere. An isolate
   * in use reads the log twice in this time; docs/revocation.md has what that costs.
   */
  REVOCATION_LAG_SECONDS: v.optional(wholeNumber('seconds', 2, 60), 5),
  /**
   * Subjects the log names, and every isolate holds in memory (about 200 bytes each). Beyond it
   * the oldest are folded into coarser marks, which make more be checked again or denied, never
   * less.
   */
  REVOCATION_MAX_MARKS: v.optional(wholeNumber('marks', 1000, 1_000_000), 100_000),
  /**
   * Secrets with which senders of `POST /.postern/events/webhook` sign (HMAC-SHA-256), as plain text or `whsec_` and
   * base64. Several, so that they can be changed one at a time. Empty: the route does not exist. Belongs in a secret.
   */
  WEBHOOK_SECRETS: secrets(/^[\x20-\x7e]*$/),
  /**
   * For senders that cannot sign, such as Kratos’s `web_hook`: keys they send in `Authorization: Bearer` instead. Empty:
   * every message must be signed. Belongs in a secret.
   */
  WEBHOOK_API_KEYS: secrets(/^[\x21-\x7e]*$/),
} as const;
