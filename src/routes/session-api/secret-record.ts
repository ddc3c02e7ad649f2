import { digestName } from '../../credentials/credential-name.ts';
import { LATE, within } from '../../runtime/deadline.ts';
import type { KeyValueStore } from '../../runtime/kv.ts';
import type { Report } from '../../runtime/report.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';

export interface SecretRecordOptions {
  /** `undefined`: earlier secrets are not known. */
  readonly kv: KeyValueStore | undefined;
  /** The guard's secrets of today. */
  readonly secrets: readonly string[];
  readonly readTimeoutMs: number;
  readonly now: () => number;
  readonly report: Report;
}

const KEEP_SECONDS = 2 * 365 * 24 * 3600;
/** A secret that is still in use is written again at this age, so it is known for a year or more after its removal. */
const REWRITE_MS = (KEEP_SECONDS * 1000) / 2;
const CACHE_TTL_SECONDS = 30;

/**
 * Remembers in Workers KV which secrets the guard has had. A caller may send one that was removed from the
 * configuration, and it must not reach another party. KV holds the digest of each secret and the time of writing.
 */
export class SecretRecord {
  readonly #options: SecretRecordOptions;
  #isNoted = false;

  constructor(options: SecretRecordOptions) {
    this.#options = options;
  }

  /** Records the secrets of today, once in each isolate. */
  note(waitUntil: WaitUntil): void {
    const { kv, secrets } = this.#options;
    if (kv === undefined || this.#isNoted) return;
    this.#isNoted = true;
    waitUntil(Promise.all(secrets.map((secret) => this.#write(kv, secret))));
  }

  /** Whether the value was a secret of the guard, as far as KV knows; a failure if KV does not answer. */
  async has(value: string): Promise<Result<boolean, 'guard_unavailable'>> {
    const { kv } = this.#options;
    if (kv === undefined) return success(false);
    const writtenAt = await this.#read(kv, await nameOf(value));
    return writtenAt === 'unknown' ? failed('guard_unavailable') : success(writtenAt !== undefined);
  }

  /** Returns the time of writing, in milliseconds since the epoch; `undefined` for a secret that is not recorded. */
  async #read(kv: KeyValueStore, name: string): Promise<number | undefined | 'unknown'> {
    const { readTimeoutMs, report } = this.#options;
    try {
      const options = { type: 'arrayBuffer', cacheTtl: CACHE_TTL_SECONDS } as const;
      const value = await within(readTimeoutMs, kv.get(name, options));
      if (value !== LATE) return value === null ? undefined : timeIn(value);
    } catch {
      // reported below, like a read that took too long
    }
    report({ event: 'kv-failure', operation: 'get' });
    return 'unknown';
  }

  async #write(kv: KeyValueStore, secret: string): Promise<void> {
    const { now, report } = this.#options;
    const name = await nameOf(secret);
    const writtenAt = await this.#read(kv, name);
    if (writtenAt === 'unknown' || (writtenAt ?? 0) > now() - REWRITE_MS) return;
    try {
      const { buffer } = Uint8Array.from(new TextEncoder().encode(String(now())));
      await kv.put(name, buffer, { expirationTtl: KEEP_SECONDS });
    } catch {
      report({ event: 'kv-failure', operation: 'put' });
    }
  }
}

function nameOf(secret: string): Promise<string> {
  return digestName('v1g', [secret]);
}

/** A value that Postern did not write is an old one: it only makes the next isolate write it again. */
function timeIn(value: ArrayBuffer): number {
  const time = Number(new TextDecoder().decode(value));
  return Number.isFinite(time) ? time : 0;
}
