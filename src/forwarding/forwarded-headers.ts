// No I/O, no clock. The headers that an operator may let through (`FORWARDED_HEADERS`), and those that never pass.
import { foldBelievedName, HOP_BY_HOP } from '../http/header-names.ts';
import { ASSERTION_HEADER } from './assertion-format.ts';
import { isAboutRequest } from './believed-headers.ts';

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/i;
const MAX_NAME_LENGTH = 64;

/** Headers with credentials that Postern reads, and headers that frame or route a message. */
const RESERVED: ReadonlySet<string> = new Set([
  'authorization',
  'cdn-loop',
  'content-length',
  'cookie',
  'expect',
  'host',
  'set-cookie',
  'x-session-cookie',
  'x-session-token',
]);
/** Prefixes of the names that only Postern or only Cloudflare sets. */
const RESERVED_BEGINNINGS = ['postern-', 'x-postern-', 'cf-'] as const;

/** Returns the kind of header that was expected; `undefined` when a header of this name may be let through. */
export function problemOfForwarded(name: string): string | undefined {
  if (!NAME.test(name) || name.length > MAX_NAME_LENGTH) {
    return 'an exact header name of letters and digits with single dashes between them, at most 64 characters';
  }
  const folded = foldBelievedName(name);
  if (folded === foldBelievedName(ASSERTION_HEADER)) return 'a header other than the assertion’s';
  if (RESERVED_BEGINNINGS.some((beginning) => folded.startsWith(beginning))) {
    return 'a header that is not Postern’s or Cloudflare’s own (Postern-*, Cf-*)';
  }
  if (HOP_BY_HOP.has(folded) || RESERVED.has(folded)) {
    return 'a header that is no credential Postern reads, and not about the message or the connection itself (RFC 9110 section 7.6.1)';
  }
  return isAboutRequest(folded)
    ? 'a header that does not say who or where the client is, or which URL or method was asked'
    : undefined;
}

/** Returns the names that an operator lets through although Postern itself sets them. */
export function setByPostern(forwarded: readonly string[], ownNames: readonly string[]): string[] {
  const own = new Set(ownNames.map(foldBelievedName));
  return forwarded.filter((name) => own.has(foldBelievedName(name)));
}
