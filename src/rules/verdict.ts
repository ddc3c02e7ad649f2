// Pure: no I/O, no clock.
import type { DenialReason, FaultReason, ShortfallReason } from '../errors/reasons.ts';
import type { Session } from '../session/session.ts';
import type { Resolution } from '../sessions/resolution.ts';
import type { AssuranceLevel, Rule } from './rules.ts';
import { hasScopes } from './scopes.ts';

/**
 * The verdict on a request. It is `pass` without a session in two cases only: the rule asks for no session; or the
 * session is optional, and the person is known not to be signed in.
 */
export type Verdict =
  | { readonly kind: 'pass'; readonly session: Session | undefined }
  | {
      readonly kind: 'deny';
      readonly reason: DenialReason | ShortfallReason;
      readonly storeBody: string | undefined;
      /** The reason why a condition could not be evaluated; only for the log. */
      readonly detail: string | undefined;
    }
  | {
      readonly kind: 'cannot-tell';
      readonly reason: FaultReason;
      readonly retryAfterSeconds: number | undefined;
    };

/** The verdict `pass` without a session: the rule asks for no session, or the session is optional. */
export const PASS_UNSEEN: Verdict = Object.freeze({ kind: 'pass', session: undefined });

/** Decides whether a request may pass a rule, given its resolved session. `now` is milliseconds since the epoch. */
export function decide(rule: Rule, resolution: Resolution, now: number): Verdict {
  const isOptional = rule.session === 'optional';
  switch (resolution.outcome) {
    case 'signed-in':
      return (
        findShortfall(rule, resolution.session, now) ?? {
          kind: 'pass',
          session: resolution.session,
        }
      );
    case 'not-signed-in': {
      const { reason, body } = resolution;
      if (!isOptional) return deny(reason, { storeBody: body });
      return PASS_UNSEEN;
    }
    case 'insufficient':
      // A session below the assurance level of the store counts as not signed in.
      if (isOptional) return PASS_UNSEEN;
      return deny('session_aal2_required', { storeBody: resolution.body });
    case 'unknown': {
      const { reason: fault, retryAfterSeconds } = resolution;
      return { kind: 'cannot-tell', reason: fault, retryAfterSeconds };
    }
    case 'rejected':
    case 'not-cached':
      return { kind: 'cannot-tell', reason: 'store_unavailable', retryAfterSeconds: undefined };
  }
}

/** Returns a denial for the first requirement that a proven session does not meet; `undefined` when it meets all. */
function findShortfall(rule: Rule, { document }: Session, now: number): Verdict | undefined {
  const { aal, authenticatedWithinMs } = rule;
  if (!hasScopes(document, rule.scopes)) return deny('insufficient_scope');
  if (aal !== undefined && !reaches(document.authenticator_assurance_level, aal)) {
    return deny('session_aal2_required');
  }
  if (authenticatedWithinMs !== undefined) {
    const { authenticated_at: at } = document;
    const authenticatedAt = typeof at === 'string' ? Date.parse(at) : Number.NaN;
    // The comparison is negated, so that an unreadable time (NaN) counts as too long ago.
    if (!(now - authenticatedAt <= authenticatedWithinMs)) return deny('session_refresh_required');
  }
  for (const condition of rule.conditions) {
    const outcome = condition.evaluate(document);
    if (outcome.kind === 'failed') {
      return deny('condition_not_evaluable', { detail: outcome.detail });
    }
    if (outcome.kind === 'not-met') return deny('condition_not_met');
  }
  return undefined;
}

const LEVELS: readonly unknown[] = ['aal0', 'aal1', 'aal2', 'aal3'];

function reaches(level: unknown, least: AssuranceLevel): boolean {
  return LEVELS.indexOf(level) >= LEVELS.indexOf(least);
}

function deny(
  reason: DenialReason | ShortfallReason,
  { storeBody, detail }: { readonly storeBody?: string | undefined; readonly detail?: string } = {},
): Verdict {
  return { kind: 'deny', reason, storeBody, detail };
}
