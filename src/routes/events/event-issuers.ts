import { failed, type Result } from '../../runtime/result.ts';
import { openToken } from '../../tokens/compact-jws.ts';
import type { IssuerKeys } from '../../tokens/issuer-keys.ts';
import type { IssuerSettings } from '../../tokens/trusted-issuer.ts';
import {
  type TokenFailure,
  type TokenProfile,
  type VerifiedToken,
  type VerifyOptions,
  verifyOpened,
} from '../../tokens/verify-token.ts';

/** The checks that tell one kind of event token from another, and from everything else that an issuer signs. */
export type EventProfile<Claims> = Pick<
  TokenProfile<Claims>,
  'types' | 'required' | 'forbidden' | 'claims' | 'maxLifetimeSeconds'
>;

interface EventIssuer {
  readonly settings: IssuerSettings;
  readonly audience: readonly string[];
  readonly keys: IssuerKeys;
}

/** A verified token of an issuer that may report on its sessions. */
export interface VerifiedEvent<Claims> extends VerifiedToken<Claims> {
  readonly issuer: string;
}

/** The issuers that may report that sessions ended: those with a configured event audience. */
export class EventIssuers {
  readonly #issuers: ReadonlyMap<string, EventIssuer>;

  constructor(
    settings: readonly IssuerSettings[],
    keysOf: (issuer: string) => IssuerKeys | undefined,
  ) {
    this.#issuers = new Map(
      settings.flatMap((one) => {
        const keys = keysOf(one.issuer);
        const audience = one.event_audience;
        if (keys === undefined || audience === undefined) return [];
        return [[one.issuer, { settings: one, audience, keys }] as const];
      }),
    );
  }

  get size(): number {
    return this.#issuers.size;
  }

  /** Verifies an event token. A token of an unknown issuer causes no call. It never throws because of the token. */
  async verify<Claims>(
    compact: string,
    profile: EventProfile<Claims>,
    options: VerifyOptions,
  ): Promise<Result<VerifiedEvent<Claims>, TokenFailure>> {
    const opened = openToken(compact);
    if (!opened.ok) return failed({ kind: 'refused', reason: opened.failure });
    const { iss } = opened.value.claims;
    const known = typeof iss === 'string' ? this.#issuers.get(iss) : undefined;
    if (known === undefined) return failed({ kind: 'refused', reason: 'token_issuer_untrusted' });
    const { settings, audience, keys } = known;
    const whole: TokenProfile<Claims> = {
      ...profile,
      issuer: settings.issuer,
      audience,
      keys,
      algorithms: settings.algorithms,
      requiresKeyId: false,
      markers: {},
      clockToleranceSeconds: settings.clock_tolerance_seconds,
    };
    const verified = await verifyOpened(opened.value, whole, options);
    if (!verified.ok) return verified;
    return { ok: true, value: { ...verified.value, issuer: settings.issuer } };
  }
}
