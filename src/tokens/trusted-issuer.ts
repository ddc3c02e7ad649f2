import type { TokenDenialReason } from '../errors/token-reasons.ts';
import type { Authority } from '../http/authority.ts';
import { failed, type Result, success } from '../runtime/result.ts';
import type { Algorithm } from './algorithms.ts';
import type { HostsOfAudience } from './audience.ts';
import type { UnverifiedToken } from './compact-jws.ts';
import type { IssuerKeys } from './issuer-keys.ts';
import type { IssuerKey } from './key-set.ts';
import {
  applicationsOf,
  KEYCARD_CLAIMS,
  KEYCARD_FORBIDDEN,
  KEYCARD_REQUIRED,
  KEYCARD_TYPES,
  keycardTokenSession,
} from './keycard-token.ts';
import {
  KRATOS_CLAIMS,
  KRATOS_FORBIDDEN,
  KRATOS_REQUIRED,
  KRATOS_TYPES,
  kratosTokenSession,
} from './kratos-token.ts';
import type { VerifiedTimes } from './proven-session.ts';
import { type ProvenSession, readSessionFields, type SessionField } from './proven-session.ts';
import {
  type TokenFailure,
  type TokenProfile,
  type VerifyOptions,
  verifyOpened,
} from './verify-token.ts';

/** One issuer of `ISSUERS` (docs/configuration.md): how to verify its tokens and how to read a session from them. */
export interface IssuerSettings {
  /** Must equal the `iss` claim exactly. */
  readonly issuer: string;
  readonly preset: 'kratos' | 'keycard';
  /** `aud` must name one of these; `false` for tokens without `aud`. */
  readonly audience: false | readonly string[];
  /** The audience of logout tokens and security event tokens. Without it, both are rejected. */
  readonly event_audience?: readonly string[] | undefined;
  readonly algorithms: readonly Algorithm[];
  readonly required_claims: readonly string[];
  readonly marker_claims: Readonly<Record<string, string | number | boolean>>;
  readonly clock_tolerance_seconds: number;
  readonly max_lifetime_seconds: number;
  /** Paths in the session document, each with the claim that fills it. */
  readonly session_fields: Readonly<Record<string, string>>;
  readonly trusted_claims: readonly string[];
}

/** A session that a token proves, with the names by which marks can revoke the token. */
export interface TokenSession extends ProvenSession {
  readonly issuer: string;
  readonly subject: string;
  readonly tokenId: string | undefined;
  /** The applications that hold the token or act in it; `undefined` if the token names none. */
  readonly applicationIds: readonly string[] | undefined;
  /** Milliseconds since the epoch. */
  readonly issuedAt: number;
  /** The session's end plus the tolerance after `exp`, in milliseconds since the epoch. */
  readonly acceptedUntil: number;
  readonly key: IssuerKey;
  /** The hosts of the site on which the token is good. */
  readonly hosts: ReadonlySet<Authority>;
}

/** An issuer whose tokens count as sessions. */
export interface TrustedIssuer {
  readonly issuer: string;
  readonly keys: IssuerKeys;
  verify(
    token: UnverifiedToken,
    options: VerifyOptions,
  ): Promise<Result<TokenSession, TokenFailure>>;
}

/**
 * Creates a trusted issuer from its settings and keys.
 *
 * @param hostsOf tells on which hosts of the site a token is good
 */
export function createTrustedIssuer(
  settings: IssuerSettings,
  keys: IssuerKeys,
  hostsOf: HostsOfAudience,
): TrustedIssuer {
  switch (settings.preset) {
    case 'kratos': {
      const profile = profileOf(settings, keys, {
        types: KRATOS_TYPES,
        required: KRATOS_REQUIRED,
        forbidden: KRATOS_FORBIDDEN,
        requiresKeyId: false,
        claims: KRATOS_CLAIMS,
        expiryToleranceSeconds: settings.clock_tolerance_seconds,
      });
      return trust(settings, profile, { toSession: kratosTokenSession, hostsOf });
    }
    case 'keycard': {
      const profile = profileOf(settings, keys, {
        types: KEYCARD_TYPES,
        required: KEYCARD_REQUIRED,
        forbidden: KEYCARD_FORBIDDEN,
        requiresKeyId: true,
        claims: KEYCARD_CLAIMS,
        expiryToleranceSeconds: 0,
      });
      return trust(settings, profile, {
        toSession: keycardTokenSession,
        hostsOf,
        applicationsOf,
      });
    }
  }
}

type Preset<Claims> = Pick<
  TokenProfile<Claims>,
  'types' | 'required' | 'forbidden' | 'requiresKeyId' | 'claims'
> & { readonly expiryToleranceSeconds: number };

type SessionTokenProfile<Claims> = TokenProfile<Claims> & Preset<Claims>;

function profileOf<Claims>(
  settings: IssuerSettings,
  keys: IssuerKeys,
  preset: Preset<Claims>,
): SessionTokenProfile<Claims> {
  return {
    ...preset,
    issuer: settings.issuer,
    audience: settings.audience,
    algorithms: settings.algorithms,
    required: [...preset.required, ...settings.required_claims],
    // A claim that the operator requires does not identify another kind of token.
    forbidden: preset.forbidden.filter((name) => !settings.required_claims.includes(name)),
    markers: settings.marker_claims,
    clockToleranceSeconds: settings.clock_tolerance_seconds,
    maxLifetimeSeconds: settings.max_lifetime_seconds,
    keys,
  };
}

type ToSession<Claims> = (
  claims: Claims,
  times: VerifiedTimes,
  fields: readonly SessionField[],
) => Result<ProvenSession, TokenDenialReason> | Promise<Result<ProvenSession, TokenDenialReason>>;

interface TrustOptions<Claims> {
  readonly toSession: ToSession<Claims>;
  readonly hostsOf: HostsOfAudience;
  /** Reads the applications from the claims. Tokens of other presets name none. */
  readonly applicationsOf?: (claims: Claims) => readonly string[] | undefined;
}

function trust<Claims extends { readonly sub: string; readonly jti?: string | undefined }>(
  settings: IssuerSettings,
  profile: SessionTokenProfile<Claims>,
  { toSession, hostsOf, applicationsOf: readApplications }: TrustOptions<Claims>,
): TrustedIssuer {
  return {
    issuer: settings.issuer,
    keys: profile.keys,
    async verify(token, options) {
      const verified = await verifyOpened(token, profile, options);
      if (!verified.ok) return verified;
      const { claims, everyClaim, issuedAt, expiresAt, key } = verified.value;
      if (issuedAt === undefined || expiresAt === undefined) return refused('token_claim_missing');
      const fields = readSessionFields(
        everyClaim,
        settings.session_fields,
        settings.trusted_claims,
      );
      const { compact } = token.jws;
      const session = await toSession(claims, { now: options.now, expiresAt, compact }, fields);
      if (!session.ok) return refused(session.failure);
      const { sub: subject, jti: tokenId } = claims;
      const { issuer } = settings;
      const toleranceMs = profile.expiryToleranceSeconds * 1000;
      const acceptedUntil = session.value.session.expiresAt + toleranceMs;
      return success({
        ...session.value,
        issuer,
        subject,
        tokenId,
        applicationIds: readApplications?.(claims),
        issuedAt,
        acceptedUntil,
        key,
        hosts: hostsOf(everyClaim.aud),
      });
    },
  };
}

function refused(reason: TokenDenialReason): {
  readonly ok: false;
  readonly failure: TokenFailure;
} {
  return failed({ kind: 'refused', reason });
}
