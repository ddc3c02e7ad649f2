import { createCipheriv, createDecipheriv, createHash, hkdfSync, webcrypto } from 'node:crypto';

/** The result of `importKey` and `deriveKey`: the bytes themselves. */
interface PlainKey {
  readonly bytes: Uint8Array;
}
interface Hkdf {
  readonly salt: Uint8Array;
  readonly info: Uint8Array;
}
interface AesGcm {
  readonly iv: Uint8Array;
  readonly additionalData: Uint8Array;
}

const TAG_BYTES = 16;

/**
 * The part of WebCrypto that the tiers use, over the same OpenSSL, byte for byte; but done when called, where Node's own
 * goes through a thread pool, of which a simulated clock could not know when it is finished.
 */
const subtle = {
  async digest(_algorithm: 'SHA-256', bytes: Uint8Array): Promise<ArrayBuffer> {
    return exactly(createHash('sha256').update(bytes).digest());
  },
  async importKey(_format: 'raw', bytes: Uint8Array): Promise<PlainKey> {
    return { bytes };
  },
  async deriveKey({ salt, info }: Hkdf, { bytes }: PlainKey): Promise<PlainKey> {
    return { bytes: new Uint8Array(hkdfSync('sha256', bytes, salt, info, 32)) };
  },
  async encrypt(
    { iv, additionalData }: AesGcm,
    { bytes }: PlainKey,
    plain: Uint8Array,
  ): Promise<ArrayBuffer> {
    const cipher = createCipheriv('aes-256-gcm', bytes, iv).setAAD(additionalData);
    const body = Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
    return exactly(body);
  },
  async decrypt(
    { iv, additionalData }: AesGcm,
    { bytes }: PlainKey,
    sealed: Uint8Array,
  ): Promise<ArrayBuffer> {
    const decipher = createDecipheriv('aes-256-gcm', bytes, iv).setAAD(additionalData);
    decipher.setAuthTag(sealed.subarray(-TAG_BYTES));
    return exactly(
      Buffer.concat([decipher.update(sealed.subarray(0, -TAG_BYTES)), decipher.final()]),
    );
  },
};

function exactly(bytes: Buffer): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}

export const SYNCHRONOUS_CRYPTO = {
  subtle,
  getRandomValues: (bytes: Uint8Array) => webcrypto.getRandomValues(bytes),
};
