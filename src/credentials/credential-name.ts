// Pure: no I/O, no clock.
import { encodeBase64Url } from '../runtime/base64url.ts';
import type { Credential } from './credential.ts';

/**
 * The name of a credential in every cache tier: `v1s:` and 43 base64url characters. The name reveals nothing of the
 * credential.
 */
export type CredentialName = string;

const encoder = new TextEncoder();

/**
 * Returns the name of a credential: SHA-256 over everything that the answer depends on. That is the version of the
 * format, the store, the way the credential travels, and its exact bytes. Each part has its length in front, so two
 * different lists of parts never give the same bytes.
 */
export function nameCredential(
  { carrier, value }: Credential,
  storeId: string,
): Promise<CredentialName> {
  const cookieName = carrier.kind === 'cookie' ? carrier.cookieName : '';
  return digestName('v1s', [storeId, carrier.kind, cookieName, value]);
}

/** A name in KV that has no value, for a read that tells whether KV answers. */
export const PROBE_NAME = `v1h:${'0'.repeat(43)}`;

/**
 * Returns the name of something that secrets stand for: the format, a colon, and 43 base64url characters of SHA-256. The
 * digest covers the format and every part. The formats: `v1s` a session credential, `v1t` a token that names no
 * session, `v1k` a key set, `v1f` the forms of a session, `v1m` the subjects that a message marks, `v1x` an exchanged token (in memory only),
 * `v1g` a secret of the guard, `v1r` the tokens of a refresh, `v1o` the form of a sign-out. {@link PROBE_NAME} has the
 * format `v1h`.
 */
export async function digestName(
  format: 'v1s' | 'v1t' | 'v1k' | 'v1f' | 'v1m' | 'v1x' | 'v1g' | 'v1r' | 'v1o',
  parts: readonly string[],
): Promise<string> {
  const bytes = lengthPrefixed([`postern/${format}`, ...parts]);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `${format}:${encodeBase64Url(digest)}`;
}

/** Joins parts so that different parts never give the same bytes. Exported for its property test. */
export function lengthPrefixed(parts: readonly string[]): Uint8Array {
  return encoder.encode(parts.map((part) => `${part.length}:${part}`).join(''));
}
