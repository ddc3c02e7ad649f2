// Pure: no I/O, no clock.
import type { DenialReason, FaultReason } from '../errors/reasons.ts';
import type { Session } from '../session/session.ts';
import type { Resolution } from '../whoami/resolution.ts';
import type { Rule } from './rules.ts';

/**
 * What is to become of a request. `pass` without a session exists only for rules that ask for none, or for
 * a person who is known not to be signed in where a session is optional.
 */
export type Verdict =
  | { readonly kind: 'pass'; readonly session: Session | undefined; readonly deadCookie: boolean }
  | { readonly kind: 'deny'; readonly reason: DenialReason; readonly storeBody: string | undefined }
  | {
      readonly kind: 'cannot-tell';
      readonly reason: FaultReason;
      readonly retryAfterSeconds: number | undefined;
    };

/** For rules with `session = "none"`: nobody's session is looked at. */
export const PASS_UNSEEN: Verdict = Object.freeze({
  kind: 'pass',
  session: undefined,
  deadCookie: false,
});

/** Whether a request may pass a rule, given who it turned out to be. */
export function decide(rule: Rule, resolution: Resolution): Verdict {
  switch (resolution.outcome) {
    case 'signed-in':
      return { kind: 'pass', session: resolution.session, deadCookie: false };
    case 'not-signed-in': {
      const { reason, body } = resolution;
      if (rule.session !== 'optional') return { kind: 'deny', reason, storeBody: body };
      return { kind: 'pass', session: undefined, deadCookie: reason !== 'credential_missing' };
    }
    case 'insufficient':
      return { kind: 'deny', reason: 'session_aal2_required', storeBody: resolution.body };
    case 'unknown': {
      const { reason: fault, retryAfterSeconds } = resolution;
      return { kind: 'cannot-tell', reason: fault, retryAfterSeconds };
    }
    case 'rejected':
    case 'not-cached':
      return { kind: 'cannot-tell', reason: 'store_unavailable', retryAfterSeconds: undefined };
  }
}
