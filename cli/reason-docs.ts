/**
 * Writes docs/reasons.md from the table of reasons in src/errors and from the actions below; with --check, fails when the page is out of date.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { explain } from '../src/errors/explanations.ts';
import type {
  DenialReason,
  FaultReason,
  GuardReason,
  Reason,
  ReceiverReason,
  RefusalReason,
  ShortfallReason,
} from '../src/errors/reasons.ts';
import { TOKEN_DENIAL_REASONS, type TokenDenialReason } from '../src/errors/token-reasons.ts';

const PAGE = 'docs/reasons.md';

/** What an operator does about a fault. A reason without a row does not compile. */
const FAULTS: Readonly<Record<FaultReason, string>> = {
  store_unavailable:
    'Look at `fault` in the log line ([the words](answers.md#faults)), and at Kratos’s `/health/ready`. Known sessions are served for `STALE_IF_ERROR_SECONDS`.',
  issuer_keys_unavailable:
    'Look for `issuer-keys-failure` in the log, and open the issuer’s key set. With `KEY_SET_SECRET`, isolates share the keys.',
  issuer_metadata_unavailable: 'Open `/.well-known/oauth-authorization-server` of the issuer.',
  exchange_unavailable:
    'Look for `token-exchange-failure` in the log: it has the error of the issuer.',
  sign_in_unavailable: 'Open the metadata of the issuer. `detail` in the log line has its error.',
  sign_in_failed:
    'Compare `client_id`, `CLIENT_SECRETS` and the redirect URI with the client at the issuer. `detail` in the log line has the error.',
  sign_in_too_large: 'Have the issuer put less into its tokens: three cookies are the limit.',
  not_cached: 'Nothing to do: the client wanted a cached answer only.',
  revocation_log_unavailable:
    'Look for `revocation-log-failure` in the log, and at Durable Objects on Cloudflare’s status page. The change was not made.',
  revocation_unrecorded:
    'As for `revocation_log_unavailable`. The change may have been made, so repeat it until it succeeds.',
  origin_unreachable:
    'Open `ORIGIN_URL` yourself, or the origin of `ORIGINS` that `detail` names in the log. Check its DNS record, certificate and tunnel.',
  origin_timeout:
    'Look at the log of the site. `ORIGIN_TIMEOUT_MS`, or `timeout_ms` of the origin in `detail`, is how long Postern waits for its headers.',
  origin_not_valid: 'Repair the site: it sent a status outside 200 to 599.',
  upstream_unreachable: 'Call Kratos or Keycard at the configured address yourself.',
  upstream_timeout:
    'Look at the log of Kratos or Keycard. `STORE_TIMEOUT_MS` is how long Postern waits.',
  upstream_not_valid:
    'Look for a server between Postern and Kratos or Keycard that answers in its place.',
  upstream_rate_limited: 'Ask for a higher limit, or call less often.',
  guard_unavailable: 'Open the keys of the access service, and look at KV.',
  loop_detected:
    'Run `npm run check-config`: `KRATOS_PUBLIC_URL`, `ORIGIN_URL` or an origin of `ORIGINS` leads back to this Worker.',
  assertion_unavailable: 'Check the secret `ASSERTION_KEYS`.',
  identity_too_large:
    'The log line names what did not fit. Shorten the data of the account, or raise `IDENTITY_HEADERS_MAX_BYTES`.',
  verdict_changed:
    'Nothing to do if it is rare: a session changed between two checks of one request.',
  configuration_invalid:
    'Read the `configuration` lines of the log, and roll back. `npm run check-config` finds wrong settings before a deployment.',
  internal_error: 'Look for `bug` in the log, and report it.',
};

/** What an operator looks at if many answers have the reason; empty if it is the client’s own matter. */
const DENIALS: Readonly<Record<DenialReason | ShortfallReason | GuardReason, string>> = {
  credential_missing: 'The usual reason: nobody has signed in yet.',
  credential_malformed: 'A client sends something else in the place of a session token.',
  credential_ambiguous:
    'Two sites of one domain set cookies of one name: set `SESSION_COOKIE_NAMES`.',
  session_inactive:
    'Signed out, expired or revoked. If many people get it at once, look for `refusal-wave` in the log.',
  session_aal2_required: 'Browsers are sent to the second factor.',
  session_refresh_required: 'Browsers are sent to sign in once more (`authenticated_within`).',
  insufficient_scope: 'The client’s token lacks a scope of the rule.',
  exchange_not_possible: 'Check `exchange` in `RULES`, and `client_id` in `ISSUERS`.',
  exchange_refused: 'The issuer refuses this person or client. The log has its error.',
  condition_not_met: 'The rule’s `allow` is not true for this session.',
  condition_not_evaluable:
    'The condition reads a member that this session does not have: `detail` in the log line names it. Use `has()`.',
  caller_not_authorized:
    'A call of an admin route without its secret. Many calls may be an attack.',
  ...tokenRows(),
};

const REFUSALS: Readonly<Record<RefusalReason | ReceiverReason, string>> = {
  path_not_canonical:
    'Often a scanner. If your own site uses such paths, see `ALLOWED_PATH_FORMS`.',
  query_not_canonical: 'A client that does not encode its query.',
  target_too_long: 'A form with GET, or a scanner.',
  host_not_valid: 'Often a scanner.',
  host_unknown: 'The Worker has a route for a host that is not in `PUBLIC_URL` or `HOSTS`.',
  headers_too_large: 'Too many cookies on the domain.',
  length_required: 'A client that sends a body with GET.',
  origin_not_allowed: 'Add the origin to `preflight` of the rule, if it is yours.',
  redirect_loop:
    'The session cookie does not reach this host: check the domain of Kratos’s cookie and `SESSION_COOKIE_NAMES`.',
  proxy_not_trusted: 'The proxy in front does not send one of `FORWARD_AUTH_SECRETS`.',
  original_request_not_valid: 'Compare the proxy’s configuration with `npm run proxy-config`.',
  method_not_allowed: 'Add the method to `FURTHER_METHODS`, if the site needs it.',
  credential_conflicting: 'A client sends two credentials of one kind.',
  parameter_not_valid: '',
  body_not_valid: '',
  body_too_long: '',
  media_type_not_supported: '',
  cross_site_change:
    'A page of another site called the session API. If it is yours, see `ALLOWED_ORIGINS`.',
  form_not_current: 'A form was open for long, or was forged.',
  session_not_listed: '',
  sign_in_not_valid: '',
  sign_in_declined: '',
  sign_out_not_possible: '',
  not_found:
    'If it is a page of a site, no origin has it: set `ORIGIN_URL`, or name an origin for its rule or host ([several sites](rules.md#several-sites)).',
  event_unauthenticated:
    'The secret of the sender and `WEBHOOK_SECRETS` differ, or somebody else sends.',
  event_expired: 'The sender’s clock is wrong, or it repeats old messages.',
  event_malformed: 'Compare the body with [the webhook](revocation.md).',
  event_too_long: '',
  event_rate_exceeded:
    'The sender repeats the message later. Marks of a bulk change are few: see [revocation](revocation.md).',
};

const page = `# What each reason means

To see why an answer is not the requested one, read its header \`Postern-Reason\`, or \`reason\` in the [log line](deployment.md#events), and look it up here. This page is generated from \`src/errors\`.

The column *status* is what a program gets. A browser that opens a page may get a redirect in place of 401 and 403. [Reading an answer](answers.md) has the four kinds of answers.

## Faults

A part failed. Set an alert on these ([operating](operating.md#alerts)).

${table('what to do', FAULTS)}
## Verdicts

The session is missing, not valid, or does not meet the rule. The reasons that begin with \`token_\` are about JWTs; [tokens](tokens.md) explains them.

${table('what it says to the operator', DENIALS)}
## Refusals

The request itself cannot be served.

${table('what it says to the operator', REFUSALS)}`;

if (process.argv.includes('--check')) {
  if (readFileSync(PAGE, 'utf8') !== page) {
    console.error(`${PAGE} is out of date. Run "npm run docs" and commit the result.`);
    process.exit(1);
  }
} else {
  writeFileSync(PAGE, page);
  console.log(`${PAGE} written`);
}

function table(title: string, rows: Readonly<Partial<Record<Reason, string>>>): string {
  const lines = Object.entries(rows).map(([reason, action]) => {
    const { status, message, hint } = explain(reason as Reason); // the key of a row
    return `| \`${reason}\` | ${status} | ${cell(message)} ${cell(hint)} | ${action} |`;
  });
  return `| reason | status | what the client is told | ${title} |\n| --- | ---: | --- | --- |\n${lines.join('\n')}\n`;
}

function tokenRows(): Record<TokenDenialReason, string> {
  return Object.fromEntries(TOKEN_DENIAL_REASONS.map((reason) => [reason, ''])) as Record<
    TokenDenialReason,
    string
  >; // made from all the keys
}

function cell(text: string): string {
  return text.replaceAll('|', '\\|');
}
