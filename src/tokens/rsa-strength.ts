// Pure: no I/O, no clock.

const MIN_MODULUS_BITS = 2048;
/** Larger keys make every verification slow and add no useful security. */
const MAX_MODULUS_BITS = 8192;
const MAX_EXPONENT_BITS = 32;

/**
 * Whether an RSA public key is strong enough to be accepted (RFC 7518 section 3.3, FIPS 186-5). The modulus must be
 * odd and have 2048 to 8192 bits. The exponent must be odd and at least 3. The key must not come from the faulty
 * library behind "ROCA" (CVE-2017-15361).
 */
export function isStrongRsaKey(modulus: Uint8Array, exponent: Uint8Array): boolean {
  const n = toBigInt(modulus);
  const e = toBigInt(exponent);
  const bits = n.toString(2).length;
  if (bits < MIN_MODULUS_BITS || bits > MAX_MODULUS_BITS || n % 2n === 0n) return false;
  if (e < 3n || e % 2n === 0n || e.toString(2).length > MAX_EXPONENT_BITS) return false;
  return !hasRocaFingerprint(n);
}

/**
 * The primes for the ROCA test. The faulty library's primes are `k * M + (65537 ** a mod M)`, with M a product of
 * small primes. So the modulus is a power of 65537 modulo each small prime. About one in 2^27 other moduli has this
 * property by chance.
 */
const ROCA_PRIMES = [11, 13, 17, 19, 37, 53, 61, 71, 73, 79, 97, 103, 107, 109, 127, 151, 157];

const rocaResidues = ROCA_PRIMES.map((prime) => ({
  prime: BigInt(prime),
  residues: powersOf65537(prime),
}));

function hasRocaFingerprint(n: bigint): boolean {
  return rocaResidues.every(({ prime, residues }) => residues.has(Number(n % prime)));
}

function powersOf65537(prime: number): ReadonlySet<number> {
  const powers = new Set<number>();
  for (let power = 1; !powers.has(power); power = (power * 65_537) % prime) powers.add(power);
  return powers;
}

function toBigInt(bytes: Uint8Array): bigint {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return hex === '' ? 0n : BigInt(`0x${hex}`);
}
