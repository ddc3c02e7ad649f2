import { readBearer } from '../../http/bearer.ts';
import { isCrossSite } from '../../http/same-origin.ts';
import { failed, type Result, success } from '../../runtime/result.ts';
import { matchesSecret } from '../../runtime/secret-compare.ts';
import type { WaitUntil } from '../../runtime/single-flight.ts';
import type { SecretRecord } from './secret-record.ts';

/** The reason why the guard did not let the caller through. */
export type GuardFailure = 'caller_not_authorized' | 'cross_site_change' | 'guard_unavailable';

/** Verifies a Cloudflare Access assertion: the team's signature, the application and the time. */
export type AccessVerifier = (
  assertion: string,
  now: number,
  waitUntil: WaitUntil,
) => Promise<Result<undefined, 'caller_not_authorized' | 'guard_unavailable'>>;

export interface GuardOptions {
  readonly secrets: readonly string[];
  /** Remembers the secrets; `undefined` for a guard whose earlier secrets need not be known. */
  readonly record?: SecretRecord | undefined;
  /** `undefined`: callers cannot use Access. */
  readonly access: AccessVerifier | undefined;
  readonly allowedOrigins: readonly string[];
  readonly now: () => number;
}

/** A request to a guarded route. */
export interface GuardedCall {
  readonly request: Request;
  readonly waitUntil: WaitUntil;
}

/** The guard of admin and service-account routes. One of the configured proofs is enough: a secret or Access. */
export class Guard {
  readonly #options: GuardOptions;

  constructor(options: GuardOptions) {
    this.#options = options;
  }

  /** Checks whether the caller may use the route. An assertion is read only if there is no `Authorization`. */
  async check({ request, waitUntil }: GuardedCall): Promise<Result<undefined, GuardFailure>> {
    const { headers } = request;
    this.#options.record?.note(waitUntil);
    const authorization = headers.get('authorization');
    if (authorization !== null) return this.#checkSecret(authorization);
    const { access, allowedOrigins, now } = this.#options;
    const assertion = headers.get('cf-access-jwt-assertion');
    if (access === undefined || assertion === null) return REFUSED;
    const verified = await access(assertion, now(), waitUntil);
    // Access adds the assertion for the browser's cookie, even if a page of another site makes the request.
    const isChange = request.method !== 'GET' && request.method !== 'HEAD';
    if (verified.ok && isChange && isCrossSite(headers, allowedOrigins)) {
      return failed('cross_site_change');
    }
    return verified;
  }

  /** Whether the value was one of the guard's secrets, as far as the record knows. */
  async hadSecret(
    value: string,
    waitUntil: WaitUntil,
  ): Promise<Result<boolean, 'guard_unavailable'>> {
    const { record } = this.#options;
    record?.note(waitUntil);
    return record === undefined ? success(false) : record.has(value);
  }

  #checkSecret(authorization: string): Result<undefined, GuardFailure> {
    const presented = readBearer(authorization);
    if (presented === undefined) return REFUSED;
    const isGood = matchesSecret(presented, this.#options.secrets);
    return isGood ? success(undefined) : REFUSED;
  }
}

const REFUSED = Object.freeze(failed('caller_not_authorized' as const));
