// No I/O, no clock. What the signer and the origin have to agree on (docs/assertion.md).

/** The header that carries an assertion. */
export const ASSERTION_HEADER = 'X-Session-Assertion';
/** The `typ` of an assertion, so that it is not taken for another token of the same keys (RFC 8725 section 3.11). */
export const ASSERTION_TYPE = 'session-assertion+jwt';
/** The algorithms of signing keys. `EdDSA` and `Ed25519` are two names of one algorithm (RFC 9864). */
export const ASSERTION_ALGORITHMS = ['ES256', 'EdDSA', 'Ed25519'] as const;
/** The path of the public keys. */
export const ASSERTION_KEYS_PATH = '/.postern/jwks.json';
