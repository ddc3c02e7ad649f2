// Pure: no I/O, no clock.
import type { JsonObject } from '../runtime/json.ts';
import { failed, type Result, success } from '../runtime/result.ts';

const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;

/** The issuer of a metadata document, and the origins that its URLs may have. */
export interface MetadataOwner {
  readonly issuer: string;
  /** Whether a URL may have a different origin than the issuer. */
  readonly allowsOtherOrigin: boolean;
}

/**
 * Reads a URL from an issuer's metadata (RFC 8414 section 2). It has to be https, and at the issuer's own origin unless
 * the owner allows another. http is allowed only if both the URL and the issuer are on loopback.
 */
export function readMetadataUrl(
  text: JsonObject[string] | undefined,
  { issuer, allowsOtherOrigin }: MetadataOwner,
): Result<string, 'not-https' | 'elsewhere'> {
  const url = typeof text === 'string' ? URL.parse(text) : null;
  if (url === null || !isSecure(url, issuer)) return failed('not-https');
  if (url.origin !== new URL(issuer).origin && !allowsOtherOrigin) return failed('elsewhere');
  return success(url.href);
}

function isSecure(url: URL, issuer: string): boolean {
  if (url.protocol === 'https:') return true;
  return (
    url.protocol === 'http:' &&
    LOOPBACK.test(url.hostname) &&
    LOOPBACK.test(new URL(issuer).hostname)
  );
}
