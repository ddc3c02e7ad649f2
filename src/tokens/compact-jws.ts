// Pure: no I/O, no clock.

import type { TokenDenialReason } from '../errors/token-reasons.ts';
import { decodeBase64UrlText, isCanonicalBase64Url } from '../runtime/base64url.ts';
import type { JsonObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import { holdsFiniteNumbers, type JsonProblem, parseStrictText } from '../runtime/strict-json.ts';

/**
 * Maximum length of a token in characters. No session needs a longer token, and this length is checked in
 * microseconds.
 */
export const MAX_TOKEN_LENGTH = 8192;

const HEADER_BOUNDS = { maxDepth: 4, maxMembers: 16 };
const PAYLOAD_BOUNDS = { maxDepth: 8, maxMembers: 64 };
const NAME = /^[\x21-\x7e]{1,255}$/;

/** A well-formed JWS in compact form. Its signature is not verified yet. */
export interface UnverifiedJws {
  readonly compact: string;
  readonly header: {
    readonly alg: string;
    readonly kid: string | undefined;
    /** Lower case, without `application/` (RFC 7515 section 4.1.9). */
    readonly typ: string | undefined;
  };
  /** In base64url, as all parts of the token. */
  readonly payload: string;
  readonly signature: string;
}

/** A well-formed JWT. Its signature and claims are not verified yet. */
export interface UnverifiedToken {
  readonly jws: UnverifiedJws;
  readonly claims: JsonObject;
}

/**
 * Opens a compact JWS (RFC 7515 section 7.1) before any library sees it. Accepts only a JWS that every parser reads
 * the same way. Rejects an empty or overlong text, any number of parts but three, and base64url that is not
 * canonical. Also rejects a header with repeated members, or with members other than `alg`, `kid` and `typ`.
 */
export function openCompactJws(compact: string): Result<UnverifiedJws, TokenDenialReason> {
  if (compact.length > MAX_TOKEN_LENGTH) return failed('token_too_long');
  const parts = compact.split('.', 6); // bounded by the length before
  if (parts.length === 5) return failed('token_encrypted');
  const [headerPart, payloadPart, signaturePart] = parts;
  if (parts.length !== 3 || !headerPart || !payloadPart || !signaturePart) {
    return failed('token_malformed');
  }
  if (!parts.every(isCanonicalBase64Url)) return failed('token_malformed');
  const header = readHeader(headerPart);
  if (!header.ok) return header;
  return success({
    compact,
    header: header.value,
    payload: payloadPart,
    signature: signaturePart,
  });
}

/** Opens a compact JWT in the same way. Its payload must be a JSON object (RFC 7519 section 7.2). */
export function openToken(compact: string): Result<UnverifiedToken, TokenDenialReason> {
  const opened = openCompactJws(compact);
  if (!opened.ok) return opened;
  const text = decodeBase64UrlText(opened.value.payload);
  if (text === undefined) return failed('token_malformed');
  const claims = parseStrictText(text, PAYLOAD_BOUNDS);
  if (!claims.ok) return failed(reasonOf(claims.failure));
  return holdsFiniteNumbers(claims.value)
    ? success({ jws: opened.value, claims: claims.value })
    : failed('token_claim_invalid');
}

/**
 * The denial reason for a payload that cannot be read. A token that exceeds a limit of Postern is not malformed, so
 * the reason names the limit.
 */
function reasonOf(problem: JsonProblem): TokenDenialReason {
  switch (problem) {
    case 'malformed':
      return 'token_malformed';
    case 'too-deep':
      return 'token_too_deep';
    case 'too-many-members':
      return 'token_too_many_claims';
  }
}

/** The last header that was read. All tokens of one key have the same. */
let last: { readonly part: string; readonly header: UnverifiedJws['header'] } | undefined;

function readHeader(part: string): Result<UnverifiedJws['header'], TokenDenialReason> {
  if (last?.part === part) return success(last.header);
  const read = parseHeader(part);
  if (read.ok) last = { part, header: read.value };
  return read;
}

function parseHeader(part: string): Result<UnverifiedJws['header'], TokenDenialReason> {
  const text = decodeBase64UrlText(part);
  if (text === undefined) return failed('token_malformed');
  const read = parseStrictText(text, HEADER_BOUNDS);
  // The three allowed members are strings, so a header that is too deep or too wide has other members.
  if (!read.ok)
    return failed(read.failure === 'malformed' ? 'token_malformed' : 'token_header_refused');
  const header = read.value;
  const names = Object.keys(header);
  if (names.includes('enc')) return failed('token_encrypted');
  if (names.includes('cty')) return failed('token_nested');
  if (names.some((name) => name !== 'alg' && name !== 'kid' && name !== 'typ')) {
    return failed('token_header_refused');
  }
  const { alg, typ } = header;
  // `kid` only selects one of the issuer's own keys, so an empty `kid` counts as absent.
  const kid = header.kid === null || header.kid === '' ? undefined : header.kid;
  const isNameOrAbsent = (value: unknown) =>
    value === undefined || (typeof value === 'string' && NAME.test(value));
  if (typeof alg !== 'string' || !isNameOrAbsent(kid) || !isNameOrAbsent(typ)) {
    return failed('token_malformed');
  }
  return success({
    alg,
    kid: kid as string | undefined, // checked above: a name or absent
    typ: typeof typ === 'string' ? typ.toLowerCase().replace(/^application\//, '') : undefined,
  });
}
