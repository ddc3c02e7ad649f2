import type { Credential } from '../credentials/credential.ts';
import { type OwnSecrets, withoutOwnSecrets } from '../credentials/own-secrets.ts';
import { readCredential } from '../credentials/read-credential.ts';
import type { DenialReason, FaultReason } from '../errors/reasons.ts';
import { failed, type Result, success } from '../errors/result.ts';
import type { Session } from '../session/session.ts';
import { NO_DEMAND } from '../whoami/demand.ts';
import type { Resolution } from '../whoami/resolution.ts';
import type { Sessions } from '../whoami/sessions.ts';
import type { Anchor } from '../whoami/single-flight.ts';
import { isCrossSite } from './same-origin.ts';

export interface CallerOptions {
  readonly sessions: Pick<Sessions, 'resolve'>;
  readonly cookieNames: readonly string[];
  readonly secrets: OwnSecrets;
  /** Whose pages may make changes with a cookie. */
  readonly allowedOrigins: readonly string[];
}

export type CallerRefusal =
  | Extract<
      DenialReason,
      'credential_missing' | 'credential_malformed' | 'credential_ambiguous' | 'session_inactive'
    >
  | Extract<FaultReason, 'store_unavailable'>
  | 'credential_conflicting'
  | 'cross_site_change';

/** The credential a call is made with. */
export interface Chosen {
  readonly credential: Credential;
  /** Whose it is, where several had to be told apart by that. */
  readonly resolution: Resolution | undefined;
}

/**
 * The one credential a request is made with, for a call that goes to the store in any case. Of several session
 * cookies it is the one that is somebody's; two people's are nobody's.
 *
 * @param isChange a cookie then counts only from pages of our own, for Kratos exempts its session routes from
 *   its own check (`session/handler.go`, `IgnoreGlobs`)
 */
export async function chooseCredential(
  { headers }: Request,
  anchor: Anchor,
  { isChange, ...options }: CallerOptions & { readonly isChange: boolean },
): Promise<Result<Chosen, CallerRefusal>> {
  // No token cookies: a JWT is no credential at Kratos, and is judged there like any other value.
  const presented = readCredential(headers, options.cookieNames, undefined);
  const presentation = withoutOwnSecrets(presented, options.secrets);
  if (presentation.kind === 'none' || presentation.kind === 'tokens')
    return failed('credential_missing');
  if (presentation.kind === 'unusable') {
    const { reason } = presentation;
    return failed(reason === 'token_too_long' ? 'credential_malformed' : reason);
  }
  const { candidates } = presentation;
  const [first, ...others] = candidates;
  if (isChange && first.carrier.kind === 'cookie' && isCrossSite(headers, options.allowedOrigins)) {
    return failed('cross_site_change');
  }
  return others.length === 0
    ? success({ credential: first, resolution: undefined })
    : chooseOne(candidates, anchor, options.sessions);
}

async function chooseOne(
  candidates: readonly Credential[],
  anchor: Anchor,
  sessions: Pick<Sessions, 'resolve'>,
): Promise<Result<Chosen, CallerRefusal>> {
  const found = await Promise.all(
    candidates.map(async (credential) => ({
      credential,
      resolution: await sessions.resolve(credential, NO_DEMAND, anchor),
    })),
  );
  const [first] = found;
  const good = found.filter(({ resolution }) => resolution.outcome === 'signed-in');
  const people = new Set(
    good.map(({ resolution }) =>
      resolution.outcome === 'signed-in' ? resolution.session.identity.id : '',
    ),
  );
  if (people.size > 1) return failed('credential_ambiguous');
  const undecided = found.find(({ resolution }) => resolution.outcome === 'unknown');
  if (undecided !== undefined) return failed('store_unavailable');
  const insufficient = found.find(({ resolution }) => resolution.outcome === 'insufficient');
  const chosen = insufficient ?? good[0] ?? first;
  return chosen === undefined ? failed('credential_missing') : success(chosen);
}

/**
 * Who makes a call:
 * - `known`: by a session, whose person they are;
 * - `below`: by a session that is below the level the store asks for, and so says of nobody whose it is;
 * - `nobody`: by a credential that is no session's any more, or never was;
 * - `unknown`: the store did not say.
 */
export type Caller =
  | { readonly kind: 'known'; readonly session: Session }
  | { readonly kind: 'below'; readonly body: string }
  | { readonly kind: 'nobody' }
  | { readonly kind: 'unknown' };

export async function identifyCaller(
  { credential, resolution }: Chosen,
  anchor: Anchor,
  sessions: Pick<Sessions, 'resolve'>,
): Promise<Caller> {
  const found = resolution ?? (await sessions.resolve(credential, NO_DEMAND, anchor));
  switch (found.outcome) {
    case 'signed-in':
      return { kind: 'known', session: found.session };
    case 'insufficient':
      return { kind: 'below', body: found.body };
    case 'not-signed-in':
      return { kind: 'nobody' };
    default:
      return { kind: 'unknown' };
  }
}
