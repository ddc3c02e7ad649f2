import { decodeBase64Url, encodeBase64Url, isCanonicalBase64Url } from '../runtime/base64url.ts';
import { sealText, unsealText } from '../sessions/sealing.ts';

/**
 * Seals the values of sign-in cookies with AES-256-GCM. The key is derived from a secret of the deployment
 * (HKDF-SHA-256), and is another one for each purpose. The first secret seals and every secret opens, so that secrets
 * can be rotated.
 */
export class Seals {
  readonly #secrets: readonly [string, ...string[]];

  constructor(secrets: readonly [string, ...string[]]) {
    this.#secrets = secrets;
  }

  /** Seals a text, as base64url. The value opens only for the same purpose. */
  async seal(text: string, purpose: string): Promise<string> {
    return encodeBase64Url(await sealText(text, purpose, this.#secrets[0]));
  }

  /** Opens a sealed value; `undefined` unless one of the secrets sealed it for this purpose. */
  async open(sealed: string, purpose: string): Promise<string | undefined> {
    if (!isCanonicalBase64Url(sealed)) return undefined;
    const bytes = new Uint8Array(decodeBase64Url(sealed));
    for (const secret of this.#secrets) {
      const text = await unsealText(bytes, purpose, secret);
      if (text !== undefined) return text;
    }
    return undefined;
  }
}
