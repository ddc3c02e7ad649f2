/** The limits of the real KV, refused in the words of the real binding. Pure: no I/O, no clock. */

const KEY_MAX_BYTES = 512;
const METADATA_MAX_BYTES = 1024;
const VALUE_MAX_BYTES = 25 * 1024 * 1024;
const CACHE_TTL_MIN_SECONDS = 30;
const EXPIRATION_MIN_SECONDS = 60;
const INT32_MAX = 2_147_483_647;

/** The options of a write that bear on limits. */
export interface PutOptions {
  readonly expiration?: number;
  readonly expirationTtl?: number;
  readonly metadata?: unknown;
}

/** The error the binding rejects with, e.g. `KV PUT failed: 429 Too Many Requests`. */
export function kvError(method: string, status: number, reason: string): Error {
  return new Error(`KV ${method} failed: ${status} ${reason}`);
}

/** Throws as the binding does for an empty, dotted or over-long key name. */
export function assertKey(method: string, key: string): void {
  if (key === '') throw new TypeError('Key name cannot be empty.');
  if (key === '.' || key === '..') throw new TypeError(`"${key}" is not allowed as a key name.`);
  const bytes = new TextEncoder().encode(key).byteLength;
  if (bytes > KEY_MAX_BYTES)
    throw kvError(
      method,
      414,
      `UTF-8 encoded length of ${bytes} exceeds key length limit of ${KEY_MAX_BYTES}.`,
    );
}

/** Throws for a `cacheTtl` below the platform's minimum. */
export function assertCacheTtl(cacheTtl: number | undefined): void {
  if (cacheTtl === undefined || cacheTtl >= CACHE_TTL_MIN_SECONDS) return;
  throw kvError(
    'GET',
    400,
    `Invalid cache_ttl of ${cacheTtl}. Cache TTL must be at least ${CACHE_TTL_MIN_SECONDS}.`,
  );
}

/** Throws for a value or metadata above the size limits. */
export function assertSizes(value: Uint8Array, metadata: unknown): void {
  if (value.byteLength > VALUE_MAX_BYTES)
    throw kvError(
      'PUT',
      413,
      `Value length of ${value.byteLength} exceeds limit of ${VALUE_MAX_BYTES}.`,
    );
  const text = metadata === undefined ? '' : JSON.stringify(metadata);
  const bytes = new TextEncoder().encode(text).byteLength;
  if (bytes > METADATA_MAX_BYTES)
    throw kvError(
      'PUT',
      413,
      `Metadata length of ${bytes} exceeds limit of ${METADATA_MAX_BYTES}.`,
    );
}

/** Unix seconds at which a write expires, `undefined` for never; throws below the platform's minimum. */
export function expirationOf(options: PutOptions, nowSeconds: number): number | undefined {
  if (options.expirationTtl !== undefined) return fromTtl(int32(options.expirationTtl), nowSeconds);
  if (options.expiration === undefined) return undefined;
  const expiration = int32(options.expiration);
  if (expiration >= nowSeconds + EXPIRATION_MIN_SECONDS) return expiration;
  const wanted =
    expiration <= nowSeconds
      ? 'Please specify integer greater than the current number of seconds since the UNIX epoch.'
      : `Expiration times must be at least ${EXPIRATION_MIN_SECONDS} seconds in the future.`;
  throw kvError('PUT', 400, `Invalid expiration of ${expiration}. ${wanted}`);
}

function fromTtl(ttlSeconds: number, nowSeconds: number): number {
  if (ttlSeconds >= EXPIRATION_MIN_SECONDS) return nowSeconds + ttlSeconds;
  const wanted =
    ttlSeconds <= 0
      ? 'Please specify integer greater than 0.'
      : `Expiration TTL must be at least ${EXPIRATION_MIN_SECONDS}.`;
  throw kvError('PUT', 400, `Invalid expiration_ttl of ${ttlSeconds}. ${wanted}`);
}

/** The binding takes whole seconds that fit 32 bits, and drops a fraction. */
function int32(seconds: number): number {
  if (Number.isNaN(seconds) || Math.abs(seconds) > INT32_MAX)
    throw new TypeError(
      `Value out of range. Must be between ${-INT32_MAX - 1} and ${INT32_MAX} (inclusive).`,
    );
  return Math.trunc(seconds);
}
