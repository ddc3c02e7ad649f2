// Pure: no I/O, no clock.
import type { Explanation } from './explanation.ts';

/**
 * The message and the hint for every reason to refuse a token. Both are visible ASCII without quotes (RFC 6750
 * section 3).
 */
const TOKEN_REASONS = {
  token_too_long: {
    message: 'The token is too long.',
    hint: 'A token has at most 8192 characters. Have the issuer put less into it.',
  },
  token_too_deep: {
    message: 'The claims of the token are nested too deeply.',
    hint: 'Claims are at most 8 levels deep. Have the issuer put less into it.',
  },
  token_too_many_claims: {
    message: 'The token has too many claims.',
    hint: 'A token has at most 64 claims. Have the issuer put less into it.',
  },
  token_malformed: {
    message: 'The token is not a signed JWT in compact form.',
    hint: 'Send it as it was issued: three parts of unpadded base64url, the first two JSON objects in UTF-8 without repeated members.',
  },
  token_encrypted: {
    message: 'The token is encrypted.',
    hint: 'Only signed tokens are accepted. Have the issuer sign and not encrypt.',
  },
  token_nested: {
    message: 'The token holds another token.',
    hint: 'Nested tokens are not opened. Send the inner one.',
  },
  token_header_refused: {
    message: 'The token header has a member that is not allowed.',
    hint: 'Only alg, kid and typ are allowed; keys and key addresses are never taken from a token.',
  },
  token_algorithm_refused: {
    message: 'The signature algorithm is not allowed for this issuer.',
    hint: 'Sign with one of the algorithms configured for the issuer.',
  },
  token_type_refused: {
    message: 'The token is of another type.',
    hint: 'Send a session or access token, not another kind that the same issuer signs.',
  },
  token_issuer_untrusted: {
    message: 'The token is not from a trusted issuer.',
    hint: 'The iss claim must equal a configured issuer to the letter, a slash at its end included.',
  },
  token_key_unknown: {
    message: 'The signing key is not among the keys of the issuer.',
    hint: 'Get a new token; this one was signed with a key that the issuer does not publish.',
  },
  token_signature_invalid: {
    message: 'The signature does not fit.',
    hint: 'Get a new token; this one was changed or was signed with another key.',
  },
  token_claim_missing: {
    message: 'The token lacks a claim that is required.',
    hint: 'Get a token with every claim that is required of this issuer.',
  },
  token_claim_invalid: {
    message: 'A claim of the token is not what it must be.',
    hint: 'Times are numbers of seconds, names are visible ASCII, and claims must agree with each other.',
  },
  token_claim_forbidden: {
    message: 'The token has a claim that a session token does not have.',
    hint: 'Send a session or access token, not an ID token, a logout token or an event.',
  },
  token_audience_mismatch: {
    message: 'The token is for another audience.',
    hint: 'Get a token that is issued for this service.',
  },
  token_not_yet_valid: {
    message: 'The token is not valid yet.',
    hint: 'Its iat or nbf is in the future. Check the clock of the issuer.',
  },
  token_expired: {
    message: 'The token has expired.',
    hint: 'Get a new token.',
  },
  token_lifetime_too_long: {
    message: 'The token lives longer than is allowed.',
    hint: 'Have the issuer set an earlier exp.',
  },
  token_revoked: {
    message: 'The token was revoked.',
    hint: 'Sign in again.',
  },
} as const satisfies Readonly<Record<string, Omit<Explanation, 'status'>>>;

/** A reason to refuse a token. The list is complete. */
export type TokenDenialReason = keyof typeof TOKEN_REASONS;

export function isTokenReason(reason: string): reason is TokenDenialReason {
  return Object.hasOwn(TOKEN_REASONS, reason);
}

/** Every reason to refuse a token. */
export const TOKEN_DENIAL_REASONS = Object.keys(TOKEN_REASONS) as TokenDenialReason[]; // the keys of a literal are known

/** The explanations of these reasons, each with status 401. */
export const TOKEN_EXPLANATIONS = Object.fromEntries(
  TOKEN_DENIAL_REASONS.map((reason) => [reason, { status: 401, ...TOKEN_REASONS[reason] }]),
) as Record<TokenDenialReason, Explanation>; // made from all the keys
