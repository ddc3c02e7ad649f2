// Pure: no I/O, no clock.
import * as v from 'valibot';
import { listOf, wholeNumber } from './setting-types.ts';

/** RFC 2104 section 3: a key that is shorter than the hash's output makes the signature weaker. */
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

/** Settings of revocation: how a revoked session stops working everywhere. */
export const revocationSettings = {
  /**
   * `log`: Postern checks every cached answer against the revocation log before it uses the answer. This needs the
   * Durable Object binding `REVOCATIONS`. `off`: there is no log. A revoked session is served until its cached
   * answer is no longer fresh, and every isolate says so in its log when it starts.
   */
  REVOCATION: v.optional(v.picklist(['log', 'off'], 'one of "log", "off"'), 'log'),
  /**
   * The longest time that a session may still be served somewhere after its revocation was answered. An isolate in
   * use reads the log twice in this time; docs/revocation.md has what that costs.
   */
  REVOCATION_LAG_SECONDS: v.optional(wholeNumber('seconds', 2, 60), 5),
  /**
   * The number of subjects that the log names, and that every isolate holds in memory (about 200 bytes each). If
   * there are more, the oldest marks are combined into coarser marks. A coarser mark makes more sessions be checked
   * again or denied, never fewer.
   */
  REVOCATION_MAX_MARKS: v.optional(wholeNumber('marks', 1000, 1_000_000), 100_000),
  /**
   * Secrets with which senders of `POST /.postern/events/webhook` sign (HMAC-SHA-256), as plain text or as `whsec_`
   * and base64. Several secrets allow rotation. Empty: the route does not exist. Keep this setting in a secret.
   */
  WEBHOOK_SECRETS: secrets(/^[\x20-\x7e]*$/),
  /**
   * Keys for senders that cannot sign, such as Kratos’s `web_hook` and its traces. These senders send a key in
   * `Authorization: Bearer` instead. Empty: every message must be signed. Keep this setting in a secret.
   */
  WEBHOOK_API_KEYS: secrets(/^[\x21-\x7e]*$/),
} as const;
