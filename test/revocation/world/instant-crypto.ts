import { createCipheriv, createDecipheriv, createHash, hkdfSync } from 'node:crypto';

interface Key {
  readonly bytes: Uint8Array;
}
interface Gcm {
  readonly iv: Uint8Array;
  readonly additionalData: Uint8Array;
}

/**
 * The same functions as `crypto.subtle`, without its threads: they settle in the turn in which they are called, so that a
 * run is the same every time.
 */
const INSTANT = {
  digest: async (_hash: string, data: Uint8Array) =>
    toBuffer(createHash('sha256').update(data).digest()),
  importKey: async (_format: string, bytes: Uint8Array): Promise<Key> => ({ bytes }),
  deriveKey: async ({ salt, info }: { salt: Uint8Array; info: Uint8Array }, { bytes }: Key) => ({
    bytes: new Uint8Array(hkdfSync('sha256', bytes, salt, info, 32)),
  }),
  encrypt: async ({ iv, additionalData }: Gcm, { bytes }: Key, data: Uint8Array) => {
    const cipher = createCipheriv('aes-256-gcm', bytes, iv).setAAD(additionalData);
    return toBuffer(Buffer.concat([cipher.update(data), cipher.final(), cipher.getAuthTag()]));
  },
  decrypt: async ({ iv, additionalData }: Gcm, { bytes }: Key, data: Uint8Array) => {
    const decipher = createDecipheriv('aes-256-gcm', bytes, iv).setAAD(additionalData);
    decipher.setAuthTag(data.subarray(-16));
    return toBuffer(Buffer.concat([decipher.update(data.subarray(0, -16)), decipher.final()]));
  },
};

/** Puts the instant functions in place until disposed of. */
export function installInstantCrypto(): Disposable {
  const { subtle } = crypto;
  const original = Object.fromEntries(
    Object.keys(INSTANT).map((name) => [name, subtle[name as keyof typeof INSTANT]]), // its own names
  );
  Object.assign(subtle, INSTANT);
  return { [Symbol.dispose]: () => Object.assign(subtle, original) };
}

function toBuffer(bytes: Uint8Array): ArrayBuffer {
  return Uint8Array.from(bytes).buffer;
}
