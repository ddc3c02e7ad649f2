import type { Credential } from '../credentials/credential.ts';
import { readCredential } from '../credentials/read-credential.ts';
import type { DenialReason, FaultReason } from '../errors/reasons.ts';
import { failed, type Result, success } from '../errors/result.ts';
import type { MarkSubject } from '../revocation/mark.ts';
import type { Session } from '../session/session.ts';
import { resolvePresentation } from '../whoami/resolve-presentation.ts';
import { NO_DEMAND, type Sessions } from '../whoami/sessions.ts';
import type { Anchor } from '../whoami/single-flight.ts';
import { isCrossSite } from './same-origin.ts';

export interface CallerOptions {
  readonly sessions: Sessions;
  readonly cookieNames: readonly string[];
  /** Whose pages may make changes with a cookie. */
  readonly allowedOrigins: readonly string[];
}

export type CallerRefusal =
  | Exclude<DenialReason, 'session_aal2_required'>
  | Extract<FaultReason, 'store_unavailable'>
  | 'credential_conflicting'
  | 'cross_site_change';

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
): Promise<Result<Credential, CallerRefusal>> {
  const presentation = readCredential(headers, options.cookieNames);
  if (presentation.kind === 'none') return failed('credential_missing');
  if (presentation.kind === 'unusable') return failed(presentation.reason);
  const [first, ...others] = presentation.candidates;
  if (isChange && first.carrier.kind === 'cookie' && isCrossSite(headers, options.allowedOrigins)) {
    return failed('cross_site_change');
  }
  if (others.length === 0) return success(first);
  let chosen = first;
  const resolution = await resolvePresentation(presentation, async (credential) => {
    const found = await options.sessions.resolve(credential, NO_DEMAND, anchor);
    if (found.outcome === 'signed-in' || found.outcome === 'insufficient') chosen = credential;
    return found;
  });
  switch (resolution.outcome) {
    case 'not-signed-in':
      return failed(resolution.reason);
    case 'signed-in':
    case 'insufficient':
      return success(chosen);
    default:
      return failed('store_unavailable');
  }
}

/** Whose session a credential is, if that is known or can be found out. */
export async function resolveSession(
  credential: Credential,
  anchor: Anchor,
  sessions: Sessions,
): Promise<Session | undefined> {
  const resolution = await sessions.resolve(credential, NO_DEMAND, anchor);
  return resolution.outcome === 'signed-in' ? resolution.session : undefined;
}

export function sessionMark(sessionId: string): MarkSubject {
  return { kind: 'session', sessionId };
}

export function identityMark(identityId: string): MarkSubject {
  return { kind: 'identity', identityId };
}
