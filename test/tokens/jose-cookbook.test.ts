/** The worked examples of RFC 7520, 7797 and 8037. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ALGORITHMS, isAlgorithm } from '../../src/tokens/algorithms.ts';
import { openCompactJws } from '../../src/tokens/compact-jws.ts';
import { findKey, importKeys, readKeySet } from '../../src/tokens/key-set.ts';
import { verifySignature } from '../../src/tokens/verify-token.ts';
import { describeCorpus } from '../support/corpus.ts';
import { inRepository } from '../support/repository.ts';

/** Every byte, and every bit's place in one, at a seventh of the cost. */
const STRIDE = 7;
const FOLDER = inRepository('../shared/corpora/jose-cookbook');

interface Example {
  readonly title: string;
  readonly input: { readonly payload: string; readonly alg?: string; readonly key?: unknown };
  readonly output: {
    readonly compact?: string;
    readonly json?: unknown;
    readonly json_flat?: unknown;
  };
}

describe.skipIf(!existsSync(FOLDER))(`jose-cookbook (${describeCorpus('jose-cookbook')})`, () => {
  for (const file of [
    'jws/4_1.rsa_v15_signature',
    'jws/4_2.rsa-pss_signature',
    'jws/4_3.ecdsa_signature',
    'curve25519/jws',
  ]) {
    it(`${file} verifies`, async () => {
      const { input, output } = read(file);
      const opened = openCompactJws(output.compact ?? '');
      if (!opened.ok) throw new Error(opened.failure);
      expect(Buffer.from(opened.value.payload).toString()).toBe(input.payload);
      expect(await verify(output.compact ?? '', input.key)).toBe('verified');
    });

    it(`${file} with any one bit turned is refused`, async () => {
      const { input, output } = read(file);
      const parts = (output.compact ?? '').split('.');
      const keys = await keysOf(input.key);
      const outcomes: string[] = [];
      for (const [place, part] of parts.entries()) {
        const bytes = Buffer.from(part, 'base64url');
        for (let bit = 0; bit < bytes.length * 8; bit += STRIDE) {
          const turned = Buffer.from(bytes);
          turned.writeUInt8(turned.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
          const token = parts.with(place, turned.toString('base64url')).join('.');
          outcomes.push(await verifyWith(token, keys));
        }
      }
      expect(outcomes).not.toContain('verified');
      expect(new Set(outcomes)).toContain('token_signature_invalid');
      expect(new Set(outcomes)).not.toContain('fault');
    });
  }

  it('HMAC, detached and unencoded payloads are refused', async () => {
    for (const file of [
      'jws/4_4.hmac-sha2_integrity_protection',
      'jws/4_5.signature_with_detached_content',
      'jws/4_6.protecting_specific_header_fields',
      'rfc7797/hmac-sha2_b64_false',
      'rfc7797/4.2.hmac-sha2_b64_false',
    ]) {
      const { input, output } = read(file);
      expect(readKeySet({ keys: [input.key as never] }, ALGORITHMS)).toEqual({
        ok: false,
        failure: 'secret-key',
      });
      if (output.compact === undefined) continue;
      expect(
        ['token_algorithm_refused', 'token_header_refused', 'token_malformed'],
        file,
      ).toContain(await verify(output.compact, read('jws/4_3.ecdsa_signature').input.key));
    }
  });

  it('no JSON serialisation is opened', () => {
    for (const folder of ['jws', 'rfc7797', 'curve25519']) {
      for (const name of readdirSync(join(FOLDER, folder)).filter((file) =>
        file.endsWith('.json'),
      )) {
        const { output } = read(`${folder}/${name.replace(/\.json$/, '')}`);
        for (const json of [output.json, output.json_flat]) {
          if (json === undefined) continue;
          const text = JSON.stringify(json);
          expect(openCompactJws(text).ok, name).toBe(false);
        }
      }
    }
  });

  it('encryption is refused', () => {
    const { output } = read('curve25519/ecdh-es') as Partial<Example> as Example;
    const compact = output?.compact ?? 'eyJhbGciOiJFQ0RILUVTIiwiZW5jIjoiQTEyOEdDTSJ9..aa.aa.aa';
    expect(openCompactJws(compact)).toEqual({ ok: false, failure: 'token_encrypted' });
  });

  it('private and symmetric keys are no keys to verify with', () => {
    for (const file of [
      'jwk/3_2.ec_private_key',
      'jwk/3_4.rsa_private_key',
      'jwk/3_5.symmetric_key_mac_computation',
      'jwk/3_6.symmetric_key_encryption',
    ]) {
      const key = JSON.parse(readFileSync(join(FOLDER, `${file}.json`), 'utf8'));
      expect(readKeySet({ keys: [key] }, ALGORITHMS)).toEqual({ ok: false, failure: 'secret-key' });
    }
    const ec = JSON.parse(readFileSync(join(FOLDER, 'jwk/3_1.ec_public_key.json'), 'utf8'));
    expect(readKeySet({ keys: [ec] }, ALGORITHMS)).toMatchObject({
      ok: true,
      value: [{ algorithm: 'ES512' }],
    });
  });
});

function read(name: string): Example {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8'));
}

async function verify(compact: string, key: unknown): Promise<string> {
  return verifyWith(compact, await keysOf(key));
}

/** The public half of an example's key. RSA keys without `alg` are for whichever algorithm is allowed. */
async function keysOf(key: unknown) {
  const { d, p, q, dp, dq, qi, ...jwk } = key as Record<string, string>;
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
