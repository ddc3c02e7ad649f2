// Pure: no I/O, no clock.
import type { Credential } from './credential.ts';

/** What a credential is called in every tier: `v1s:` and 43 base64url characters. Says nothing of it. */
export type CredentialName = string;

const encoder = new TextEncoder();

/**
 * The name is SHA-256 over everything the answer depends on: the format's version, the store asked, the
 * way the credential travels, and its exact bytes. Each part stands behind its length, so that no two
 * different lists of parts are the same bytes.
 */
export function nameCredential(
  { carrier, value }: Credential,
  storeId: string,
): Promise<CredentialName> {
  const cookieName = carrier.kind === 'cookie' ? carrier.cookieName : '';
  return digestName('v1s', [storeId, carrier.kind, cookieName, value]);
}

/**
 * What something is called outside of memory: `v1s` a session credential, `v1t` a token that names no session, `v1k`
 * a key set, `v1f` the forms of a session, `v1m` what a message marks. The format, a colon, and 43 base64url characters of SHA-256 over the
 * format and every part.
 */
export async function digestName(
  format: 'v1s' | 'v1t' | 'v1k' | 'v1f' | 'v1m',
  parts: readonly string[],
): Promise<string> {
  const bytes = lengthPrefixed([`postern/${format}`, ...parts]);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `${format}:${toBase64Url(digest)}`;
}

/** Joins parts so that the parts can be told from the bytes. Exported for its property test. */
export function lengthPrefixed(parts: readonly string[]): Uint8Array {
  return encoder.encode(parts.map((part) => `${part.length}:${part}`).join(''));
}

export function toBase64Url(bytes: Uint8Array): string {
  const text = btoa(String.fromCharCode(...bytes));
  return text.replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
