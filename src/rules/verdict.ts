// Pure: no I/O, no clock.
import type { DenialReason, FaultReason, ShortfallReason } from '../errors/reasons.ts';
import type { JsonObject } from '../runtime/json.ts';
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
function findShortfall(rule: Rule, session: Session, now: number): Verdict | undefined {
  const { scopes, aal, authenticatedWithinMs, conditions } = rule;
  const isOfDocument = scopes.size > 0 || aal !== undefined || conditions.length > 0;
  if (!isOfDocument && authenticatedWithinMs === undefined) return undefined;
  const { beforeAge, authenticatedAt, afterAge } = findingOf(rule, session);
  if (beforeAge !== undefined) return beforeAge;
  // The comparison is negated, so that an unreadable time (NaN) counts as too long ago.
  const isRecent =
    authenticatedWithinMs === undefined || now - authenticatedAt <= authenticatedWithinMs;
  return isRecent ? afterAge : deny('session_refresh_required');
}

/** The result of reading a session's document for a rule. It does not change with time. */
interface Finding {
  /** The denial for a requirement that comes before the age of the sign-in. */
  readonly beforeAge: Verdict | undefined;
  /** Milliseconds since the epoch; `NaN` if the document does not tell. */
  readonly authenticatedAt: number;
  /** The denial for a requirement that comes after it. */
  readonly afterAge: Verdict | undefined;
}

/** Findings by the rule and the session object. A document is read once, and not parsed again for each request. */
const findings = new WeakMap<Rule, WeakMap<Session, Finding>>();

function findingOf(rule: Rule, session: Session): Finding {
  const ofRule = findings.get(rule) ?? new WeakMap<Session, Finding>();
  const known = ofRule.get(session);
  if (known !== undefined) return known;
  const found = readFinding(rule, session.document);
  findings.set(rule, ofRule.set(session, found));
  return found;
}

function readFinding(rule: Rule, document: JsonObject): Finding {
  const { authenticated_at: at } = document;
  return {
    beforeAge: findLowStanding(rule, document),
    authenticatedAt: typeof at === 'string' ? Date.parse(at) : Number.NaN,
    afterAge: findUnmetCondition(rule, document),
  };
}

function findLowStanding({ scopes, aal }: Rule, document: JsonObject): Verdict | undefined {
  if (!hasScopes(document, scopes)) return deny('insufficient_scope');
  if (aal !== undefined && !reaches(document.authenticator_assurance_level, aal)) {
    return deny('session_aal2_required');
  }
  return undefined;
}

function findUnmetCondition({ conditions }: Rule, document: JsonObject): Verdict | undefined {
  for (const condition of conditions) {
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
