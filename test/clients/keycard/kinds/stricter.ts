/**
 * The rules by which Postern refuses tokens that Keycard's verifier accepts. Each has its sentence in docs/tokens.md, and
 * the reasons that Postern then gives.
 */
const RULES = {
  'key for one algorithm': {
    sentence:
      'A key verifies under one algorithm only: its `alg`, or the only algorithm of the issuer that fits the key.',
    reasons: ['token_key_unknown'],
  },
  'key for verifying': {
    sentence:
      'A key with another `use` than `sig`, or with `key_ops` without `verify`, is not used.',
    reasons: ['token_key_unknown'],
  },
  'strong key': {
    sentence: 'RSA keys have 2048 to 8192 bits, and `EdDSA` is Ed25519 only.',
    reasons: ['token_key_unknown'],
  },
  'names in the header': {
    sentence: '`kid` and `typ` are 1 to 255 visible ASCII characters.',
    reasons: ['token_malformed'],
  },
  type: {
    sentence: '`typ` is `at+jwt`, `JWT` or missing.',
    reasons: ['token_type_refused'],
  },
  'header members': {
    sentence:
      'The header has only `alg`, `kid` and `typ`, although other members would be ignored.',
    reasons: ['token_header_refused', 'token_nested'],
  },
  'no repeated member': {
    sentence: 'No member occurs twice, in the header or at any level of the claims.',
    reasons: ['token_malformed'],
  },
  numbers: {
    sentence:
      'Numbers are JSON numbers that a double can hold: no `NaN`, no `Infinity`, no `1e999`.',
    reasons: ['token_malformed', 'token_claim_invalid'],
  },
  limits: {
    sentence: 'A token has at most 8192 characters, 64 claims and 8 levels.',
    reasons: ['token_too_long', 'token_too_many_claims', 'token_too_deep'],
  },
  times: {
    sentence: '`iat`, `nbf` and `exp` are numbers between 0 and 2^33.',
    reasons: ['token_claim_invalid'],
  },
  'not yet valid': {
    sentence: '`iat` and `nbf` are at most `clock_tolerance_seconds` ahead.',
    reasons: ['token_not_yet_valid'],
  },
  lifetime: {
    sentence: '`exp` is later than `iat`, by at most `max_lifetime_seconds`.',
    reasons: ['token_claim_invalid', 'token_lifetime_too_long'],
  },
  ids: {
    sentence:
      '`sub`, `client_id`, `keycard_app_id`, `jti` and `sid` are 1 to 255 visible ASCII characters, because they go into headers and log lines.',
    reasons: ['token_claim_invalid'],
  },
  principal: {
    sentence:
      '`sub_profile` is `user` or `app`, and the `sub` of an application is its `keycard_app_id`.',
    reasons: ['token_claim_invalid'],
  },
  scopes: {
    sentence:
      '`scope` is a text. `scp`, which counts in a token without `scope`, is a text or a list of texts.',
    reasons: ['token_claim_invalid'],
  },
  'spaces between scopes': {
    sentence:
      'Only a space separates scopes (RFC 6749), so a scope with a tab or another white space inside equals no scope of a rule.',
    reasons: [],
  },
  'forms of claims': {
    sentence: '`act` and `cnf` are objects, and `auth_time` is a number.',
    reasons: ['token_claim_invalid'],
  },
  'no null': {
    sentence: 'A claim that Postern reads is not `null`. The issuer leaves it out instead.',
    reasons: ['token_claim_invalid'],
  },
  'other kinds of token': {
    sentence:
      'A claim of an ID token, a logout token or an event is refused: `nonce`, `at_hash`, `c_hash`, `events`.',
    reasons: ['token_claim_forbidden'],
  },
} as const;

export type StricterRule = keyof typeof RULES;

interface Stricter {
  /** An item of the list in docs/tokens.md. */
  readonly sentence: string;
  /** Empty where Postern accepts the token, and reads fewer scopes from it. */
  readonly reasons: readonly string[];
}

export const STRICTER: Readonly<Record<StricterRule, Stricter>> = RULES;
