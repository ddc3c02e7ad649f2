import { describe, expect, it } from 'vitest';
import type { Condition, ConditionOutcome } from '../../src/rules/condition.ts';
import type { Rule } from '../../src/rules/rules.ts';
import { decide, PASS_UNSEEN } from '../../src/rules/verdict.ts';
import type { Session } from '../../src/session/session.ts';
import { NOTHING_ASKED, type Resolution } from '../../src/sessions/resolution.ts';

const session: Session = { id: 's', identity: { id: 'i' }, expiresAt: 1, document: {} };

const rule = (kind: Rule['session']): Rule => ({
  name: 'r',
  session: kind,
  origin: undefined,
  aal: undefined,
  authenticatedWithinMs: undefined,
  scopes: new Set<string>(),
  conditions: [],
  freshness: 'normal',
  exchange: new Set<string>(),
  crossOrigins: new Set<string>(),
  forwardsCredentials: false,
  forwardedHeaders: new Set<string>(),
  identityHeaders: undefined,
  cacheControl: 'no-store',
  cutsStreams: false,
});
const NOW = Date.parse('2026-11-20T12:00:00Z');

/** Everything a resolution can be, `signed-in` apart. */
const OTHERS: readonly Resolution[] = [
  {
    outcome: 'not-signed-in',
    reason: 'credential_missing',
    body: undefined,
    mayClearCookie: false,
    provenance: NOTHING_ASKED,
  },
  {
    outcome: 'not-signed-in',
    reason: 'credential_malformed',
    body: undefined,
    mayClearCookie: true,
    provenance: NOTHING_ASKED,
  },
  {
    outcome: 'not-signed-in',
    reason: 'credential_ambiguous',
    body: undefined,
    mayClearCookie: true,
    provenance: NOTHING_ASKED,
  },
  {
    outcome: 'not-signed-in',
    reason: 'session_inactive',
    body: '{}',
    mayClearCookie: true,
    provenance: NOTHING_ASKED,
  },
  { outcome: 'insufficient', body: '{"a":1}', provenance: NOTHING_ASKED },
  {
    outcome: 'unknown',
    reason: 'issuer_keys_unavailable',
    retryAfterSeconds: 7,
    provenance: NOTHING_ASKED,
  },
  { outcome: 'rejected', status: 400, body: '{}', provenance: NOTHING_ASKED },
  { outcome: 'not-cached', provenance: NOTHING_ASKED },
];
const signedIn: Extract<Resolution, { outcome: 'signed-in' }> = {
  outcome: 'signed-in',
  session,
  body: '{}',
  logPosition: 0,
  setCookies: [],
  cacheForSeconds: undefined,
  provenance: NOTHING_ASKED,
};

describe('decide()', () => {
  it('passes a valid session, with its user', () => {
    for (const kind of ['required', 'optional'] as const)
      expect(decide(rule(kind), signedIn, NOW)).toEqual({ kind: 'pass', session });
  });

  it.each(OTHERS)('never passes $outcome ($reason) if a session is required', (resolution) => {
    expect(decide(rule('required'), resolution, NOW).kind).not.toBe('pass');
  });

  it('passes an anonymous request, or one below the level, only if the session is optional', () => {
    const kinds = OTHERS.map((resolution) => decide(rule('optional'), resolution, NOW));
    expect(kinds.map(({ kind }) => kind)).toEqual([
      ...['pass', 'pass', 'pass', 'pass'],
      ...['pass', 'cannot-tell', 'cannot-tell', 'cannot-tell'],
    ]);
    for (const verdict of kinds)
      if (verdict.kind === 'pass') expect(verdict.session).toBeUndefined();
  });

  it('keeps the store’s own body of a denial', () => {
    expect(decide(rule('required'), OTHERS[4] ?? signedIn, NOW)).toEqual({
      kind: 'deny',
      reason: 'session_aal2_required',
      storeBody: '{"a":1}',
      detail: undefined,
    });
    expect(decide(rule('required'), OTHERS[3] ?? signedIn, NOW)).toEqual({
      kind: 'deny',
      reason: 'session_inactive',
      storeBody: '{}',
      detail: undefined,
    });
  });

  it('states the waiting time of a fault', () => {
    expect(decide(rule('required'), OTHERS[5] ?? signedIn, NOW)).toEqual({
      kind: 'cannot-tell',
      reason: 'issuer_keys_unavailable',
      retryAfterSeconds: 7,
    });
  });

  const asking = (more: Partial<Rule>): Rule => ({ ...rule('required'), ...more });
  const reasonFor = (more: Partial<Rule>, document: Session['document']) => {
    const verdict = decide(asking(more), { ...signedIn, session: { ...session, document } }, NOW);
    return verdict.kind === 'deny' ? verdict.reason : verdict.kind;
  };

  it.each([
    ['aal2', 'pass'],
    ['aal3', 'pass'],
    ['aal1', 'session_aal2_required'],
    ['aal0', 'session_aal2_required'],
    ['AAL2', 'session_aal2_required'],
    [undefined, 'session_aal2_required'],
  ])('at required aal2, a session of %s: %s', (level, expected) => {
    const document = level === undefined ? {} : { authenticator_assurance_level: level };
    expect(reasonFor({ aal: 'aal2' }, document)).toBe(expected);
  });

  it.each([
    ['2026-11-20T11:45:00Z', 'pass'],
    ['2026-11-20T11:44:59Z', 'session_refresh_required'],
    ['2026-11-20T12:00:05Z', 'pass'],
    ['yesterday', 'session_refresh_required'],
    [undefined, 'session_refresh_required'],
  ])('signed in within 15 minutes, at %s: %s', (at, expected) => {
    const document = at === undefined ? {} : { authenticated_at: at };
    expect(reasonFor({ authenticatedWithinMs: 900_000 }, document)).toBe(expected);
  });

  it('passes if every condition is met, and distinguishes an unmet condition from a failing one', () => {
    const condition = (outcome: ConditionOutcome) => ({ source: '', evaluate: () => outcome });
    const [met, unmet] = [condition({ kind: 'met' }), condition({ kind: 'not-met' })];
    const failing = condition({ kind: 'failed', detail: 'no_such_key' });
    const verdict = (...conditions: Condition[]) => decide(asking({ conditions }), signedIn, NOW);
    const denied = (reason: string, detail?: string) => ({
      kind: 'deny',
      reason,
      storeBody: undefined,
      detail,
    });
    expect(verdict(met, met)).toEqual({ kind: 'pass', session });
    for (const conditions of [[unmet], [met, unmet], [unmet, failing]]) {
      expect(verdict(...conditions)).toEqual(denied('condition_not_met'));
    }
    expect(verdict(met, failing)).toEqual(denied('condition_not_evaluable', 'no_such_key'));
  });

  /** A session that counts how often its document is read. */
  const counted = (document: Session['document']) => {
    const reads = { count: 0 };
    const of = {
      ...session,
      get document() {
        reads.count += 1;
        return document;
      },
    };
    return { of, reads };
  };

  it('reads no document for a rule that asks for a session alone', () => {
    const { of, reads } = counted({});
    expect(decide(rule('required'), { ...signedIn, session: of }, NOW).kind).toBe('pass');
    expect(reads.count).toBe(0);
  });

  it('reads the document of a session once for each rule, and again for the next check', () => {
    const at = '2026-11-20T11:50:00Z';
    const { of, reads } = counted({ authenticator_assurance_level: 'aal1', authenticated_at: at });
    const [recent, strong] = [
      asking({ authenticatedWithinMs: 900_000 }),
      asking({ aal: 'aal2' }),
    ] as const;
    const reasonAt = (asked: Rule, now: number) => {
      const verdict = decide(asked, { ...signedIn, session: of }, now);
      return verdict.kind === 'deny' ? verdict.reason : verdict.kind;
    };
    expect([1, 2, 3].map((second) => reasonAt(recent, NOW + 1000 * second))).toEqual(
      Array(3).fill('pass'),
    );
    expect(reasonAt(recent, NOW + 300_001)).toBe('session_refresh_required');
    expect(reads.count).toBe(1);
    for (const _ of [1, 2]) expect(reasonAt(strong, NOW)).toBe('session_aal2_required');
    expect(reasonAt(recent, NOW)).toBe('pass');
    expect(reads.count).toBe(2);
    const stronger = counted({ authenticator_assurance_level: 'aal2' });
    expect(decide(strong, { ...signedIn, session: stronger.of }, NOW).kind).toBe('pass');
  });

  it('PASS_UNSEEN has no user', () => {
    expect(PASS_UNSEEN).toEqual({ kind: 'pass', session: undefined });
    expect(Object.isFrozen(PASS_UNSEEN)).toBe(true);
  });
});
