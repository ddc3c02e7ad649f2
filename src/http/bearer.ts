// Pure: no I/O, no clock.

const SCHEME = /^bearer /i;
/** Matches `b64token` of RFC 6750 section 2.1, with padding at any place. */
const B64TOKEN = /^[A-Za-z0-9._~+/=-]+$/;
const MAX_B64TOKEN_LENGTH = 8192;

/**
 * Reads the value behind the scheme `Bearer` in an `Authorization` header (RFC 6750 section 2.1). The form of the value
 * is not checked. `undefined` for any other scheme.
 */
export function readBearer(header: string | null): string | undefined {
  return header !== null && SCHEME.test(header) ? header.slice('bearer '.length) : undefined;
}

/** Tells whether a value can stand behind `Bearer`: `b64token`, at most 8192 characters. */
export function isB64Token(value: string): boolean {
  return value.length <= MAX_B64TOKEN_LENGTH && B64TOKEN.test(value);
}
