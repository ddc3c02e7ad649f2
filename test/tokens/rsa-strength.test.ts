import { describe, expect, it } from 'vitest';
import { isStrongRsaKey } from '../../src/tokens/rsa-strength.ts';

const F4 = 65_537n;

/** The primes by which the finders of CVE-2017-15361 tell a modulus of the faulty library. */
const FINGERPRINT = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157].map(
  BigInt,
);

function bytesOf(number: bigint): Uint8Array {
  const hex = number.toString(16);
  return Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex');
}

const isStrong = (modulus: bigint, exponent = F4) =>
  isStrongRsaKey(bytesOf(modulus), bytesOf(exponent));

/** An odd modulus of 2048 bits with these remainders (Chinese remainder theorem). */
function modulusOf(remainders: ReadonlyMap<bigint, bigint>): bigint {
  let [modulus, product] = [2n ** 2047n + 1n, 2n];
  for (const [prime, remainder] of remainders) {
    while (modulus % prime !== remainder) modulus += product;
    product *= prime;
  }
  return modulus;
}

/** A power of 65537 modulo each prime of the fingerprint. */
const powers = FINGERPRINT.map((prime) => [prime, F4 ** 5n % prime] as const);

/** A number that no power of 65537 is, modulo the prime. */
function otherThanPowers(prime: bigint): bigint {
  const all = new Set(Array.from({ length: Number(prime) }, (_, n) => F4 ** BigInt(n) % prime));
  for (let n = 2n; n < prime; n += 1n) if (!all.has(n)) return n;
  return expect.fail(`every number is a power modulo ${prime}`);
}

describe('isStrongRsaKey()', () => {
  it.each([
    [2047, false],
    [2048, true],
    [8192, true],
    [8193, false],
  ])(
    'accepts a modulus of 2048 to 8192 bits (RFC 7518 section 3.3): %i bits, %s',
    (bits, taken) => {
      expect(isStrong(2n ** BigInt(bits) - 1n)).toBe(taken);
      expect(isStrong(2n ** BigInt(bits - 1) + 1n)).toBe(taken);
    },
  );

  it('accepts an odd modulus only', () => {
    expect([isStrong(2n ** 2047n + 1n), isStrong(2n ** 2047n + 2n)]).toEqual([true, false]);
  });

  it.each([
    [1n, false],
    [2n, false],
    [3n, true],
    [4n, false],
    [2n ** 32n - 1n, true],
    [2n ** 32n + 1n, false],
  ])('accepts an odd exponent from 3 to 32 bits: %i, %s', (exponent, taken) => {
    expect(isStrong(2n ** 2048n - 1n, exponent)).toBe(taken);
  });

  it('refuses a modulus with the fingerprint of CVE-2017-15361, for any other primes', () => {
    expect(isStrong(modulusOf(new Map(powers)))).toBe(false);
    for (const remainder of [0n, 1n, 2n])
      expect(isStrong(modulusOf(new Map([...powers, [3n, remainder]])))).toBe(false);
  });

  it.each(FINGERPRINT)(
    'accepts a modulus that differs from the fingerprint modulo %i alone',
    (prime) => {
      const remainders = new Map([...powers, [prime, otherThanPowers(prime)]]);
      expect(isStrong(modulusOf(remainders))).toBe(true);
    },
  );
});
