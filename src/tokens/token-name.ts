// Pure: no I/O, no clock.
import { lengthPrefixed, toBase64Url } from '../whoami/credential-name.ts';

/** What a token that names no session is called: `v1t:` and a digest of its exact bytes, which say nothing of it. */
export async function nameToken(compact: string): Promise<string> {
  const bytes = lengthPrefixed(['postern/v1t', compact]);
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  return `v1t:${toBase64Url(digest)}`;
}
