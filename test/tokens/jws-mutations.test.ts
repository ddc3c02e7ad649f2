import { compactVerify, importJWK } from 'jose';
import { beforeAll, describe, expect, it } from 'vitest';
import { isAlgorithm } from '../../src/tokens/algorithms.ts';
import { openToken } from '../../src/tokens/compact-jws.ts';
import { findKey, importKeys, readKeySet } from '../../src/tokens/key-set.ts';
import { verifySignature } from '../../src/tokens/verify-token.ts';
import { JSON_TEXTS } from '../support/hostile-input/json-texts.ts';
import { jwsMutations } from '../support/hostile-input/jws-mutations.ts';
import { createTestIssuer, encodePart, type TestIssuer } from '../support/token-issuer.ts';

const CLAIMS = { iss: 'i', sub: 's' };

let issuer: TestIssuer;
let header: Readonly<Record<string, unknown>>;
let verify: (token: string) => Promise<string>;

beforeAll(async () => {
  issuer = await createTestIssuer();
  header = { alg: 'ES256', kid: issuer.kid, typ: 'JWT' };
  const set = readKeySet({ keys: [issuer.publicJwk] }, ['ES256']);
  if (!set.ok) throw new Error(set.failure);
  const keys = await importKeys(set.value);
  verify = async (token) => {
    const opened = openToken(token);
    if (!opened.ok) return opened.failure;
    const { alg, kid } = opened.value.jws.header;
    if (!isAlgorithm(alg)) return 'token_algorithm_refused';
    const key = findKey(keys, { kid, algorithm: alg });
    if (key === undefined) return 'token_key_unknown';
    const verified = await verifySignature(opened.value.jws, key);
    if (verified.ok) return 'verified';
    return verified.failure.kind === 'refused' ? verified.failure.reason : 'fault';
  };
});

const good = () => issuer.sign(`${encodePart(header)}.${encodePart(CLAIMS)}`);

describe('a compact token', () => {
  it('control: is accepted without a change, here and by jose', async () => {
    const token = await good();
    expect(await verify(token)).toBe('verified');
    await compactVerify(token, await importJWK(issuer.publicJwk));
  });

  it('is refused after every mutation of its form and its header, though the signature fits', async () => {
    const mutations = jwsMutations(header, CLAIMS);
    expect(mutations.length).toBeGreaterThan(1000);
    for (const { name, signingInput, change } of mutations) {
      const token = signingInput === undefined ? await good() : await issuer.sign(signingInput);
      const outcome = await verify(change?.(token) ?? token);
      expect([name, outcome]).toEqual([name, expect.stringMatching(/^token_/)]);
    }
  });

  it('is accepted with a payload that is a plain JSON object, and with no other text (RFC 7519 section 7.2)', async () => {
    let accepted = 0;
    for (const { name, verdict, flaw, bytes } of JSON_TEXTS) {
      const token = await issuer.sign(`${encodePart(header)}.${encodePart(bytes)}`);
      const outcome = await verify(token);
      const isObject = Buffer.from(bytes).toString().trimStart().startsWith('{');
      if (verdict === 'valid' && isObject && flaw === undefined) {
        accepted += 1;
        expect([name, outcome]).toEqual([name, 'verified']);
      } else if (verdict !== 'either' || flaw !== undefined || !isObject) {
        expect([name, outcome]).toEqual([name, expect.stringMatching(/^token_/)]);
      }
    }
    expect(accepted).toBeGreaterThan(50);
  });
});
