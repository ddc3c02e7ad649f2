/** The worked examples of RFC 7520, 7797 and 8037. */
import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../../src/runtime/json.ts';
import { ALGORITHMS, isAlgorithm } from '../../src/tokens/algorithms.ts';
import { openCompactJws } from '../../src/tokens/compact-jws.ts';
import { findKey, importKeys, readKeySet } from '../../src/tokens/key-set.ts';
import { verifySignature } from '../../src/tokens/verify-token.ts';
import * as examples from './rfc-examples.ts';

/** Every byte, and every bit's place in one, at a seventh of the cost. */
const STRIDE = 7;

describe('the worked examples', () => {
  for (const { section, key, header, payload, signature } of examples.SIGNED_EXAMPLES) {
    const token = `${header}.${payload}.${signature}`;

    it(`${section} verifies`, async () => {
      const opened = openCompactJws(token);
      if (!opened.ok) throw new Error(opened.failure);
      expect(opened.value.payload).toBe(payload);
      expect(opened.value.signature).toBe(signature);
      expect(await verify(token, key)).toBe('verified');
    });

    it(`${section} with any one flipped bit is refused`, async () => {
      const parts = [header, payload, signature];
      const keys = await keysOf(key);
      const outcomes: string[] = [];
      for (const [place, part] of parts.entries()) {
        const bytes = Buffer.from(part, 'base64url');
        for (let bit = 0; bit < bytes.length * 8; bit += STRIDE) {
          const turned = Buffer.from(bytes);
          turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          outcomes.push(
            await verifyWith(parts.with(place, turned.toString('base64url')).join('.'), keys),
          );
        }
      }
      expect(outcomes).not.toContain('verified');
      expect(new Set(outcomes)).toContain('token_signature_invalid');
      expect(new Set(outcomes)).not.toContain('fault');
    });
  }

  it.each(examples.UNACCEPTABLE_TOKENS)('%s is refused', async (_, token) => {
    expect(['token_algorithm_refused', 'token_header_refused', 'token_malformed']).toContain(
      await verify(token, examples.EC_PUBLIC),
    );
  });

  it('no JSON serialisation is accepted', () => {
    for (const serialisation of examples.JSON_SERIALISATIONS) {
      const text = JSON.stringify(serialisation);
      expect(openCompactJws(text).ok, text).toBe(false);
    }
  });

  it('encryption is refused', () => {
    expect(openCompactJws(examples.ENCRYPTED_TOKEN)).toEqual({
      ok: false,
      failure: 'token_encrypted',
    });
  });

  it('private and symmetric keys are not accepted for verification', () => {
    const { EC_PRIVATE, ED25519_PRIVATE, RSA_PRIVATE, SYMMETRIC_KEYS } = examples;
    for (const key of [EC_PRIVATE, ED25519_PRIVATE, RSA_PRIVATE, ...SYMMETRIC_KEYS]) {
      expect(readKeySet({ keys: [key] }, ALGORITHMS)).toEqual({ ok: false, failure: 'secret-key' });
    }
    expect(readKeySet({ keys: [examples.EC_PUBLIC] }, ALGORITHMS)).toMatchObject({
      ok: true,
      value: [{ algorithm: 'ES512' }],
    });
  });
});

async function verify(compact: string, key: JsonObject): Promise<string> {
  return verifyWith(compact, await keysOf(key));
}

/** RSA keys without `alg` are for whichever algorithm is allowed. */
async function keysOf(jwk: JsonObject) {
  const names = ALGORITHMS.filter((algorithm) => algorithm !== 'Ed25519'); // one key, two names
  const sets = names.map((algorithm) => readKeySet({ keys: [jwk] }, [algorithm]));
  const usable = sets.flatMap((set) => (set.ok ? set.value : []));
  return importKeys(usable);
}

async function verifyWith(
  compact: string,
  keys: Awaited<ReturnType<typeof importKeys>>,
): Promise<string> {
  const opened = openCompactJws(compact);
  if (!opened.ok) return opened.failure;
  const { alg, kid } = opened.value.header;
  if (!isAlgorithm(alg)) return 'token_algorithm_refused';
  const key = findKey(keys, { kid, algorithm: alg });
  if (key === undefined) return 'token_key_unknown';
  const verified = await verifySignature(opened.value, key);
  if (verified.ok) return 'verified';
  return verified.failure.kind === 'refused' ? verified.failure.reason : 'fault';
}
