// No I/O, no clock. Which headers an operator may let through (`FORWARDED_HEADERS`), and which never.
import { foldBelievedName, HOP_BY_HOP } from '../http/header-names.ts';
import { ASSERTION_HEADER } from './assertion.ts';
import { isAboutRequest } from './believed-headers.ts';

const NAME = /^[a-z0-9]+(?:-[a-z0-9]+)*$/i;
const MAX_NAME_LENGTH = 64;

/** Credentials that Postern reads, and what frames or routes a message. */
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
/** Names that only Postern, or only Cloudflare, writes. */
const RESERVED_BEGINNINGS = ['postern-', 'x-postern-', 'cf-'] as const;

/** Returns why a header of this name may not be let through; `undefined` if it may. */
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

/** The names among those let through that Postern itself sets. */
export function setByPostern(forwarded: readonly string[], ownNames: readonly string[]): string[] {
  const own = new Set(ownNames.map(foldBelievedName));
  return forwarded.filter((name) => own.has(foldBelievedName(name)));
}
